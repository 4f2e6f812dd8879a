/** Walks and sums in the space of z. Knows no network and no picture; a z is a row of numbers. */

/** From `a` (t = 0) to `b` (t = 1) on a straight line. */
export function lerp(a: Float32Array, b: Float32Array, t: number): Float32Array {
  return a.map((value, i) => (1 - t) * value + t * b[i]!);
}

/**
 * From `a` to `b` on the great circle between their directions, with lengths in between: slerp (Shoemake 1985; White 2016,
 * "Sampling Generative Networks", has it for z). sin((1−t)θ)/sin θ · a + sin(tθ)/sin θ · b on the unit vectors, times a
 * length that goes linearly. A straight line passes nearer to 0 than almost any z drawn at random. Where θ is 0 or π, or a
 * z is 0, there is no one great circle, and it is the straight line.
 */
export function slerp(a: Float32Array, b: Float32Array, t: number): Float32Array {
  const [lengthA, lengthB] = [norm(a), norm(b)];
  const cosine = a.reduce((sum, value, i) => sum + value * b[i]!, 0) / (lengthA * lengthB);
  const angle = Math.acos(Math.min(1, Math.max(-1, cosine)));
  const sine = Math.sin(angle);
  if (!(sine > 1e-6)) return lerp(a, b, t);
  const length = (1 - t) * lengthA + t * lengthB;
  const [wa, wb] = [Math.sin((1 - t) * angle) / sine / lengthA, Math.sin(t * angle) / sine / lengthB];
  return a.map((value, i) => length * (wa * value + wb * b[i]!));
}

/** A way through z, and straight through what stands behind it: the class, which is a mixture of two in between. */
export function beside(way: typeof lerp, nz: number): typeof lerp {
  return (a, b, t) => {
    const whole = lerp(a, b, t);
    whole.set(way(a.subarray(0, nz), b.subarray(0, nz), t));
    return whole;
  };
}

/** `steps` numbers from `first` to `last`, both among them; the middle where it is one. */
export function spread(first: number, last: number, steps: number): number[] {
  if (steps === 1) return [(first + last) / 2];
  return Array.from({ length: steps }, (_, i) => first + ((last - first) * i) / (steps - 1));
}

/** z with one coordinate set. */
export function withCoordinate(z: Float32Array, coordinate: number, value: number): Float32Array {
  return z.map((old, i) => (i === coordinate ? value : old));
}

/** The mean of some z. */
export function mean(all: readonly Float32Array[]): Float32Array {
  return all[0]!.map((_, i) => all.reduce((sum, z) => sum + z[i]!, 0) / all.length);
}

/** A − B + C (Radford et al. 2016, §6.3.2): not clipped, so that a coordinate may lie outside of what z is drawn from. */
export function combine(a: Float32Array, b: Float32Array, c: Float32Array): Float32Array {
  return a.map((value, i) => value - b[i]! + c[i]!);
}

function norm(z: Float32Array): number {
  return Math.sqrt(z.reduce((sum, value) => sum + value * value, 0));
}
