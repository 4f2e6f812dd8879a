/** Ops that move values and change none, and the dense product. */
import type { Shape, Tensor } from "@kintsugi/autodiff";
import { natural } from "../values.js";
import { type Lower, reshape as view } from "./at.js";
import { product } from "./conv.js";

export const reshape: Lower<"reshape"> = (node, { model, values }) => {
  values.define(node.outputs[0]!, view(model, values.get(node.inputs[0]!), node.outputs[0]!.shape));
};

// The batch is the first axis in every order that is common to several tensors.

export const concat: Lower<"concat"> = (node, { model, values }) => {
  const order = values.common(node.inputs);
  const inputs = node.inputs.map((tensor) => values.get(tensor, order));
  values.define(node.outputs[0]!, model.node("Concat", inputs, { axis: 0 }), order);
};

export const slice: Lower<"slice"> = (node, { model, values }) => {
  const { start } = node.attributes;
  const order = values.common(node.inputs);
  const [from, to] = [model.ints([start]), model.ints([start + rows(node.outputs[0]!.shape)])];
  const made = model.node("Slice", [values.get(node.inputs[0]!, order), from, to, model.ints([0])]);
  values.define(node.outputs[0]!, made, order);
};

export const padRows: Lower<"padRows"> = (node, { model, values }) => {
  const { start } = node.attributes;
  const [x] = node.inputs as readonly [Tensor];
  const order = values.common([x]);
  const after = rows(node.outputs[0]!.shape) - rows(x.shape) - start;
  const others = x.shape.slice(1).map(() => 0);
  const pads = model.ints([start, ...others, after, ...others]);
  values.define(node.outputs[0]!, model.node("Pad", [values.get(x, order), pads], { mode: "constant" }), order);
};

export const matmul: Lower<"matmul"> = (node, at) => {
  const { transposeA, transposeB } = node.attributes;
  const inputs = node.inputs.map((tensor) => at.values.get(tensor));
  const attributes = { transA: transposeA ? 1 : 0, transB: transposeB ? 1 : 0 };
  const order = natural(node.outputs[0]!.shape);
  product(node, at, order, (bias) => at.model.node("Gemm", bias ? [...inputs, bias] : inputs, attributes));
};

const rows = (shape: Shape): number => shape[0]!;
