/** Looks for a run that goes wrong, and says in one line what helps: often enough to be seen, seldom enough to be read. */
import type { StepRecord } from "@kintsugi/dcgan";

/** Steps over which means are taken. */
const WINDOW = 100;
/** Steps before the same advice is given again. */
const PAUSE = 1000;
/** Samples of an untrained generator are alike too. */
const EARLIEST = 500;
/** Samples that differ from each other less than this share of what images do have collapsed. */
const COLLAPSED = 0.1;

export class Diagnosis {
  readonly #window: StepRecord[] = [];
  readonly #given = new Map<string, number>();

  /** @param variety of the training images, see `varietyOf` */
  constructor(readonly variety: number) {}

  /** Looks at some steps; returns advice, or nothing. */
  steps(records: readonly StepRecord[]): string | undefined {
    this.#window.push(...records);
    this.#window.splice(0, this.#window.length - WINDOW);
    const last = this.#window.at(-1);
    if (!last || this.#window.length < WINDOW) return undefined;
    const mean = (pick: (record: StepRecord) => number) =>
      this.#window.reduce((sum, one) => sum + pick(one), 0) / WINDOW;
    const [real, fake] = [mean(({ dReal }) => dReal), mean(({ dFake }) => dFake)];
    if (real < 0.95 || fake > 0.05) return undefined;
    return this.#once(
      "won",
      last.step,
      `D has won: it gives real images ${real.toFixed(2)} and G's ${fake.toFixed(2)}, so that G learns little; ` +
        "try --real-label 0.9, --noise 0.1 --noise-steps 5000, a lower --lr, or more images",
    );
  }

  /** Looks at a grid of samples. */
  samples(step: number, images: Float32Array, count: number): string | undefined {
    const share = varietyOf(images, count) / this.variety;
    if (step < EARLIEST || !(share < COLLAPSED)) return undefined;
    return this.#once(
      "collapsed",
      step,
      `G has collapsed: its samples differ from each other by ${Math.round(100 * share)} % of what the images do; ` +
        "go back to a checkpoint (--keep, --resume FILE), and try a lower --lr, --real-label 0.9 or --noise 0.1",
    );
  }

  #once(what: string, step: number, advice: string): string | undefined {
    const before = this.#given.get(what);
    if (before !== undefined && step - before < PAUSE) return undefined;
    this.#given.set(what, step);
    return advice;
  }
}

/** How much images differ from each other: the standard deviation of each value over the images, averaged. */
export function varietyOf(images: Float32Array, count: number): number {
  const size = images.length / count;
  let total = 0;
  for (let i = 0; i < size; i++) {
    let sum = 0;
    let squares = 0;
    for (let n = 0; n < count; n++) {
      const value = images[n * size + i]!;
      sum += value;
      squares += value * value;
    }
    total += Math.sqrt(Math.max(0, squares / count - (sum / count) ** 2));
  }
  return total / size;
}
