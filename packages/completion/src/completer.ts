/**
 * A model that stands ready: image and mask in, completion out. The same object in Node and in the browser, for one image, for
 * many that arrive one by one, and for whole folders.
 */
import type { Backend } from "@kintsugi/autodiff";
import type { DcganConfig, Model } from "@kintsugi/dcgan";
import type { Mask } from "@kintsugi/scene";
import {
  batchSizes,
  type CompleteEvents,
  type CompleteOptions,
  complete,
  imagesOf,
  openWorkspace,
  type Pictures,
  searchesOf,
  type Workspace,
} from "./complete.js";
import type { EncoderFile } from "./encoder.js";
import { Line } from "./line.js";
import { type Losses, loadNetworks, type Snapshot, unloadNetworks } from "./problem.js";

export interface CompleterOptions {
  /** Where it computes: an open back end, which stays open. */
  readonly device: Backend;
  readonly model: Model;
  /** Proposes where searches begin; see `decodeEncoder`. */
  readonly encoder?: EncoderFile;
  /** The most searches that run together. Default 64; where the device has no memory for them, fewer. */
  readonly batch?: number;
}

/** What can be asked for an image. All are optional; defaults as in `DEFAULTS`. */
export interface CompletionOptions extends Partial<Omit<CompleteOptions, "batch" | "block" | "outInterval">> {
  /** The iteration that the search has reached, and the losses of the best search so far. */
  readonly onProgress?: (iteration: number, losses: Losses) => void;
  /** With `snapshotInterval`: what the present z would give. */
  readonly onSnapshot?: (present: Completed) => void;
  /** Iterations between two snapshots; 0 for none. Default 0. */
  readonly snapshotInterval?: number;
  /** `complete` throws the signal's reason at once, and the search ends at its next iteration. */
  readonly signal?: AbortSignal;
}

export interface Completion extends Losses {
  /** [size, size, channels] in [−1, 1]: known pixels keep every bit, the hole is blended. */
  readonly image: Float32Array;
  /** G(z), unblended. */
  readonly hat: Float32Array;
}

export interface Completed extends Completion {
  /** The next best completions, where `candidates` asks for more than one. */
  readonly others: readonly Completion[];
  /** Images that were searched together, this one included. */
  readonly together: number;
}

/** What is asked for many images. */
export type ManyOptions = Omit<CompleteOptions, "batch">;

export interface Completer {
  readonly config: DcganConfig;
  /**
   * Completes one image. Calls wait for one another; those that wait with the same options are searched together.
   *
   * @param image [size, size, channels] in [−1, 1]; what is missing may hold anything
   * @throws RangeError where sizes do not fit, the signal's reason where it is aborted
   */
  complete(image: Float32Array, mask: Mask, options?: CompletionOptions): Promise<Completed>;
  /**
   * Completes any number of images, batch by batch; events as they happen. An abort ends the present batch after its present
   * iteration, with a last snapshot.
   *
   * @returns how many images have their result
   */
  completeAll(pictures: Pictures, options: ManyOptions, events: CompleteEvents, signal?: AbortSignal): Promise<number>;
  /**
   * Compiles ahead what `count` images need.
   *
   * @returns the most images of a batch: fewer than asked for where the device has no memory for more
   */
  prepare(options: ManyOptions, count: number): Promise<number>;
  /** Frees everything that it holds in the back end, which stays open, once the calls that wait are over. */
  destroy(): Promise<void>;
}

/** What is not asked for: chosen by measuring, see the README. */
export const DEFAULTS = {
  iterations: 50,
  outInterval: 0,
  seed: 0,
  optimizer: { kind: "lbfgs" },
  starts: 1024,
  patience: 50,
  pull: 0.65,
  stray: 4,
  importance: { window: 15, floor: 0.05 },
  blend: "graded",
} as const satisfies ManyOptions;

/**
 * Puts a model into a back end. What is compiled for one call serves the next ones with the same options.
 *
 * @throws ModelError for a model with classes
 */
