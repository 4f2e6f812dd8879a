/** How far a float32 sum of products may be from its float64 twin. */

/**
 * "yes" when every element is within (8 + √depth / 2)·2⁻²⁴·Σ|a·b| of its twin, else one line about the first that is not.
 * `magnitudes` is the twin of the absolute values, Σ|a·b|; rounding errors of `depth` terms add up like a random walk.
 */
export function inBounds(
  received: ArrayLike<number>,
  expected: ArrayLike<number>,
  magnitudes: ArrayLike<number>,
  depth: number,
): string {
  const unit = (8 + Math.sqrt(depth) / 2) * 2 ** -24;
  if (received.length !== expected.length) return `${received.length} elements, not ${expected.length}`;
  for (let i = 0; i < expected.length; i++) {
    const error = Math.abs(received[i]! - expected[i]!);
    if (!(error <= unit * magnitudes[i]!)) {
      return `element ${i} of ${expected.length} is ${received[i]}, expected ${expected[i]} ± ${unit * magnitudes[i]!}`;
    }
  }
  return "yes";
}
