/**
 * Float64 twins of the batch norm kernels. Statistics are over all axes but the last, per group: the batch is split into
 * `groups` equal contiguous parts with statistics of their own, so that a real and a generated batch can share one pass.
 * Source: Ioffe & Szegedy 2015, algorithms 1 and 2; the variance is biased in both roles.
 */
import { leakyRelu } from "./pointwise.js";

export interface BatchNormShape {
  /** The tensor's shape: the batch first, the channels last. */
  readonly shape: readonly number[];
  /** Into how many parts the first axis is split; 1 unless given. */
  readonly groups?: number;
}

/** Both [groups, channels]. */
export interface Moments {
  readonly mean: Float64Array;
  readonly variance: Float64Array;
}

export interface BatchNormOptions {
  readonly eps?: number;
  /** The leaky ReLU after the normalisation: 1 none, 0 ReLU, 0.2 the discriminator's. */
  readonly slope?: number;
}

/** mean[g,c] = Σ x / rows, variance[g,c] = Σ (x − mean)² / rows, over the rows of group g */
export function batchMoments(x: ArrayLike<number>, of: BatchNormShape): Moments {
  const { groups, rows, channels } = rowsOf(of);
  const mean = new Float64Array(groups * channels);
  const variance = new Float64Array(groups * channels);
  for (let g = 0; g < groups; g++)
    for (let c = 0; c < channels; c++) {
      let sum = 0;
      for (let row = 0; row < rows; row++) sum += x[(g * rows + row) * channels + c]!;
      const center = sum / rows;
      let squares = 0;
      for (let row = 0; row < rows; row++) squares += (x[(g * rows + row) * channels + c]! - center) ** 2;
      mean[g * channels + c] = center;
      variance[g * channels + c] = squares / rows;
    }
  return { mean, variance };
}

/**
 * y = leakyRelu((x − mean[g,c]) / √(variance[g,c] + eps) · weight[c] + bias[c])
 *
 * With the batch's moments this is the training form, with the running ones (and one group) the inference form.
 */
export function batchNorm(
  x: ArrayLike<number>,
  of: BatchNormShape,
  { mean, variance }: { readonly mean: ArrayLike<number>; readonly variance: ArrayLike<number> },
  weight: ArrayLike<number>,
  bias: ArrayLike<number>,
  { eps = 1e-5, slope = 1 }: BatchNormOptions = {},
): Float64Array {
  const { groups, rows, channels } = rowsOf(of);
  const y = new Float64Array(groups * rows * channels);
  for (let g = 0; g < groups; g++)
    for (let row = 0; row < rows; row++)
      for (let c = 0; c < channels; c++) {
        const at = (g * rows + row) * channels + c;
        const rstd = 1 / Math.sqrt(variance[g * channels + c]! + eps);
        y[at] = leakyRelu((x[at]! - mean[g * channels + c]!) * rstd * weight[c]! + bias[c]!, slope);
      }
  return y;
}

/** batchNorm by the moments of x itself. */
export function batchNormTrain(
  x: ArrayLike<number>,
  of: BatchNormShape,
  weight: ArrayLike<number>,
  bias: ArrayLike<number>,
  options: BatchNormOptions = {},
): Float64Array {
  return batchNorm(x, of, batchMoments(x, of), weight, bias, options);
}

/**
 * running ← momentum · running + (1 − momentum) · batch, group after group, as if each had been a pass of its own.
 * Momentum is the share that is kept, as TensorFlow has it; PyTorch's is 1 − momentum.
 */
export function updateRunning(running: ArrayLike<number>, batch: ArrayLike<number>, momentum = 0.9): Float64Array {
  const updated = Float64Array.from(running);
  for (let at = 0; at < batch.length; at++) {
    const c = at % updated.length;
    updated[c] = momentum * updated[c]! + (1 - momentum) * batch[at]!;
  }
  return updated;
}

function rowsOf({ shape, groups = 1 }: BatchNormShape): { groups: number; rows: number; channels: number } {
  const batch = shape[0] ?? 1;
  const channels = shape.at(-1) ?? 1;
  if (batch % groups !== 0) throw new RangeError(`batchNorm: ${groups} groups do not divide a batch of ${batch}`);
  return { groups, rows: shape.slice(0, -1).reduce((product, size) => product * size, 1) / groups, channels };
}
