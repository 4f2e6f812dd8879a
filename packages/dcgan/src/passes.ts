/** The passes of a training step: forward, loss, gradients. Each moves the running statistics that it has made. */
import {
  add,
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
import { augment, sliceDraws } from "./augment.js";
import { classesOf } from "./classes.js";
import type { DcganConfig } from "./config.js";
import { discriminatorLoss, generatorLoss, gradientPenalty } from "./losses.js";
import { discriminator, discriminatorFeatures, generator } from "./networks.js";
import { discriminatorSpecs, generatorSpecs } from "./specs.js";
import type { TrainingOptions } from "./training_options.js";

/** What one batch of a step is given. */
export interface Batch {
  /** Real images [N, size, size, channels]. */
  readonly images: Tensor;
  /** [N, nz], and behind it the one-hot classes, of the real images and the fakes alike. */
  readonly z: Tensor;
  /** Laid over what D sees: [2N, size, size, channels], for real images and for fakes. */
  readonly noise?: Tensor;
  /** How what D sees is distorted: 3N draws, for real images, for fakes, and for fakes in G's updates. */
  readonly draws?: Readonly<Record<string, Tensor>>;
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

export function discriminatorPass(
  state: State,
  config: DcganConfig,
  { loss, realLabel, r1 }: TrainingOptions,
  { images, z, noise, draws }: Batch,
  made: Generated,
): Outcome & { readonly judged: Tensor } {
  updateStatistics(state, made.statistics);
  // Real and fake pass as one batch of two groups: the arithmetic of two batches, half the dispatches.
  const statistics: Statistics[] = [];
  const seen = noisy(distorted(concat(images, made.images), draws, 0), noise);
  const classes = classesOf(config, z);
  const both = classes && concat(classes, classes);
  const logits = discriminator(state, config, seen, following(statistics, 2), both);
  const dLoss = discriminatorLoss(loss, logits, realLabel);
  const penalty = r1 > 0 ? gradientPenalty(r1, seen, logits) : undefined;
  const whole = penalty ? add(sum(dLoss), penalty) : sum(dLoss);
  const gradients = gradientsOf(state, whole, discriminatorSpecs(config));
  updateStatistics(state, statistics);
  const judged = sigmoid(logits);
  return { gradients, judged, records: { dLoss, dMean: mean(judged, 2), ...(penalty ? { penalty } : {}) } };
}

export function generatorPass(
  state: State,
  config: DcganConfig,
  { loss, generatorLoss: goal, discriminatorStatistics }: TrainingOptions,
  batch: Batch,
  made: Generated,
): Outcome {
  updateStatistics(state, made.statistics);
  const statistics: Statistics[] = [];
  const count = batch.images.shape[0]!;
  const fakes = noisy(
    distorted(made.images, batch.draws, 2 * count),
    batch.noise && slice(batch.noise, count, 2 * count),
  );
  const gLoss =
    goal === "adversarial"
      ? generatorLoss(loss, discriminator(state, config, fakes, following(statistics), classesOf(config, batch.z)))
      : featureDistance(state, config, batch, fakes, following(statistics));
  const gradients = gradientsOf(state, gLoss, generatorSpecs(config));
  if (discriminatorStatistics === "all") updateStatistics(state, statistics);
  return { gradients, records: { gLoss } };
}

/** Feature matching: the mean over D's features of |mean over real images − mean over fakes|, as the authors' code has it. */
function featureDistance(
  state: State,
  config: DcganConfig,
  { images, noise, draws }: Batch,
  fakes: Tensor,
  mode: Mode,
): Tensor {
  const real = noisy(distorted(images, draws, 0), noise && slice(noise, 0, images.shape[0]!));
  const [goal, found] = [real, fakes].map((seen) => {
    const features = discriminatorFeatures(state, config, seen, mode);
    return reshape(scale(sumRows(features), 1 / features.shape[0]!), [1, 1, 1, features.shape[1]!]);
  });
  return maskedL1(found!, goal!, constant(1 / found!.shape[3]!, [1, 1, 1]));
}

/** Images by as many draws from `start` on. */
function distorted(images: Tensor, draws: Batch["draws"], start: number): Tensor {
  return draws ? augment(images, sliceDraws(draws, start, start + images.shape[0]!)) : images;
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
