/** Sums and their adjoints. */
import { type Shape, sizeOf, type Tensor } from "@kintsugi/autodiff";
import type { Name } from "../model.js";
import { NCHW, type Order, ordered } from "../values.js";
import { type At, expressions, type Lower, reduce, reshape } from "./at.js";

export const sumRows: Lower<"sumRows"> = (node, { model, values }) => {
  const [x] = node.inputs as readonly [Tensor];
  const { shape } = x;
  const channels = shape.at(-1)!;
  if (values.common([x]) === NCHW) {
    const pixels = reshape(model, values.get(x, NCHW), [shape[0]!, channels, shape[1]! * shape[2]!]);
    const images = reduce(model, "ReduceSum", pixels, [2]);
    return values.define(node.outputs[0]!, reduce(model, "ReduceSum", images, [0]));
  }
  const rows = reshape(model, values.get(x), [sizeOf(shape) / channels, channels]);
  values.define(node.outputs[0]!, reduce(model, "ReduceSum", rows, [0]));
};

export const sum: Lower<"sum"> = (node, { model, values }) => {
  const [x] = node.inputs as readonly [Tensor];
  const { groups } = node.attributes;
  // The order of what is summed is no matter as long as no group cuts through an image.
  const whole = x.shape.length === 4 && x.shape[0]! % groups === 0;
  const source = values.get(x, whole ? values.common([x]) : undefined);
  const stretches = reshape(model, source, [groups, sizeOf(x.shape) / groups]);
  values.define(node.outputs[0]!, reduce(model, "ReduceSum", stretches, [1]));
};

export const squaredNorm: Lower<"squaredNorm"> = (node, { model, values }) => {
  const squares = node.inputs.map((x) => {
    const flat = reshape(model, values.get(x, x.shape.length === 4 ? values.common([x]) : undefined), [
      sizeOf(x.shape),
    ]);
    return reduce(model, "ReduceSumSquare", flat, [0]);
  });
  values.define(node.outputs[0]!, reshape(model, model.node("Sum", squares), [1]));
};

export const spread: Lower<"spread"> = (node, { model, values }) => {
  const [x] = node.inputs as readonly [Tensor];
  const [y] = node.outputs as readonly [Tensor];
  const { groups } = node.attributes;
  const column = reshape(model, values.get(x), [groups, 1]);
  const filled = model.node("Expand", [column, model.ints([groups, sizeOf(y.shape) / groups])]);
  values.define(y, reshape(model, filled, y.shape));
  // Where no stretch ends within an image, all orders of the axes look alike.
  const whole = y.shape.length === 4 && y.shape[0]! % groups === 0;
  if (whole) values.define(y, reshape(model, filled, ordered(y.shape, NCHW)), NCHW);
};

export const maskedL1: Lower<"maskedL1"> = (node, at) => {
  const [x, target, weight] = node.inputs as readonly [Tensor, Tensor, Tensor];
  const { subtract, multiply, unary } = expressions(at.model);
  const order = at.values.common([x, target]);
  const distance = unary("Abs", subtract(at.values.get(x, order), at.values.get(target, order)));
  const weighted = multiply(distance, perPixel(at, weight, x.shape, order));
  const images = reshape(at.model, weighted, [x.shape[0]!, sizeOf(x.shape) / x.shape[0]!]);
  at.values.define(node.outputs[0]!, reduce(at.model, "ReduceSum", images, [1]));
};

export const maskedL1Grad: Lower<"maskedL1Grad"> = (node, at) => {
  const [dy, x, target, weight] = node.inputs as readonly Tensor[] & { length: 4 };
  const { subtract, multiply, unary } = expressions(at.model);
  const order = at.values.common([x!, target!]);
  const sign = unary("Sign", subtract(at.values.get(x!, order), at.values.get(target!, order)));
  const each = reshape(at.model, at.values.get(dy!), [x!.shape[0]!, ...x!.shape.slice(1).map(() => 1)]);
  const factor = multiply(perPixel(at, weight!, x!.shape, order), each);
  at.values.define(node.outputs[0]!, multiply(sign, factor), order);
};

export const blockMean: Lower<"blockMean"> = (node, { model, values }) => {
  const { side } = node.attributes;
  const attributes = { kernel_shape: [side, side], strides: [side, side] };
  const made = model.node("AveragePool", [values.get(node.inputs[0]!, NCHW)], attributes);
  values.define(node.outputs[0]!, made, NCHW);
};

export const blockMeanGrad: Lower<"blockMeanGrad"> = (node, { model, values }) => {
  const { side } = node.attributes;
  const [dy] = node.inputs as readonly [Tensor];
  const [n, h, w, c] = dy.shape as readonly [number, number, number, number];
  const share = expressions(model).multiply(values.get(dy, NCHW), 1 / side ** 2);
  const blocks = reshape(model, share, [n, c, h, 1, w, 1]);
  const filled = model.node("Expand", [blocks, model.ints([n, c, h, side, w, side])]);
  values.define(node.outputs[0]!, reshape(model, filled, [n, c, h * side, w * side]), NCHW);
};

/** A weight per pixel, [N, H, W], such that it fits images in an order. */
function perPixel({ model, values }: At, weight: Tensor, shape: Shape, order: Order): Name {
  return reshape(model, values.get(weight), ordered([...shape.slice(0, -1), 1], order));
}
