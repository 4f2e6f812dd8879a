/** A model that stands ready: image and mask in, completion out. The same object in Node and in the browser. */
import type { Backend } from "@kintsugi/autodiff";
import type { DcganConfig, Model } from "@kintsugi/dcgan";
import { type CompleteOptions, complete, openWorkspace, type Workspace } from "./complete.js";
import type { Mask } from "./masks.js";
import { type Losses, loadNetworks, type Snapshot, unloadNetworks } from "./problem.js";

/** All are optional; defaults as in `DEFAULTS`. */
export interface CompletionOptions extends Partial<Omit<CompleteOptions, "batch" | "block" | "outInterval">> {
  /** The iteration that the search has reached, and the losses of the best search so far. */
  readonly onProgress?: (iteration: number, losses: Losses) => void;
  /** With `snapshotInterval`: the pictures of the present z. */
  readonly onSnapshot?: (snapshot: Snapshot) => void;
  /** Iterations between two snapshots; 0 for none. Default 0. */
  readonly snapshotInterval?: number;
  /** Ends the search at its next iteration; `complete` then throws the signal's reason. */
  readonly signal?: AbortSignal;
}

export interface Completed extends Losses {
  /** [size, size, channels] in [−1, 1]: known pixels keep every bit, the hole is blended. */
  readonly image: Float32Array;
  /** G(z), unblended. */
  readonly hat: Float32Array;
  /** The next best completions, where `candidates` asks for more than one. */
  readonly others: readonly Float32Array[];
}

export interface Completer {
  readonly config: DcganConfig;
  /**
   * Completes one image; calls wait for one another.
   *
   * @param image [size, size, channels] in [−1, 1]; what is missing may hold anything
   * @throws RangeError where sizes do not fit, the signal's reason where it is aborted
   */
  complete(image: Float32Array, mask: Mask, options?: CompletionOptions): Promise<Completed>;
  /** Frees everything that it holds in the back end, which stays open, once the calls that wait are over. */
  destroy(): Promise<void>;
}

const DEFAULTS = {
  batch: 64,
  iterations: 100,
  outInterval: 0,
  seed: 0,
  optimizer: { kind: "lbfgs" },
  starts: 1024,
  patience: 50,
  blend: "graded",
} as const satisfies CompleteOptions;

/** Puts a model into a back end. What is compiled for one call serves the next ones with the same options. */
export function createCompleter(backend: Backend, model: Model): Completer {
  const networks = loadNetworks(backend, model);
  let kept: { readonly key: string; readonly workspace: Workspace } | undefined;
  let last: Promise<unknown> = Promise.resolve();
  let destroyed = false;

  const prepare = async (options: CompleteOptions): Promise<Workspace> => {
    const { iterations: _, outInterval: __, patience: ___, importance: ____, ...compiled } = options;
    const key = JSON.stringify(compiled);
    if (kept?.key === key) return kept.workspace;
    kept?.workspace.destroy();
    kept = undefined;
    const workspace = await openWorkspace(backend, networks, options, 1);
    kept = { key, workspace };
    return workspace;
  };

  const once = async (image: Float32Array, mask: Mask, given: CompletionOptions): Promise<Completed> => {
    const { onProgress, onSnapshot, snapshotInterval = 0, signal, ...rest } = given;
    signal?.throwIfAborted();
    if (destroyed) throw new Error("completer: it was destroyed");
    const { size, channels } = model.config;
    if (image.length !== size * size * channels || mask.size !== size) {
      const wanted = `${size}×${size}×${channels}`;
      throw new RangeError(`completer: ${image.length} values, and a mask of ${mask.size}; the model wants ${wanted}`);
    }
    const block = mask.means ? { block: mask.means.block } : {};
    const options: CompleteOptions = { ...DEFAULTS, ...rest, ...block, outInterval: snapshotInterval };
    let results: readonly Snapshot[] = [];
    await complete(
      backend,
      networks,
      { count: 1, values: () => image, mask: () => mask },
      options,
      {
        onLosses(_, losses, done) {
          const latest = losses.at(-1);
          if (latest) onProgress?.(done, latest);
        },
        onSnapshot(_, snapshots, final) {
          if (final) results = snapshots;
          else onSnapshot?.(snapshots[0]!);
        },
      },
      signal,
      await prepare(options),
    );
    signal?.throwIfAborted();
    const [{ blended, hats, completed: _, ...losses }, ...others] = results as [Snapshot, ...Snapshot[]];
    return { ...losses, image: blended, hat: hats, others: others.map((other) => other.blended) };
  };

  return {
    config: model.config,
    complete(image, mask, options = {}) {
      const result = last.then(() => once(image, mask, options));
      last = result.catch(() => {});
      return result;
    },
    async destroy() {
      if (destroyed) return;
      destroyed = true;
      // A search that is running ends first: nothing is taken from under it.
      await last;
      kept?.workspace.destroy();
      unloadNetworks(backend, networks);
    },
  };
}
