/** Distorted images. Numbers that say where are turned into masks and shift matrices by arithmetic that is exact on integers. */
import type { Shape, Tensor } from "@kintsugi/autodiff";
import type { Model, Name } from "../model.js";
import { NCHW, ordered } from "../values.js";
import { type At, expressions, type Lower, reduce, reshape } from "./at.js";

export const saturate: Lower<"saturate"> = (node, at) => {
  const [x, shares] = node.inputs as readonly [Tensor, Tensor];
  const { add, multiply } = expressions(at.model);
  const order = at.values.common([x]);
  const image = at.values.get(x, order);
  const mean = reduce(at.model, "ReduceMean", image, [order.indexOf(3)], true);
  const [own, grey] = [0, 1].map((index) => column(at, shares, index, [x.shape[0]!, 1, 1, 1])) as [Name, Name];
  at.values.define(node.outputs[0]!, add(multiply(image, own), multiply(mean, grey)), order);
};

/** Rows by one matrix, columns by another, of ones where something comes from: R [N, 1, H, H] · x [N, C, H, W] · C [N, 1, W, W]. */
export const translate: Lower<"translate"> = (node, at) => {
  const { model, values } = at;
  const [x, offsets] = node.inputs as readonly [Tensor, Tensor];
  const [n, height, width] = x.shape as readonly [number, number, number];
  const { subtract, unary } = expressions(model);
  const from = (side: number, index: number, sign: 1 | -1) => {
    const distance = Float32Array.from({ length: side ** 2 }, (_, i) => sign * (Math.floor(i / side) - (i % side)));
    const apart = subtract(model.floats(distance, [1, 1, side, side]), column(at, offsets, index, [n, 1, 1, 1]));
    return unary("Relu", subtract(1, unary("Abs", apart)));
  };
  const rows = model.node("MatMul", [from(height, 0, 1), values.get(x, NCHW)]);
  values.define(node.outputs[0]!, model.node("MatMul", [rows, from(width, 1, -1)]), NCHW);
};

export const cutout: Lower<"cutout"> = (node, at) => {
  const { model, values } = at;
  const [x, corners] = node.inputs as readonly [Tensor, Tensor];
  const { add, subtract, multiply, clip } = expressions(model);
  const order = values.common([x]);
  /** 1 from the corner on, for as many places as the box has, and 0 elsewhere. */
  const within = (axis: 1 | 2) => {
    const shape = ordered([1, axis === 1 ? x.shape[1]! : 1, axis === 2 ? x.shape[2]! : 1, 1], order);
    const places = Float32Array.from({ length: x.shape[axis]! }, (_, i) => i);
    const corner = column(at, corners, axis - 1, [x.shape[0]!, 1, 1, 1]);
    const into = subtract(model.floats(places, shape), corner);
    return multiply(clip(add(into, 1), 0, 1), clip(subtract(node.attributes.box[axis - 1]!, into), 0, 1));
  };
  const kept = subtract(1, multiply(within(1), within(2)));
  values.define(node.outputs[0]!, multiply(values.get(x, order), kept), order);
};

/** One of the numbers of each image. */
function column({ model, values }: At, pairs: Tensor, index: number, shape: Shape): Name {
  return reshape(model, picked(model, values.get(pairs), index), shape);
}

function picked(model: Model, pairs: Name, index: number): Name {
  return model.node("Gather", [pairs, model.ints([index])], { axis: 1 });
}
