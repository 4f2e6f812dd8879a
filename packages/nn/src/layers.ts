/** Layers over named state, with the names and layouts of the original TensorFlow checkpoint. */
import {
  addBias,
  batchNorm,
  batchNormInference,
  conv2d,
  convTranspose2d,
  matmul,
  runningAverage,
  type Tensor,
} from "@kintsugi/autodiff";
import { sameGeometry, sameTransposedGeometry } from "@kintsugi/geometry";
import type { ParameterSpec, State } from "./parameters.js";

/** The deviation of all initial weights (Radford et al. 2016). */
const SIGMA = 0.02;

/** What layers read: tensors by name. */
export type Named = Pick<State, "get">;

type Image = readonly [number, number, number, number];

/** y = x·Matrix + bias; x [N, in]. */
export function linear(state: Named, name: string, x: Tensor): Tensor {
  return addBias(matmul(x, state.get(`${name}/Matrix`)), state.get(`${name}/bias`));
}

export function linearSpecs(name: string, inputs: number, outputs: number): ParameterSpec[] {
  return [
    { name: `${name}/Matrix`, shape: [inputs, outputs], initial: { kind: "normal", sigma: SIGMA }, trainable: true },
    { name: `${name}/bias`, shape: [outputs], initial: 0, trainable: true },
  ];
}

/** Convolution with stride 2 and TensorFlow's SAME padding: half the side. */
export function convLayer(state: Named, name: string, x: Tensor): Tensor {
  const w = state.get(`${name}/w`);
  const geometry = sameGeometry(x.shape as Image, w.shape as Image, 2);
  return addBias(conv2d(x, w, geometry), state.get(`${name}/biases`));
}

/** Transposed convolution with stride 2 and TensorFlow's SAME padding: twice the side. */
export function convTransposeLayer(state: Named, name: string, x: Tensor): Tensor {
  const w = state.get(`${name}/w`);
  const geometry = sameTransposedGeometry(x.shape as Image, w.shape as Image, 2);
  return addBias(convTranspose2d(x, w, geometry), state.get(`${name}/biases`));
}

/**
 * Weights of either convolution: [kernel, kernel, fine, coarse].
 *
 * @param normalised a batch norm follows: it cancels the bias, whose gradient is then 0 but for rounding noise, which Adam
 *   would blow up to full steps; so it is left alone
 */
export function convSpecs(
  name: string,
  shape: readonly [number, number, number, number],
  options: { readonly transposed: boolean; readonly normalised: boolean },
): ParameterSpec[] {
  const [, , fine, coarse] = shape;
  const kind = options.transposed ? "normal" : "truncatedNormal";
  return [
    { name: `${name}/w`, shape, initial: { kind, sigma: SIGMA }, trainable: true },
    {
      name: `${name}/biases`,
      shape: [options.transposed ? fine : coarse],
      initial: 0,
      trainable: !options.normalised,
    },
  ];
}

/** How batch norms work in a pass: by running statistics, or by the batch's, of which they then keep account. */
export type Mode =
  | { readonly training: false }
  | {
      readonly training: true;
      /** Parts of the batch with statistics of their own. */
      readonly groups: number;
      /** Called with the statistics of each layer; pass them to `updateStatistics` for the running averages to follow. */
      readonly onStatistics: (statistics: Statistics) => void;
    };

export interface Statistics {
  readonly name: string;
  /** [groups, C] */
  readonly mean: Tensor;
  /** [groups, C], biased; left out where only the mean is kept. */
  readonly variance?: Tensor;
}

/** Batch normalisation (eps 1e-5) and the leaky ReLU after it. */
export function batchNormLayer(state: Named, name: string, x: Tensor, slope: number, mode: Mode): Tensor {
  const gamma = state.get(`${name}/gamma`);
  const beta = state.get(`${name}/beta`);
  if (!mode.training) {
    const mean = state.get(`${name}/moving_mean`);
    return batchNormInference(x, gamma, beta, mean, state.get(`${name}/moving_variance`), { slope });
  }
  const { y, mean, variance } = batchNorm(x, gamma, beta, { slope, groups: mode.groups });
  mode.onStatistics({ name, mean, variance });
  return y;
}

export function batchNormSpecs(name: string, channels: number): ParameterSpec[] {
  const shape = [channels];
  return [
    { name: `${name}/gamma`, shape, initial: 1, trainable: true },
    { name: `${name}/beta`, shape, initial: 0, trainable: true },
    { name: `${name}/moving_mean`, shape, initial: 0, trainable: false },
    { name: `${name}/moving_variance`, shape, initial: 1, trainable: false },
  ];
}

/** Moves the running averages (momentum 0.9) once for each group. */
export function updateStatistics(state: State, statistics: readonly Statistics[]): void {
  for (const { name, mean, variance } of statistics) {
    for (const [key, values] of [
      ["moving_mean", mean],
      ["moving_variance", variance],
    ] as const) {
      if (values) state.set(`${name}/${key}`, runningAverage(state.get(`${name}/${key}`), values));
    }
  }
}
