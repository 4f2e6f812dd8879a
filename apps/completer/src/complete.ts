/** Completing any number of images, batch by batch. The algorithm alone: knows no file, no terminal and no platform. */
import type { Backend } from "@kintsugi/autodiff";
import {
  createSearch,
  type Losses,
  latents,
  type Mask,
  type Networks,
  type ObjectiveOptions,
  type Optimizer,
  type Snapshot,
} from "@kintsugi/completion";

/** The images of a run, by number. */
export interface Pictures {
  readonly count: number;
  /** `count` images from number `first` on: [count, size, size, channels] in [−1, 1]. */
  values(first: number, count: number): Float32Array;
  mask(image: number): Mask;
}

export interface CompleteOptions extends ObjectiveOptions {
  /** The most images that are searched together. */
  readonly batch: number;
  readonly iterations: number;
  /** Iterations between two snapshots, from iteration 0 on; 0 for none but the last. */
  readonly outInterval: number;
  readonly seed: number;
  readonly optimizer: Optimizer;
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
  /** The losses since the last call, and the iterations that are done. */
  onLosses?(batch: Batch, losses: readonly Losses[], done: number): void | Promise<void>;
  /** @param last the batch's result */
  onSnapshot?(batch: Batch, snapshot: Snapshot, last: boolean): void | Promise<void>;
}

/** Losses are fetched about so often, so that someone who waits sees them move; a fetch waits for the GPU. */
const REPORT_SECONDS = 2;

/** Sizes of the batches: as few as `most` allows, and as equal as can be, since all run in the place of the largest. */
export function batchSizes(count: number, most: number): number[] {
  const batches = Math.ceil(count / most);
  return Array.from({ length: batches }, (_, i) => Math.floor((count + i) / batches)).reverse();
}

/**
 * Searches the z of every image. An abort ends the present batch after its present iteration, with a last snapshot, and
 * begins no other.
 *
 * @returns how many images have their result
 */
export async function complete(
  backend: Backend,
  networks: Networks,
  pictures: Pictures,
  options: CompleteOptions,
  events: CompleteEvents,
  signal?: AbortSignal,
): Promise<number> {
  const { iterations, outInterval, seed } = options;
  const sizes = batchSizes(pictures.count, options.batch);
  if (sizes.length === 0) return 0;
  const search = await createSearch(backend, networks, { ...options, batch: sizes[0]! });
  try {
    let first = 0;
    for (const [index, count] of sizes.entries()) {
      const masks = Array.from({ length: count }, (_, i) => pictures.mask(first + i));
      const batch: Batch = { index, first, values: pictures.values(first, count), masks };
      await events.onBatch?.(batch);
      search.start({ images: batch.values, masks, z: latents(seed, first, count, networks.config.nz) });
      let secondsEach = REPORT_SECONDS;
      for (let last = false; !last; ) {
        const { iteration } = search;
        last = iteration >= iterations || signal?.aborted === true;
        if (last || (outInterval > 0 && iteration % outInterval === 0)) {
          const snapshot = await search.evaluate();
          await events.onSnapshot?.(batch, snapshot, last);
          if (last) await events.onLosses?.(batch, [snapshot], iteration);
        }
        if (last) break;
        const untilOut = outInterval > 0 ? outInterval - (iteration % outInterval) : iterations;
        const untilReport = Math.max(1, Math.round(REPORT_SECONDS / secondsEach));
        const began = performance.now();
        const losses = await search.iterate(Math.min(untilOut, untilReport, iterations - iteration), {
          ...(signal ? { signal } : {}),
        });
        secondsEach = (performance.now() - began) / 1000 / Math.max(1, losses.length);
        await events.onLosses?.(batch, losses, search.iteration);
      }
      first += count;
      if (signal?.aborted) break;
    }
    return first;
  } finally {
    search.destroy();
  }
}
