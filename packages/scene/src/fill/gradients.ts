/** Conjugate gradients over the cells of a domain, preconditioned. Source: Hestenes and Stiefel 1952; Saad 2003, algorithm 9.1. */
import type { Domain } from "./domain.js";

export interface System {
  /** out = A·u at the cells; all are [height, width], and u is 0 at known pixels unless it is the first guess. */
  apply(u: Float64Array, out: Float64Array): void;
  /** z ≈ A⁻¹·r at the cells, symmetric. */
  precondition(r: Float64Array, z: Float64Array): void;
}

export interface Accuracy {
  /** It ends where the preconditioned residual, which tells how far u is from the solution, is nowhere larger. */
  readonly tolerance: number;
  readonly iterations: number;
}

/** Makes A·u = 0 at the cells of `u`, whose known pixels stay. */
export function conjugateGradients(
  { cells }: Domain,
  { apply, precondition }: System,
  u: Float64Array,
  { tolerance, iterations }: Accuracy,
): void {
  const [r, z, d, q] = [0, 0, 0, 0].map(() => new Float64Array(u.length)) as [
    Float64Array,
    Float64Array,
    Float64Array,
    Float64Array,
  ];
  apply(u, q);
  for (let k = 0; k < cells.length; k++) r[cells[k]!] = -q[cells[k]!]!;
  let before = 0;
  for (let n = 0; n < iterations; n++) {
    precondition(r, z);
    let [product, most] = [0, 0];
    for (let k = 0; k < cells.length; k++) {
      const p = cells[k]!;
      product += r[p]! * z[p]!;
      most = Math.max(most, Math.abs(z[p]!));
    }
    if (most < tolerance || !(product > 0)) {
      // The last correction is at hand: it is taken.
      for (let k = 0; k < cells.length; k++) u[cells[k]!] = u[cells[k]!]! + z[cells[k]!]!;
      return;
    }
    const beta = n === 0 ? 0 : product / before;
    for (let k = 0; k < cells.length; k++) d[cells[k]!] = z[cells[k]!]! + beta * d[cells[k]!]!;
    apply(d, q);
    let curvature = 0;
    for (let k = 0; k < cells.length; k++) curvature += d[cells[k]!]! * q[cells[k]!]!;
    const alpha = product / curvature;
    for (let k = 0; k < cells.length; k++) {
      const p = cells[k]!;
      u[p] = u[p]! + alpha * d[p]!;
      r[p] = r[p]! - alpha * q[p]!;
    }
    before = product;
  }
}
