/**
 * Float64 twins of the pieces of Hamiltonian Monte Carlo on z in the box [−1, 1]. One leapfrog step is kick, drift, new
 * gradient, kick. Source: Amos' program (wall `clip`); Neal 2011, section 5.5.1, on constraints (`reflect`).
 */

/** `clip`: z stops at the wall and v goes on, which breaks detailed balance. `reflect`: both turn around. */
export type Wall = "clip" | "reflect";

/** v ← v − (eps / 2) · beta · g */
export function hmcKick(v: ArrayLike<number>, grad: ArrayLike<number>, eps: number, beta: number): Float64Array {
  return Float64Array.from(v, (value, at) => value - (eps / 2) * beta * grad[at]!);
}

/** z ← z + eps · v, then the wall; a step is taken to be shorter than the box, so it meets one wall at most. */
export function hmcDrift(
  z: ArrayLike<number>,
  v: ArrayLike<number>,
  eps: number,
  wall: Wall,
): { z: Float64Array; v: Float64Array } {
  const free = Float64Array.from(z, (value, at) => value + eps * v[at]!);
  if (wall === "clip") return { z: free.map((value) => Math.min(Math.max(value, -1), 1)), v: Float64Array.from(v) };
  return {
    z: free.map((value) => (value > 1 ? 2 - value : value < -1 ? -2 - value : value)),
    v: Float64Array.from(v, (value, at) => (Math.abs(free[at]!) > 1 ? -value : value)),
  };
}

/** ½ Σ v² */
export function kineticEnergy(v: ArrayLike<number>): number {
  let squares = 0;
  for (let at = 0; at < v.length; at++) squares += v[at]! ** 2;
  return squares / 2;
}

/** (beta·energy + kinetic before) − (beta·energy + kinetic after); accepted with probability min(1, its exponential). */
export function logAccept(
  beta: number,
  before: { readonly energy: number; readonly kinetic: number },
  after: { readonly energy: number; readonly kinetic: number },
): number {
  return beta * before.energy + before.kinetic - beta * after.energy - after.kinetic;
}
