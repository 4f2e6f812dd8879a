/** Histograms, in even buckets from the least value to the greatest. */

export interface Histogram {
  readonly min: number;
  readonly max: number;
  readonly count: number;
  readonly sum: number;
  readonly squares: number;
  /** The upper end of each bucket; the last one is `max`. */
  readonly limits: readonly number[];
  readonly buckets: readonly number[];
}

const BUCKETS = 40;

/** The histogram of finite values; undefined where there are none. */
export function histogramOf(values: Float32Array): Histogram | undefined {
  let [min, max, count, sum, squares] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0, 0, 0];
  for (const value of values) {
    if (!Number.isFinite(value)) continue;
    min = Math.min(min, value);
    max = Math.max(max, value);
    count += 1;
    sum += value;
    squares += value * value;
  }
  if (count === 0) return undefined;
  // Equal values, as fresh biases are, take one bucket.
  const width = (max - min) / BUCKETS;
  const buckets = new Array<number>(width > 0 ? BUCKETS : 1).fill(0);
  for (const value of values) {
    if (!Number.isFinite(value)) continue;
    const at = width > 0 ? Math.min(BUCKETS - 1, Math.floor((value - min) / width)) : 0;
    buckets[at]! += 1;
  }
  const limits = buckets.map((_, i) => (i === buckets.length - 1 ? max : min + (i + 1) * width));
  return { min, max, count, sum, squares, limits, buckets };
}
