/** The rolling average of the curves. */

/** Steps that one can choose to average over. */
export const WINDOWS = [1, 5, 10, 20, 50, 100, 200, 500, 1000, 2000];

/**
 * The mean of each value and those before it, `points` in all; fewer at the beginning, and gaps are left out of it.
 *
 * @returns null where the window holds no value
 */
export function rollingMean(values: readonly (number | null)[], points: number): (number | null)[] {
  let sum = 0;
  let count = 0;
  return values.map((value, i) => {
    if (value !== null) {
      sum += value;
      count += 1;
    }
    const gone = i >= points ? values[i - points]! : null;
    if (gone !== null) {
      sum -= gone;
      count -= 1;
    }
    return count === 0 ? null : sum / count;
  });
}
