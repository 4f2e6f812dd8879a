/** Nearest neighbours by pixels: which of many images an image is most like. Plain arithmetic on bytes. */

import type { ImageBytes } from "../batches.js";

export interface Neighbour {
  readonly index: number;
  /** Root of the mean squared difference over pixels and channels, in grey levels from 0 to 255. */
  readonly distance: number;
}

/** Values that are summed before the sum is compared: long enough to be fast, short enough to stop early. */
const BLOCK = 256;

/**
 * The `count` images nearest to `image`, nearest first; of equally near ones, the first.
 *
 * @param images bytes of many images, one after the other, each as long as `image`
 * @param except one that does not count, such as the image itself
 */
export function nearest(image: Uint8Array, images: ImageBytes, count: number, except = -1): Neighbour[] {
  const stride = image.length;
  const best: { index: number; sum: number }[] = [];
  for (let index = 0; index * stride < images.length; index++) {
    if (index === except) continue;
    const bound = best.length < count ? Number.POSITIVE_INFINITY : best.at(-1)!.sum;
    const sum = squaredDistance(image, images.subarray(index * stride, (index + 1) * stride), bound);
    if (sum >= bound) continue;
    const place = best.findIndex((other) => other.sum > sum);
    best.splice(place < 0 ? best.length : place, 0, { index, sum });
    best.length = Math.min(best.length, count);
  }
  return best.map(({ index, sum }) => ({ index, distance: Math.sqrt(sum / stride) }));
}

/** Σ (a − b)², or some number of at least `bound` as soon as it cannot be less. */
function squaredDistance(a: Uint8Array, b: Uint8Array, bound: number): number {
  let sum = 0;
  for (let start = 0; start < a.length && sum < bound; start += BLOCK) {
    const end = Math.min(start + BLOCK, a.length);
    for (let i = start; i < end; i++) {
      const difference = a[i]! - b[i]!;
      sum += difference * difference;
    }
  }
  return sum;
}

/** The middle of some numbers, sorted; the mean of the two middle ones where their count is even. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  return (sorted[Math.ceil(middle) - 1]! + sorted[Math.floor(middle)]!) / 2;
}
