/** Batch norms and their gradients: reductions and element-wise operators, as ONNX has no training mode that gives statistics. */
import { type Shape, sizeOf, type Tensor } from "@kintsugi/autodiff";
import type { Name } from "../model.js";
import { NCHW, type Order, ordered } from "../values.js";
import { type At, expressions, type Lower, reduce, reshape } from "./at.js";
import { leaky, leakyGrad } from "./pointwise.js";

export const batchNorm: Lower<"batchNorm"> = (node, at) => {
  const { eps, slope, groups } = node.attributes;
  const [x, gamma, beta] = node.inputs as readonly [Tensor, Tensor, Tensor];
  const [y, mean, variance] = node.outputs as readonly [Tensor, Tensor, Tensor];
  const { add, subtract, multiply } = expressions(at.model);
  const view = viewOf(at, [x], groups);
  const image = view.take(x);
  const centre = view.mean(image);
  const centred = subtract(image, centre);
  const spread = view.mean(multiply(centred, centred));
  const scale = multiply(rstd(at, spread, eps), view.row(gamma));
  const normal = add(multiply(centred, scale), view.row(beta));
  view.define(y, leaky(at.model, normal, slope));
  at.values.define(mean, reshape(at.model, centre, mean.shape));
  at.values.define(variance, reshape(at.model, spread, variance.shape));
  at.centred.set(node, { name: centred, order: view.order });
};

/**
 * With d = x − mean, s = gamma·rstd and e = dy through the leaky ReLU: dbeta = Σe, dgamma = rstd·Σed,
 * dx = s·(e − mean(e) − d·rstd²·mean(ed)), means over the rows of a group. Source: Ioffe and Szegedy 2015, section 3.
 */
export const batchNormGrad: Lower<"batchNormGrad"> = (node, at) => {
  const { eps, slope, groups } = node.attributes;
  const [dy, x, mean, variance, gamma, beta] = node.inputs as readonly Tensor[] & { length: 6 };
  const [dx, dgamma, dbeta] = node.outputs as readonly [Tensor, Tensor, Tensor];
  const { add, subtract, multiply } = expressions(at.model);
  const view = viewOf(at, [x!, dy!], groups);
  const kept = at.centred.get(mean!.node);
  const centred = kept?.order === view.order ? kept.name : subtract(view.take(x!), view.statistic(mean!));
  const r = rstd(at, view.statistic(variance!), eps);
  const scale = multiply(r, view.row(gamma!));
  const normal = () => add(multiply(centred, scale), view.row(beta!));
  const e = slope === 1 ? view.take(dy!) : leakyGrad(at.model, view.take(dy!), normal(), slope);
  const meanE = view.mean(e);
  const meanED = view.mean(multiply(e, centred));
  const along = multiply(multiply(r, r), meanED);
  const inner = subtract(subtract(e, multiply(centred, along)), meanE);
  view.define(dx, multiply(inner, scale));
  const rows = sizeOf(x!.shape) / x!.shape.at(-1)! / groups;
  at.values.define(dgamma, multiply(view.total(multiply(r, meanED)), rows));
  at.values.define(dbeta, multiply(view.total(meanE), rows));
};

export const batchNormInference: Lower<"batchNormInference"> = (node, at) => {
  const { eps, slope } = node.attributes;
  const [x, gamma, beta, mean, variance] = node.inputs as readonly Tensor[] & { length: 5 };
  const { add, subtract, multiply } = expressions(at.model);
  const view = viewOf(at, [x!], 1);
  const scale = multiply(rstd(at, at.values.get(variance!), eps), at.values.get(gamma!));
  const shift = subtract(at.values.get(beta!), multiply(at.values.get(mean!), scale));
  const normal = add(multiply(view.take(x!), view.asRow(scale)), view.asRow(shift));
  view.define(node.outputs[0]!, leaky(at.model, normal, slope));
};

export const batchNormInferenceGrad: Lower<"batchNormInferenceGrad"> = (node, at) => {
  const { eps, slope } = node.attributes;
  const [dy, x, gamma, beta, mean, variance] = node.inputs as readonly Tensor[] & { length: 6 };
  const { add, subtract, multiply } = expressions(at.model);
  const view = viewOf(at, [x!, dy!], 1);
  const scale = multiply(rstd(at, at.values.get(variance!), eps), at.values.get(gamma!));
  const shift = subtract(at.values.get(beta!), multiply(at.values.get(mean!), scale));
  const normal = () => add(multiply(view.take(x!), view.asRow(scale)), view.asRow(shift));
  const e = slope === 1 ? view.take(dy!) : leakyGrad(at.model, view.take(dy!), normal(), slope);
  view.define(node.outputs[0]!, multiply(e, view.asRow(scale)));
};

function rstd(at: At, variance: Name, eps: number): Name {
  const { add, unary } = expressions(at.model);
  return unary("Reciprocal", unary("Sqrt", add(variance, eps)));
}

/** Tensors seen as [groups, images, C, pixels] (NCHW) or [groups, rows, C], and rows of C numbers that fit them. */
function viewOf(at: At, tensors: readonly Tensor[], groups: number) {
  const { model, values } = at;
  const { shape } = tensors[0]!;
  const order: Order = values.common(tensors);
  const channels = shape.at(-1)!;
  const images = order === NCHW;
  const seen: Shape = images
    ? [groups, shape[0]! / groups, channels, shape[1]! * shape[2]!]
    : [groups, sizeOf(shape) / channels / groups, channels];
  const row = (first: number): Shape => (images ? [first, 1, channels, 1] : [first, 1, channels]);
  const asRow = (name: Name) => reshape(model, name, row(1));
  return {
    order,
    take: (tensor: Tensor) => reshape(model, values.get(tensor, order), seen),
    define: (tensor: Tensor, name: Name) =>
      values.define(tensor, reshape(model, name, ordered(tensor.shape, order)), order),
    /** The mean over the rows of each group: pixels first, as one contiguous axis at a time is what runs fast. */
    mean: (name: Name) => {
      const pixels = images ? reduce(model, "ReduceMean", name, [3], true) : name;
      return reduce(model, "ReduceMean", pixels, [1], true);
    },
    /** The sum over groups: [C]. */
    total: (name: Name) => reshape(model, reduce(model, "ReduceSum", name, [0]), [channels]),
    statistic: (tensor: Tensor) => reshape(model, values.get(tensor), row(groups)),
    row: (tensor: Tensor) => asRow(values.get(tensor)),
    asRow,
  };
}
