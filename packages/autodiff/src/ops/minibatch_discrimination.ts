import { recordOne, ShapeError, show, type Tensor } from "../graph.js";

/**
 * How close each image is to the others of its group: y[n,k] = Σ over j ≠ n of exp(−Σ_d |x[n,k,d] − x[j,k,d]|). The paper's
 * sum has j = n too, which adds 1 to all. The derivative of |·| at 0 is 0. Source: Salimans et al. 2016, section 3.2.
 *
 * @param x [N, kernels, dims]
 * @param groups equal contiguous parts of the batch that do not see each other
 * @returns [N, kernels]
 */
export function minibatchDiscrimination(x: Tensor, groups = 1): Tensor {
  const [n, kernels] = x.shape;
  if (x.shape.length !== 3) {
    throw new ShapeError(`minibatchDiscrimination: x is ${show(x.shape)}, not [N, kernels, dims]`);
  }
  if (!Number.isInteger(groups) || groups < 1 || n! % groups !== 0) {
    throw new ShapeError(`minibatchDiscrimination: a batch of ${n} has no ${groups} equal groups`);
  }
  return recordOne(
    "minibatchDiscrimination",
    [x],
    { groups },
    [n!, kernels!],
    [([dy]) => recordOne("minibatchDiscriminationGrad", [dy!, x], { groups }, x.shape)],
  );
}
