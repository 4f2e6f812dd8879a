/** Completing any number of images, batch by batch. The algorithm alone: knows no file, no terminal and no platform. */
import type { Backend } from "@kintsugi/autodiff";
import type { Blend, Mask } from "@kintsugi/scene";
import { createSearch, type Optimizer } from "./create_search.js";
import { Proposer } from "./encoder.js";
import type { ObjectiveOptions } from "./objective.js";
import { Patience } from "./patience.js";
import { type Losses, latents, type Networks, type Snapshot } from "./problem.js";
import { averaged, bestLosses, rank, repeated } from "./rank.js";
import type { Search } from "./search.js";
import { Starts, type Wanted } from "./starts.js";
import { type ImportanceOptions, importanceWeights } from "./weights.js";

/** The images of a run, by number. */
export interface Pictures {
  readonly count: number;
  /** `count` images from number `first` on: [count, size, size, channels] in [−1, 1]. */
  values(first: number, count: number): Float32Array;
  mask(image: number): Mask;
}

export interface CompleteOptions extends ObjectiveOptions {
  /** The most searches that run together. */
  readonly batch: number;
  readonly iterations: number;
  /** Iterations between two snapshots, from iteration 0 on; 0 for none but the last. */
  readonly outInterval: number;
  readonly seed: number;
  readonly optimizer: Optimizer;
  /** Random z that are looked at for each image before the search; 1 = the first z is the image's own draw. Default 1. */
  readonly starts?: number;
  /** Searches of each image, from the best starts; the best is kept. Default 1. */
  readonly restarts?: number;
  /**
   * Different completions of each image; there are at least as many searches. Those after the first feel a tenth of the pull, so that
   * they differ. Default 1.
   */
  readonly candidates?: number;
  /** The result is the mean of so many of the best searches. Default 1. */
  readonly average?: number;
  /** Known pixels near a hole count more; left out, all count the same. */
  readonly importance?: ImportanceOptions;
  /** A batch ends when the loss of no image has become a thousandth better for so many iterations; 0 = never. Default 0. */
  readonly patience?: number;
  /** Default none. */
  readonly blend?: Blend;
  /** Side of the blocks whose means the masks know, where they do. */
  readonly block?: number;
}

/** Some images that are searched together. */
export interface Batch {
  readonly index: number;
  /** Number of its first image. */
  readonly first: number;
  readonly values: Float32Array;
  readonly masks: readonly Mask[];
}

/** What happens; the search waits for each. */
export interface CompleteEvents {
  onBatch?(batch: Batch): void | Promise<void>;
  /** The losses since the last call, of the best search of each image, and the iterations that are done. */
  onLosses?(batch: Batch, losses: readonly Losses[], done: number): void | Promise<void>;
  /**
   * @param candidates the best search of every image, the second best, and so on, as many as were asked for
   * @param last the batch's result
   */
  onSnapshot?(batch: Batch, candidates: readonly Snapshot[], last: boolean): void | Promise<void>;
}

/** Losses are fetched about so often, so that someone who waits sees them move; a fetch waits for the GPU. */
const REPORT_SECONDS = 2;

/** Sizes of the batches: as few as `most` allows, and as equal as can be, since all run in the place of the largest. */
export function batchSizes(count: number, most: number): number[] {
  const batches = Math.ceil(count / most);
  return Array.from({ length: batches }, (_, i) => Math.floor((count + i) / batches)).reverse();
}

/** Searches of each image under these options. */
export function searchesOf({ restarts = 1, candidates = 1, average = 1 }: CompleteOptions): number {
  return Math.max(restarts, candidates, average);
}

/**
 * How many of an image's searches feel the whole pull: all, but where several completions are asked for, all but so many that each
 * further one has a search with little of it. With all of it they would end in nearly the same picture.
 */
function leadingOf(options: CompleteOptions): number {
  const { pull = 0, candidates = 1 } = options;
  return pull > 0 ? searchesOf(options) - (candidates - 1) : searchesOf(options);
}

/** What these feel of the pull. */
const LOOSE = 0.1;

/** Images of a batch, which may be less than `batch`: several searches take several places. */
export function imagesOf(options: CompleteOptions): number {
  return Math.max(1, Math.floor(options.batch / searchesOf(options)));
}

/** What is compiled for a run: it serves further ones that differ in nothing but pictures, iterations and reports. */
export interface Workspace {
  readonly search: Search;
  readonly starts: Starts | undefined;
  readonly proposer: Proposer | undefined;
  /** Frees all. */
  destroy(): void;
}

/** @param images most images of a batch */
export async function openWorkspace(
  backend: Backend,
  networks: Networks,
  options: CompleteOptions,
  images: number,
): Promise<Workspace> {
  const places = images * searchesOf(options);
  const opened: { destroy(): void }[] = [];
  const kept = <T extends { destroy(): void } | undefined>(one: T): T => {
    if (one) opened.push(one);
    return one;
  };
  const destroy = () => {
    for (const one of opened.toReversed()) one.destroy();
  };
  try {
    return {
      starts: kept(await openStarts(backend, networks, options, places)),
      proposer: kept(networks.encoder && (await Proposer.create(backend, networks.encoder, images))),
      search: kept(await createSearch(backend, networks, { ...options, batch: places })),
      destroy,
    };
  } catch (error) {
    destroy();
    throw error;
  }
}

