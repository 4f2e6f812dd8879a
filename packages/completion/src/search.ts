/** What every search over z can do, whichever rule moves it. */
import type { Losses, Snapshot, Start } from "./problem.js";

export interface IterateOptions {
  /** Ends the iterating after the present iteration; nothing is thrown. */
  readonly signal?: AbortSignal;
  /** Called when an iteration was given to the back end, with the number of iterations given since the start. */
  readonly onIteration?: (iteration: number) => void;
}

export interface Search {
  /** Iterations since the start. */
  readonly iteration: number;
  /** Takes up to `batch` images; forgets the ones before. Throws RangeError where sizes do not fit. */
  start(start: Start): void;
  /** Goes on for `count` iterations; the losses of each, as they were before its update. */
  iterate(count: number, options?: IterateOptions): Promise<Losses[]>;
  /** G(z), completed pictures and losses of the present z. */
  evaluate(): Promise<Snapshot>;
  /** The present z, [n, nz]. */
  readZ(): Promise<Float32Array>;
  /** Frees what was compiled, and all its variables; the networks stay. */
  destroy(): void;
}
