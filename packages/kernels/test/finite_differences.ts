/** Slopes by central differences, in float64: what a vjp is compared with, so that no backward has to be written twice. */

/**
 * slope[s] = (f(x + h·e) − f(x − h·e)) / 2h, e the unit vector of indices[s]; all indices of x unless given.
 *
 * The error is about h²·|f‴|/6 + 2⁻⁵³·|f|/h. `f` is called with x itself, one element moved and restored afterwards;
 * choose h so that no element crosses a kink (|x|, leaky ReLU) on the way.
 */
export function centralDifference(
  f: (x: Float64Array) => number,
  x: Float64Array,
  h = 1e-5,
  indices: Iterable<number> = x.keys(),
): Float64Array {
  const slopes: number[] = [];
  for (const at of indices) {
    const value = x[at];
    if (value === undefined) throw new RangeError(`centralDifference: index ${at} of ${x.length} elements`);
    x[at] = value + h;
    const above = f(x);
    x[at] = value - h;
    const below = f(x);
    x[at] = value;
    slopes.push((above - below) / (2 * h));
  }
  return Float64Array.from(slopes);
}

/** `count` different indices below `length` (all of them if there are no more), ascending, the same for the same seed. */
export function sampleIndices(length: number, count: number, seed = 1): number[] {
  if (count >= length) return Array.from({ length }, (_, at) => at);
  const chosen = new Set<number>();
  let state = seed >>> 0;
  while (chosen.size < count) {
    // mulberry32
    state = (state + 0x6d2b79f5) >>> 0;
    let bits = Math.imul(state ^ (state >>> 15), state | 1);
    bits ^= bits + Math.imul(bits ^ (bits >>> 7), bits | 61);
    chosen.add(Math.floor((((bits ^ (bits >>> 14)) >>> 0) / 2 ** 32) * length));
  }
  return [...chosen].sort((s, t) => s - t);
}

/** ⟨a, b⟩ = Σ a·b: turns a function with an upstream gradient into a scalar one. */
export function dot(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length) throw new RangeError(`dot: ${a.length} and ${b.length} elements`);
  let sum = 0;
  for (let at = 0; at < a.length; at++) sum += a[at]! * b[at]!;
  return sum;
}
