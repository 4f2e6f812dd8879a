/**
 * Batch normalisation (Ioffe and Szegedy 2015) over all axes but the last, with the leaky ReLU that follows it:
 * y = leaky((x − mean)/√(variance + eps)·gamma + beta). The variance is biased, here and in the running average.
 */
import { record, recordOne, ShapeError, show, sizeOf, type Tensor, type Vjp } from "../graph.js";
import type { BatchNormAttributes } from "../kinds.js";
import { addBias, spreadRows, sumRows } from "./bias.js";
import { concat, slice } from "./layout.js";
import { constant } from "./leaves.js";
import { add, leakyRelu, multiply, rsqrt, scale } from "./pointwise.js";
import { memo, vjpsOfGradient } from "./twice.js";

export interface BatchNormOptions {
  /** Added to the variance. Default 1e-5. */
  readonly eps?: number;
  /** Slope of the leaky ReLU that follows: 1 (default) for none, 0 for ReLU. */
  readonly slope?: number;
  /** How many equal parts of the batch have statistics of their own. Default 1. */
  readonly groups?: number;
}

/**
 * Training mode: normalises by the statistics of the batch.
 *
 * @param x [N, ..., C]
 * @param gamma [C]
 * @param beta [C]
 * @returns y of the shape of x, and mean and variance, both [groups, C]; only y can be differentiated
 */
export function batchNorm(
  x: Tensor,
  gamma: Tensor,
  beta: Tensor,
  { eps = 1e-5, slope = 1, groups = 1 }: BatchNormOptions = {},
): { y: Tensor; mean: Tensor; variance: Tensor } {
  const channels = check("batchNorm", x, { gamma, beta });
  if (x.shape[0]! % groups !== 0) {
    throw new ShapeError(`batchNorm: a batch of ${x.shape[0]} has no ${groups} equal groups`);
  }
  const attributes = { eps, slope, groups };
  const statistics = [groups, channels];
  // The three gradients come from one node.
  const backward = memo(([dy, dmean, dvariance], node) => {
    if (dmean || dvariance || !dy) throw new Error("batchNorm: mean and variance cannot be differentiated, only y can");
    const [, mean, variance] = node.outputs;
    const again = vjpsOfGradient((inputs) => composed(inputs, attributes), dy, [x, gamma, beta]);
    // Mean and variance are functions of x, whose gradient has their part in it.
    const vjps = [again[0]!, again[1]!, null, null, again[2]!, again[3]!];
    const inputs = [dy, x, mean!, variance!, gamma, beta];
    return record("batchNormGrad", inputs, attributes, [x.shape, [channels], [channels]], vjps);
  });
  const vjp =
    (index: number): Vjp =>
    (dys, node) =>
      backward(dys, node)[index]!;
  const [y, mean, variance] = record(
    "batchNorm",
    [x, gamma, beta],
    attributes,
    [x.shape, statistics, statistics],
    [vjp(0), vjp(1), vjp(2)],
  );
  return { y: y!, mean: mean!, variance: variance! };
}

/** Evaluation mode: normalises by given statistics [C], which are constants for differentiation, as gamma and beta are. */
export function batchNormInference(
  x: Tensor,
  gamma: Tensor,
  beta: Tensor,
  mean: Tensor,
  variance: Tensor,
  { eps = 1e-5, slope = 1 }: Omit<BatchNormOptions, "groups"> = {},
): Tensor {
  check("batchNormInference", x, { gamma, beta, mean, variance });
  // A factor for each element, 1 or the slope times γ/√…: linear in dy, its own adjoint, and flat in x.
  const gradient = (dy: Tensor): Tensor =>
    recordOne("batchNormInferenceGrad", [dy, x, gamma, beta, mean, variance], { eps, slope }, x.shape, [
      ([ddx]) => gradient(ddx!),
      null,
    ]);
  return recordOne("batchNormInference", [x, gamma, beta, mean, variance], { eps, slope }, x.shape, [
    ([dy]) => gradient(dy!),
  ]);
}

/** y of `batchNorm` from ops that differentiate as often as one likes. */
function composed([x, gamma, beta]: readonly Tensor[], { eps, slope, groups }: BatchNormAttributes): Tensor {
  const rows = x!.shape[0]! / groups;
  const parts = Array.from({ length: groups }, (_, g) => {
    const part = groups === 1 ? x! : slice(x!, g * rows, (g + 1) * rows);
    const share = gamma!.shape[0]! / sizeOf(part.shape);
    const centred = addBias(part, scale(sumRows(part), -share));
    const variance = scale(sumRows(multiply(centred, centred)), share);
    const deviation = rsqrt(add(variance, constant(eps, variance.shape)));
    const normal = multiply(centred, spreadRows(multiply(deviation, gamma!), part));
    return leakyRelu(addBias(normal, beta!), slope);
  });
  return parts.reduce(concat);
}

function check(op: string, x: Tensor, rows: Readonly<Record<string, Tensor>>): number {
  const channels = x.shape.at(-1);
  if (x.shape.length < 2 || channels === undefined) throw new ShapeError(`${op}: x ${show(x.shape)} has no channels`);
  for (const [name, { shape }] of Object.entries(rows)) {
    if (shape.length !== 1 || shape[0] !== channels) {
      throw new ShapeError(`${op}: x ${show(x.shape)} has ${channels} channels, ${name} is ${show(shape)}`);
    }
  }
  return channels;
}
