/** Ops that treat each element by itself: they work in whatever order their inputs are stored. */
import type { Kind, Tensor } from "@kintsugi/autodiff";
import type { Model, Name } from "../model.js";
import { NCHW } from "../values.js";
import { expressions, type Lower, type NodeOf, reshape } from "./at.js";

type Expression<K extends Kind> = (model: Model, inputs: readonly Name[], node: NodeOf<K>) => Name;

/** The lowering of an op whose inputs and output have one shape. */
function elementwise<K extends Kind>(express: Expression<K>): Lower<K> {
  return (node, { model, values }) => {
    const order = values.common(node.inputs);
    const inputs = node.inputs.map((tensor) => values.get(tensor, order));
    values.define(node.outputs[0]!, express(model, inputs, node), order);
  };
}

export const leakyRelu = elementwise<"leakyRelu">((model, [x], { attributes }) => leaky(model, x!, attributes.slope));
export const leakyReluGrad = elementwise<"leakyReluGrad">((model, [dy, y], { attributes }) =>
  leakyGrad(model, dy!, y!, attributes.slope),
);
export const tanh = elementwise<"tanh">((model, [x]) => model.node("Tanh", [x!]));
export const tanhGrad = elementwise<"tanhGrad">((model, [dy, y]) => {
  const { subtract, multiply } = expressions(model);
  return multiply(dy!, subtract(1, multiply(y!, y!)));
});
export const sigmoid = elementwise<"sigmoid">((model, [x]) => model.node("Sigmoid", [x!]));
export const sigmoidGrad = elementwise<"sigmoidGrad">((model, [dy, y]) => {
  const { subtract, multiply } = expressions(model);
  return multiply(dy!, multiply(y!, subtract(1, y!)));
});
export const rsqrt = elementwise<"rsqrt">((model, [x]) => {
  const { unary } = expressions(model);
  return unary("Reciprocal", unary("Sqrt", x!));
});
/** max(x, 0) − x·target + log(1 + e^(−|x|)). */
export const bceWithLogits = elementwise<"bceWithLogits">((model, [x, target]) => {
  const { add, subtract, multiply, unary } = expressions(model);
  const linear = subtract(unary("Relu", x!), multiply(x!, target!));
  return add(linear, unary("Softplus", unary("Neg", unary("Abs", x!))));
});
export const bceWithLogitsGrad = elementwise<"bceWithLogitsGrad">((model, [dy, x, target]) => {
  const { subtract, multiply, unary } = expressions(model);
  return multiply(dy!, subtract(unary("Sigmoid", x!), target!));
});
export const add = elementwise<"add">((model, [a, b], { attributes: { alpha, beta } }) => {
  const { add, subtract } = expressions(model);
  return beta === -1 ? subtract(scaled(model, a!, alpha), b!) : add(scaled(model, a!, alpha), scaled(model, b!, beta));
});
export const multiply = elementwise<"multiply">((model, [a, b]) => model.node("Mul", [a!, b!]));
export const scale = elementwise<"scale">((model, [x], { attributes }) =>
  expressions(model).multiply(x!, attributes.factor),
);

export const addBias: Lower<"addBias"> = (node, { model, values }) => {
  const [x, bias] = node.inputs as readonly [Tensor, Tensor];
  const order = values.common([x]);
  const row = order === NCHW ? reshape(model, values.get(bias), [bias.shape[0]!, 1, 1]) : values.get(bias);
  values.define(node.outputs[0]!, model.node("Add", [values.get(x, order), row]), order);
};

function scaled(model: Model, x: Name, factor: number): Name {
  return factor === 1 ? x : expressions(model).multiply(x, factor);
}

/** x ≥ 0 ? x : slope·x. */
export function leaky(model: Model, x: Name, slope: number): Name {
  if (slope === 1) return x;
  return slope === 0 ? model.node("Relu", [x]) : model.node("LeakyRelu", [x], { alpha: { float: slope } });
}

/** Larger than the inverse of any normal float32 whose sign matters, and itself one. */
const STEEP = 3e38;

/**
 * dy·(x ≥ 0 ? 1 : slope), for ReLU dy·(x > 0 ? 1 : 0). The step function is a hard sigmoid, min(1, max(0, alpha·x + beta)),
 * so steep that nothing lies on its slope: a comparison and a selection would take twice as long.
 */
export function leakyGrad(model: Model, dy: Name, x: Name, slope: number): Name {
  if (slope === 1) return dy;
  const { max, multiply } = expressions(model);
  const step = (beta: number) => model.node("HardSigmoid", [x], { alpha: { float: STEEP }, beta: { float: beta } });
  return multiply(dy, slope === 0 ? step(0) : max(step(1), slope));
}
