/** When a search has come as far as it will. */
import type { Losses } from "./problem.js";

/** An improvement counts from this share of the loss on. */
const GAIN = 1e-3;

/** Watches the total losses of a batch. Each image is judged by itself. */
export class Patience {
  readonly #best: Float64Array;
  readonly #since: Int32Array;

  /**
   * @param images images of the batch
   * @param iterations an image is done when its best loss is so many iterations old; 0 = it never is
   */
  constructor(
    images: number,
    readonly iterations: number,
  ) {
    this.#best = new Float64Array(images).fill(Number.POSITIVE_INFINITY);
    this.#since = new Int32Array(images);
  }

  /** Takes the losses of further iterations, in their order. */
  see(losses: readonly Losses[]): void {
    for (const { iteration, total } of losses) {
      total.forEach((value, n) => {
        const best = this.#best[n]!;
        if (best < Number.POSITIVE_INFINITY && !(value < best - GAIN * Math.abs(best))) {
          if (iteration - this.#since[n]! >= this.iterations) this.#done.add(n);
          return;
        }
        this.#best[n] = value;
        this.#since[n] = iteration;
      });
    }
  }

  readonly #done = new Set<number>();

  /** Images that are done. */
  get done(): number {
    return this.iterations === 0 ? 0 : this.#done.size;
  }

  get all(): boolean {
    return this.done === this.#best.length;
  }
}
