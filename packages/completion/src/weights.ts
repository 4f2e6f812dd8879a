/** Importance weights: which known pixels count how much in the contextual loss. */
import type { Mask } from "@kintsugi/scene";

export interface ImportanceOptions {
  /** Side of the square that is looked at, in pixels, odd. Default 7. */
  readonly window?: number;
  /**
   * What the window sees beyond the image. `count` (default): nothing, and the mean is taken of the pixels inside, the |N(i)|
   * of the paper. `symmetric`: the image mirrored, as the authors' program has it.
   */
  readonly border?: "count" | "symmetric";
  /** What every known pixel counts at least, as a share of one that has nothing but holes around it. Default 0. */
  readonly floor?: number;
}

/**
 * Known pixels near a hole count most: W_i = Σ_{j∈N(i)} (1 − M_j)/|N(i)| where pixel i is known, else 0. A pixel without any
 * hole in its window has no weight but the floor, which is added to all. Source: Yeh et al. 2017, equation 3.
 *
 * @returns [size, size]
 */
export function importanceWeights(
  { size, pixels }: Mask,
  { window = 7, border = "count", floor = 0 }: ImportanceOptions = {},
): Float32Array {
  if (!Number.isInteger(window) || window < 1 || window % 2 !== 1) {
    throw new RangeError(`importanceWeights: a window of ${window} pixels has no centre; give an odd number`);
  }
  const reach = (window - 1) / 2;
  // Square windows are separable: sums along rows, then along columns of those. The order of adding whole numbers is free.
  const along = (values: Float64Array, step: number, across: number) => {
    const sums = new Float64Array(size * size);
    for (let line = 0; line < size; line++) {
      for (let at = 0; at < size; at++) {
        let sum = 0;
        for (let near = at - reach; near <= at + reach; near++) {
          if (border === "count" && (near < 0 || near >= size)) continue;
          sum += values[line * across + mirror(near, size) * step]!;
        }
        sums[line * across + at * step] = sum;
      }
    }
    return sums;
  };
  const box = (values: Float64Array) => along(along(values, 1, size), size, 1);
  const holes = box(Float64Array.from(pixels, (known) => 1 - known));
  const cells = box(new Float64Array(size * size).fill(1));
  return Float32Array.from(pixels, (known, at) => (known === 0 ? 0 : floor + holes[at]! / cells[at]!));
}

/** An axis continued by reflection with its edge repeated: … 1 0 | 0 1 … size−1 | size−1 … */
function mirror(at: number, size: number): number {
  const within = ((at % (2 * size)) + 2 * size) % (2 * size);
  return within < size ? within : 2 * size - 1 - within;
}
