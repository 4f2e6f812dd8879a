/** The harmonic fill, Δu = 0: as smooth as a soap film in the frame of what is known. */
import type { Domain } from "./domain.js";
import { type Accuracy, conjugateGradients, type System } from "./gradients.js";
import { createMultigrid } from "./multigrid.js";

/** Up to so many missing pixels a fill is as exact as float32 can tell; beyond, to an eighth of a level of 256. */
const EXACT = 20_000;

export const accuracyOf = ({ cells }: Domain): Accuracy =>
  cells.length <= EXACT ? { tolerance: 1e-7, iterations: 100 } : { tolerance: 1e-3, iterations: 20 };

/** out = Σ_q (u_p − u_q) over the 4-neighbours q of p inside the picture, at the given places. */
export function laplacian(
  { share, width }: Pick<Domain, "share" | "width">,
  places: Int32Array,
  u: Float64Array,
  out: Float64Array,
): void {
  for (let k = 0; k < places.length; k++) {
    const p = places[k]!;
    const near = u[p - 1]! + u[p + 1]! + u[p - width]! + u[p + width]!;
    out[p] = (share[p] === 0 ? 0 : u[p]! / share[p]!) - near;
  }
}

/** A solver for planes of a domain: fills what is missing of [height, width] in place. Where nothing is known it stays as it is. */
export function harmonicSolver(domain: Domain): (plane: Float64Array) => void {
  const multigrid = createMultigrid(domain);
  const system: System = {
    apply: (u, out) => laplacian(domain, domain.cells, u, out),
    precondition: (r, z) => multigrid.solve(r, z),
  };
  return (plane) => conjugateGradients(domain, system, plane, accuracyOf(domain));
}
