import { recordOne, ShapeError, show, type Tensor } from "../graph.js";
import { concat, reshape, slice } from "./layout.js";
import { constant } from "./leaves.js";
import { matmul } from "./matmul.js";
import { add, multiply, relu, rsqrt, scale, sigmoid } from "./pointwise.js";
import { sum } from "./sums.js";
import { vjpsOfGradient } from "./twice.js";

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
    [
      ([dy]) => {
        const again = vjpsOfGradient(([leaf]) => composed(leaf!, groups), dy!, [x]);
        return recordOne("minibatchDiscriminationGrad", [dy!, x], { groups }, x.shape, again);
      },
    ],
  );
}

/** The same from ops that differentiate as often as one likes: all pairs of a group, one below the other. */
function composed(x: Tensor, groups: number): Tensor {
  const [n, kernels, dims] = x.shape as readonly [number, number, number];
  const rows = n / groups;
  const pairs = rows ** 2;
  // Row n·rows + j of the one is x[n] − x[j], of the other a sum over j that leaves out n.
  const difference = new Float32Array(pairs * rows);
  const others = new Float32Array(rows * pairs);
  for (let pair = 0; pair < pairs; pair++) {
    const [i, j] = [Math.floor(pair / rows), pair % rows];
    if (i === j) continue;
    difference[pair * rows + i] = 1;
    difference[pair * rows + j] = -1;
    others[i * pairs + pair] = 1;
  }
  const parts = Array.from({ length: groups }, (_, g) => {
    const part = reshape(groups === 1 ? x : slice(x, g * rows, (g + 1) * rows), [rows, kernels * dims]);
    const apart = matmul(constant(difference, [pairs, rows]), part);
    const distance = sum(add(relu(apart), relu(scale(apart, -1))), pairs * kernels);
    const inverse = rsqrt(sigmoid(distance));
    // e^(−t) = sigmoid(−t)/sigmoid(t).
    const closeness = multiply(sigmoid(scale(distance, -1)), multiply(inverse, inverse));
    return matmul(constant(others, [rows, pairs]), reshape(closeness, [pairs, kernels]));
  });
  return parts.reduce(concat);
}
