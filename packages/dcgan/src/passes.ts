/** The passes of a training step: forward, loss, gradients. Each moves the running statistics that it has made. */
import {
  add,
  bceWithLogits,
  concat,
  constant,
  grad,
  maskedL1,
  mean,
  reshape,
  scale,
  sigmoid,
  slice,
  sum,
  sumRows,
  type Tensor,
} from "@kintsugi/autodiff";
import { type Mode, type ParameterSpec, type State, type Statistics, updateStatistics } from "@kintsugi/nn";
import { classesOf } from "./classes.js";
import { type DcganConfig, discriminatorSpecs, generatorSpecs } from "./config.js";
import { discriminator, discriminatorFeatures, generator } from "./networks.js";
import type { TrainingOptions } from "./training.js";

/** What one batch of a step is given. */
export interface Batch {
  /** Real images [N, size, size, channels]. */
  readonly images: Tensor;
  /** [N, nz], and behind it the one-hot classes, of the real images and the fakes alike. */
  readonly z: Tensor;
  /** Laid over what D sees: [2N, size, size, channels], for real images and for fakes. */
  readonly noise?: Tensor;
}

/** A training-mode pass of G, with the statistics of its batch norms. */
export interface Generated {
  readonly images: Tensor;
  readonly statistics: readonly Statistics[];
}

export interface Outcome {
  /** Of the trainable parameters, in the order of their specifications. */
  readonly gradients: readonly Tensor[];
  readonly records: Readonly<Record<string, Tensor>>;
}

export function generate(state: State, config: DcganConfig, z: Tensor): Generated {
  const statistics: Statistics[] = [];
  return { images: generator(state, config, z, following(statistics)), statistics };
}

/** D's loss is the mean cross-entropy over the real images, plus that over the fakes. */
export function discriminatorPass(
  state: State,
  config: DcganConfig,
  { realLabel }: TrainingOptions,
  { images, z, noise }: Batch,
  made: Generated,
): Outcome & { readonly judged: Tensor } {
  updateStatistics(state, made.statistics);
  // Real and fake pass as one batch of two groups: the arithmetic of two batches, half the dispatches.
  const statistics: Statistics[] = [];
  const seen = noisy(concat(images, made.images), noise);
  const classes = classesOf(config, z);
  const both = classes && concat(classes, classes);
  const logits = discriminator(state, config, seen, following(statistics, 2), both);
  const count = images.shape[0]!;
  const targets = new Float32Array(2 * count).fill(realLabel, 0, count);
  const dLoss = mean(bceWithLogits(logits, constant(targets, logits.shape)), 2);
  const gradients = gradientsOf(state, sum(dLoss), discriminatorSpecs(config));
  updateStatistics(state, statistics);
  const judged = sigmoid(logits);
  return { gradients, judged, records: { dLoss, dMean: mean(judged, 2) } };
}

export function generatorPass(
  state: State,
  config: DcganConfig,
  { generatorLoss, discriminatorStatistics }: TrainingOptions,
  batch: Batch,
  made: Generated,
): Outcome {
  updateStatistics(state, made.statistics);
  const statistics: Statistics[] = [];
  const count = batch.images.shape[0]!;
  const fakes = noisy(made.images, batch.noise && slice(batch.noise, count, 2 * count));
  const gLoss =
    generatorLoss === "adversarial"
      ? adversarialLoss(state, config, fakes, batch.z, following(statistics))
      : featureDistance(state, config, batch, fakes, following(statistics));
  const gradients = gradientsOf(state, gLoss, generatorSpecs(config));
  if (discriminatorStatistics === "all") updateStatistics(state, statistics);
  return { gradients, records: { gLoss } };
}

/** mean −log D(G(z)), which does not saturate where D rejects all fakes. */
function adversarialLoss(state: State, config: DcganConfig, fakes: Tensor, z: Tensor, mode: Mode): Tensor {
  const logits = discriminator(state, config, fakes, mode, classesOf(config, z));
  return mean(bceWithLogits(logits, constant(1, logits.shape)));
}

/** Feature matching: the mean over D's features of |mean over real images − mean over fakes|, as the authors' code has it. */
function featureDistance(
  state: State,
  config: DcganConfig,
  { images, noise }: Batch,
  fakes: Tensor,
  mode: Mode,
): Tensor {
  const real = noisy(images, noise && slice(noise, 0, images.shape[0]!));
  const [goal, found] = [real, fakes].map((seen) => {
    const features = discriminatorFeatures(state, config, seen, mode);
    return reshape(scale(sumRows(features), 1 / features.shape[0]!), [1, 1, 1, features.shape[1]!]);
  });
  return maskedL1(found!, goal!, constant(1 / found!.shape[3]!, [1, 1, 1]));
}

function noisy(images: Tensor, noise: Tensor | undefined): Tensor {
  return noise ? add(images, noise) : images;
}

function gradientsOf(state: State, loss: Tensor, specs: readonly ParameterSpec[]): Tensor[] {
  return grad(
    loss,
    trainable(specs).map((name) => state.get(name)),
  );
}

function following(statistics: Statistics[], groups = 1): Mode {
  return { training: true, groups, onStatistics: (found) => statistics.push(found) };
}

export function trainable(specs: readonly ParameterSpec[]): string[] {
  return specs.filter((spec) => spec.trainable).map(({ name }) => name);
}
