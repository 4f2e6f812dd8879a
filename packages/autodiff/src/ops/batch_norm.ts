/**
 * Batch normalisation (Ioffe and Szegedy 2015) over all axes but the last, with the leaky ReLU that follows it:
 * y = leaky((x − mean)/√(variance + eps)·gamma + beta). The variance is biased, here and in the running average.
 */
import { record, recordOne, ShapeError, show, type Tensor } from "../graph.js";

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
  const backward = memo((dy: Tensor, node) => {
    const [, mean, variance] = node.outputs;
    const inputs = [dy, x, mean!, variance!, gamma, beta];
    return record("batchNormGrad", inputs, attributes, [x.shape, [channels], [channels]]);
  });
  const vjp = (index: number) => (dys: readonly (Tensor | undefined)[], node: Tensor["node"]) => {
    if (dys[1] || dys[2] || !dys[0])
      throw new Error("batchNorm: mean and variance cannot be differentiated, only y can");
    return backward(dys[0], node)[index]!;
  };
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
  return recordOne("batchNormInference", [x, gamma, beta, mean, variance], { eps, slope }, x.shape, [
    ([dy]) => recordOne("batchNormInferenceGrad", [dy!, x, gamma, beta, mean, variance], { eps, slope }, x.shape),
  ]);
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

/** The three gradients come from one node: it is made once per upstream gradient. */
function memo(make: (dy: Tensor, node: Tensor["node"]) => readonly Tensor[]): typeof make {
  const made = new Map<Tensor, readonly Tensor[]>();
  return (dy, node) => {
    const found = made.get(dy) ?? make(dy, node);
    made.set(dy, found);
    return found;
  };
}