export function createCompleter({ device, model, encoder, batch = 64 }: CompleterOptions): Completer {
  const networks = { ...loadNetworks(device, model), ...(encoder ? { encoder } : {}) };
  const workspaces = new Map<number, Workspace>();
  let compiledFor: string | undefined;
  let most = batch;
  let destroyed = false;

  const forget = () => {
    for (const workspace of workspaces.values()) workspace.destroy();
    workspaces.clear();
  };

  /** What is compiled for batches of so many images, or of half as many, until the device has memory for them. */
  async function prepare(options: ManyOptions, wanted: number): Promise<{ images: number; workspace: Workspace }> {
    const { iterations: _, outInterval: __, patience: ___, importance: ____, ...compiled } = options;
    const key = JSON.stringify(Object.entries(compiled).sort());
    if (key !== compiledFor) forget();
    compiledFor = key;
    for (;;) {
      const [images] = batchSizes(wanted, imagesOf({ ...options, batch: most })) as [number];
      const kept = workspaces.get(images);
      if (kept) return { images, workspace: kept };
      try {
        const workspace = await openWorkspace(device, networks, { ...options, batch: most }, images);
        workspaces.set(images, workspace);
        return { images, workspace };
      } catch (error) {
        if (images === 1 || !(error instanceof Error) || error.name !== "OutOfMemoryError") throw error;
        forget();
        most = Math.floor(images / 2) * searchesOf({ ...options, batch: most });
      }
    }
  }

  async function many(pictures: Pictures, options: ManyOptions, events: CompleteEvents, signal?: AbortSignal) {
    if (destroyed) throw new Error("completer: it was destroyed");
    if (pictures.count === 0) return 0;
    const { workspace } = await prepare(options, pictures.count);
    return complete(device, networks, pictures, { ...options, batch: most }, events, signal, workspace);
  }

  const line = new Line<Call, Completed>({
    together: ({ options }) => {
      // What these draw depends on the place in a batch: each has the first place of its own.
      const alone = options.optimizer.kind === "hmc" || options.starts === 1;
      return alone ? undefined : JSON.stringify(options);
    },
    most: ({ options }) => imagesOf({ ...options, batch: most }),
    async serve(calls, signal, done) {
      const [{ options }] = calls as readonly [Call];
      // Sizes that are powers of two, so that few are compiled; more than fit now stay in line.
      const { images, workspace } = await prepare(options, 2 ** Math.ceil(Math.log2(calls.length)));
      const served = calls.slice(0, images);
      const size = served[0]!.image.length;
      await complete(
        device,
        networks,
        {
          count: served.length,
          values: (first, count) =>
            joined(
              served.slice(first, first + count).map(({ image }) => image),
              size,
            ),
          mask: (image) => served[image]!.mask,
        },
        { ...options, batch: images * searchesOf({ ...options, batch: most }) },
        {
          onLosses(_, losses, reached) {
            const latest = losses.at(-1);
            if (latest) for (const [i, call] of served.entries()) call.onProgress?.(reached, lossesOf(latest, i));
          },
          onSnapshot(_, snapshots, final) {
            for (const [i, call] of served.entries()) {
              const present = () => completedOf(snapshots, i, size);
              if (final) done(call, present());
              else call.onSnapshot?.(present());
            }
          },
        },
        signal,
        workspace,
      );
      return served.length;
    },
  });

  return {
    config: model.config,
    complete(image, mask, { onProgress, onSnapshot, snapshotInterval = 0, signal, ...given } = {}) {
      if (destroyed) return Promise.reject(new Error("completer: it was destroyed"));
      const { size, channels } = model.config;
      if (image.length !== size * size * channels || mask.size !== size) {
        const wanted = `${size}×${size}×${channels}`;
        const found = `${image.length} values, and a mask of ${mask.size}`;
        return Promise.reject(new RangeError(`completer: ${found}; the model wants ${wanted}`));
      }
      const block = mask.means ? { block: mask.means.block } : {};
      const options = { ...DEFAULTS, ...given, ...block, outInterval: snapshotInterval };
      return line.join({ image, mask, options, onProgress, onSnapshot }, signal);
    },
    completeAll: (pictures, options, events, signal) => line.inTurn(() => many(pictures, options, events, signal)),
    prepare: (options, count) => line.inTurn(async () => (await prepare(options, count)).images),
    async destroy() {
      if (destroyed) return;
      destroyed = true;
      // A search that is running ends first: nothing is taken from under it.
      await line.inTurn(async () => {
        forget();
        unloadNetworks(device, networks);
      });
    },
  };
}

/** One image that waits. */
interface Call {
  readonly image: Float32Array;
  readonly mask: Mask;
  readonly options: ManyOptions;
  readonly onProgress: CompletionOptions["onProgress"];
  readonly onSnapshot: CompletionOptions["onSnapshot"];
}

function lossesOf({ iteration, contextual, perceptual, total }: Losses, i: number): Losses {
  const one = (values: Float32Array) => values.slice(i, i + 1);
  return { iteration, contextual: one(contextual), perceptual: one(perceptual), total: one(total) };
}

/** @param stride values of a picture */
function completedOf(snapshots: readonly Snapshot[], i: number, stride: number): Completed {
  const [best, ...others] = snapshots.map((snapshot): Completion => {
    const of = (pictures: Float32Array) => pictures.slice(i * stride, (i + 1) * stride);
    return { ...lossesOf(snapshot, i), image: of(snapshot.blended), hat: of(snapshot.hats) };
  }) as [Completion, ...Completion[]];
  return { ...best, others, together: snapshots[0]!.total.length };
}

function joined(parts: readonly Float32Array[], stride: number): Float32Array {
  const whole = new Float32Array(parts.length * stride);
  parts.forEach((part, i) => {
    whole.set(part, i * stride);
  });
  return whole;
}