/**
 * Searches the z of every image. An abort ends the present batch after its present iteration, with a last snapshot, and
 * begins no other.
 *
 * @param opened what an earlier run with the same options compiled; it stays open
 * @returns how many images have their result
 */
export async function complete(
  backend: Backend,
  networks: Networks,
  pictures: Pictures,
  options: CompleteOptions,
  events: CompleteEvents,
  signal?: AbortSignal,
  opened?: Workspace,
): Promise<number> {
  const { iterations, outInterval, candidates = 1, average = 1, patience = 0 } = options;
  const [searches, leading] = [searchesOf(options), leadingOf(options)];
  const sizes = batchSizes(pictures.count, imagesOf(options));
  if (sizes.length === 0) return 0;
  const workspace = opened ?? (await openWorkspace(backend, networks, options, sizes[0]!));
  const { search } = workspace;
  try {
    let first = 0;
    for (const [index, count] of sizes.entries()) {
      const masks = Array.from({ length: count }, (_, i) => pictures.mask(first + i));
      const batch: Batch = { index, first, values: pictures.values(first, count), masks };
      await events.onBatch?.(batch);
      const at = { images: batch.values, masks };
      const weights = weightsOf(masks, options.importance);
      const z = await firstLatents(workspace, { ...at, weights }, options, first, networks.config.nz);
      search.start({
        images: repeatedRows(batch.values, count, searches),
        masks: repeated(masks, searches),
        weights: repeated(weights, searches),
        z,
        pulls: masks.flatMap(() => Array.from({ length: searches }, (_, k) => (k < leading ? 1 : LOOSE))),
      });
      // Patience ends at fixed iterations, not when a report happens to be due: the same run ends alike on every machine.
      const pause = patience === 0 ? iterations : Math.ceil(patience / 5);
      const watch = new Patience(count, patience);
      let secondsEach = REPORT_SECONDS;
      for (let last = false; !last; ) {
        const { iteration } = search;
        last = iteration >= iterations || (iteration % pause === 0 && watch.all) || signal?.aborted === true;
        if (last || (outInterval > 0 && iteration % outInterval === 0)) {
          const ranked = rank(await search.evaluate(), searches, Math.max(candidates, average), leading);
          const [best] = ranked as [Snapshot];
          const mean = average > 1 ? averaged([best, ...ranked.slice(1, average)], at, options.blend ?? "none") : best;
          const snapshots = [mean, ...ranked.slice(1, candidates)];
          await events.onSnapshot?.(batch, snapshots, last);
          if (last) await events.onLosses?.(batch, snapshots.slice(0, 1), iteration);
        }
        if (last) break;
        const untilOut = outInterval > 0 ? outInterval - (iteration % outInterval) : iterations;
        const untilPause = pause - (iteration % pause);
        const untilReport = Math.max(1, Math.round(REPORT_SECONDS / secondsEach));
        const began = performance.now();
        const all = await search.iterate(
          Math.min(untilOut, untilPause, untilReport, iterations - iteration),
          signal ? { signal } : {},
        );
        const losses = all.map((each) => bestLosses(each, searches, leading));
        watch.see(losses);
        secondsEach = (performance.now() - began) / 1000 / Math.max(1, losses.length);
        await events.onLosses?.(batch, losses, search.iteration);
      }
      first += count;
      if (signal?.aborted) break;
    }
    return first;
  } finally {
    if (!opened) workspace.destroy();
  }
}

/** Where the searches of a batch begin: [images · searches, nz]. */
async function firstLatents(
  { starts, proposer }: Workspace,
  wanted: Wanted,
  options: CompleteOptions,
  first: number,
  nz: number,
): Promise<Float32Array> {
  const searches = searchesOf(options);
  const proposals = await proposer?.z(wanted.images, wanted.masks);
  if (starts) return starts.choose(wanted, options.starts!, searches, proposals);
  const count = wanted.masks.length;
  const z = latents(options.seed, first * searches, count * searches, nz);
  for (let i = 0; proposals && i < count; i++) z.set(proposals.subarray(i * nz, (i + 1) * nz), i * searches * nz);
  return z;
}

async function openStarts(backend: Backend, networks: Networks, options: CompleteOptions, places: number) {
  const { starts = 1 } = options;
  if (starts === 1) return undefined;
  if (starts < searchesOf(options)) {
    throw new RangeError(`complete: ${starts} starts for ${searchesOf(options)} searches of an image`);
  }
  return Starts.create(backend, networks, { ...options, batch: Math.min(starts, Math.max(places, 16)) });
}

/** Importance weights where they are asked for, and where there is a known pixel near a hole at all. */
function weightsOf(masks: readonly Mask[], importance: ImportanceOptions | undefined): Float32Array[] {
  return masks.map((mask) => {
    if (!importance) return mask.pixels;
    const weights = importanceWeights(mask, importance);
    return weights.some((weight) => weight > 0) ? weights : mask.pixels;
  });
}

function repeatedRows(values: Float32Array, rows: number, times: number): Float32Array {
  if (times === 1) return values;
  const stride = values.length / rows;
  const all = new Float32Array(values.length * times);
  for (let row = 0; row < rows * times; row++) {
    const from = Math.floor(row / times) * stride;
    all.set(values.subarray(from, from + stride), row * stride);
  }
  return all;
}
