/**
 * Minibatch discrimination (Salimans et al. 2016, section 3.2): D sees how close an image is to the others of its batch, so
 * that a generator whose images are all alike gives itself away. Real images and fakes are compared among themselves.
 *
 * In evaluation an image is alone. As a batch norm then takes its running statistics, D takes the running mean of the
 * closeness: a logit never depends on what else is in the batch, and is of the size it was in training.
 */
import {
  concat,
  constant,
  matmul,
  minibatchDiscrimination,
  reshape,
  scale,
  slice,
  sumRows,
  type Tensor,
} from "@kintsugi/autodiff";
import type { Mode, Named, ParameterSpec } from "@kintsugi/nn";

const NAME = "discriminator/d_minibatch";
/** Numbers that each measure compares, as in the authors' code for 32×32 images (100 measures of 5). */
const DIMS = 5;
/**
 * The deviation of the first T times the square root of its inputs: features of a leaky ReLU after a batch norm then lie
 * about 2 apart, as the authors have it. Farther apart exp(−distance) has no gradient left; nearer all are equally close.
 */
const SIGMA = 0.6;

/** T [features, kernels·dims], and the running mean of the closeness. */
export function minibatchSpecs(features: number, kernels: number): ParameterSpec[] {
  const initial = { kind: "normal", sigma: SIGMA / Math.sqrt(features) } as const;
  return [
    { name: `${NAME}/Matrix`, shape: [features, kernels * DIMS], initial, trainable: true },
    { name: `${NAME}/moving_mean`, shape: [kernels], initial: 0, trainable: false },
  ];
}

/**
 * With M = features·T: o[n,k] = Σ over j ≠ n of exp(−‖M[n,k] − M[j,k]‖₁); in evaluation its running mean.
 *
 * @param features [N, A]
 * @returns [N, kernels]
 */
export function minibatchFeatures(state: Named, kernels: number, features: Tensor, mode: Mode): Tensor {
  const n = features.shape[0]!;
  if (!mode.training) {
    return matmul(constant(1, [n, 1]), reshape(state.get(`${NAME}/moving_mean`), [1, kernels]));
  }
  const measured = reshape(matmul(features, state.get(`${NAME}/Matrix`)), [n, kernels, DIMS]);
  const closeness = minibatchDiscrimination(measured, mode.groups);
  const rows = n / mode.groups;
  const means = Array.from({ length: mode.groups }, (_, g) =>
    reshape(scale(sumRows(slice(closeness, g * rows, (g + 1) * rows)), 1 / rows), [1, kernels]),
  );
  mode.onStatistics({ name: NAME, mean: means.reduce(concat) });
  return closeness;
}
