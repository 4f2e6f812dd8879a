/** Minibatch discrimination (Salimans et al. 2016, section 3.2) in float64. */
import type { MinibatchShape } from "../src/minibatch_discrimination.js";

/** y[n,k] = Σ over j ≠ n in n's group of exp(−Σ_d |x[n,k,d] − x[j,k,d]|). */
export function minibatchDiscrimination(
  x: ArrayLike<number>,
  { groups, rows, kernels, dims }: MinibatchShape,
): Float64Array {
  const y = new Float64Array(groups * rows * kernels);
  for (let group = 0; group < groups; group++) {
    for (let n = group * rows; n < (group + 1) * rows; n++) {
      for (let j = group * rows; j < (group + 1) * rows; j++) {
        if (j === n) continue;
        for (let k = 0; k < kernels; k++) {
          let distance = 0;
          for (let d = 0; d < dims; d++) {
            distance += Math.abs(x[(n * kernels + k) * dims + d]! - x[(j * kernels + k) * dims + d]!);
          }
          y[n * kernels + k]! += Math.exp(-distance);
        }
      }
    }
  }
  return y;
}
