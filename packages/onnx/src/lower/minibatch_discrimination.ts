/** Minibatch discrimination: all pairs of a group at once, [groups, rows, rows, kernels, dims]. */
import type { Tensor } from "@kintsugi/autodiff";
import { type At, expressions, type Lower, reduce, reshape } from "./at.js";

export const minibatchDiscrimination: Lower<"minibatchDiscrimination"> = (node, at) => {
  const { closeness } = pairs(node.inputs[0]!, node.attributes.groups, at);
  const [y] = node.outputs as readonly [Tensor];
  at.values.define(y, reshape(at.model, reduce(at.model, "ReduceSum", closeness, [2]), y.shape));
};

export const minibatchDiscriminationGrad: Lower<"minibatchDiscriminationGrad"> = (node, at) => {
  const { model, values } = at;
  const [dy, x] = node.inputs as readonly [Tensor, Tensor];
  const { groups } = node.attributes;
  const [rows, kernels] = [x.shape[0]! / groups, x.shape[1]!];
  const { add, multiply, unary } = expressions(model);
  const { difference, closeness } = pairs(x, groups, at);
  const own = reshape(model, values.get(dy), [groups, rows, 1, kernels]);
  const others = reshape(model, values.get(dy), [groups, 1, rows, kernels]);
  const weight = reshape(model, multiply(closeness, add(own, others)), [groups, rows, rows, kernels, 1]);
  const slopes = reduce(model, "ReduceSum", multiply(weight, unary("Sign", difference)), [2]);
  values.define(node.outputs[0]!, reshape(model, unary("Neg", slopes), x.shape));
};

/** x[n] − x[j], and exp(−L1) [groups, rows, rows, kernels], where n = j is 0. */
function pairs(x: Tensor, groups: number, { model, values }: At) {
  const [n, kernels, dims] = x.shape as readonly [number, number, number];
  const rows = n / groups;
  const { subtract, multiply, unary } = expressions(model);
  const side = (a: number, b: number) => reshape(model, values.get(x), [groups, a, b, kernels, dims]);
  const difference = subtract(side(rows, 1), side(1, rows));
  const distance = reduce(model, "ReduceSum", unary("Abs", difference), [4]);
  // Taking 1 off a sum would cost the digits of the small terms.
  const apart = Float32Array.from({ length: rows * rows }, (_, at) => (at % (rows + 1) === 0 ? 0 : 1));
  const closeness = multiply(unary("Exp", unary("Neg", distance)), model.floats(apart, [1, rows, rows, 1]));
  return { difference, closeness };
}
