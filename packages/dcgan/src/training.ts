/** One training step as one program: an update of D, then `gSteps` updates of G with the same z. */
import {
  bceWithLogits,
  concat,
  constant,
  grad,
  input,
  mean,
  type Program,
  sigmoid,
  sum,
  type Tensor,
} from "@kintsugi/autodiff";
import {
  applyAdam,
  type Mode,
  type ParameterSpec,
  State,
  type Statistics,
  updateStatistics,
  type Variables,
} from "@kintsugi/nn";
import { type DcganConfig, discriminatorSpecs, generatorSpecs } from "./config.js";
import { discriminator, generator } from "./networks.js";

export interface TrainingOptions {
  readonly batch: number;
  /** Updates of G for each of D. The blog has 2, "so that d_loss does not go to zero". */
  readonly gSteps: number;
  /** Adam's decay of the first moment. */
  readonly beta1: number;
  /**
   * Which passes D's running statistics follow: "balanced", the real and the fake batch of D's own update; or "all", G's
   * updates too, as the original has it, whose evaluation statistics therefore lean towards fakes three to one.
   */
  readonly discriminatorStatistics: "balanced" | "all";
}

export const DEFAULT_TRAINING: TrainingOptions = {
  batch: 64,
  gSteps: 2,
  beta1: 0.5,
  discriminatorStatistics: "balanced",
};

/**
 * Inputs: `images` [N, size, size, channels], `z` [N, nz], `rateD` [2], and for each update of G `rateG0` … [2].
 * Records: `dLoss` = its real and its fake half, `dMean` = mean D(x) and mean D(G(z)), all before D's update, and
 * `gLoss0` …, each before its update of G.
 */
export function trainingProgram(config: DcganConfig, options: TrainingOptions, variables: Variables): Program {
  const { batch, gSteps, beta1 } = options;
  const state = new State(variables);
  const images = input("images", [batch, config.size, config.size, config.channels]);
  const z = input("z", [batch, config.nz]);
  const records: Record<string, Tensor> = {};

  let made = generate(state, config, z);
  updateStatistics(state, made.statistics);
  Object.assign(records, updateDiscriminator(state, config, images, made.images, { batch, beta1 }));
  for (let step = 0; step < gSteps; step++) {
    // D's update left G alone: its forward pass still holds for G's first update.
    if (step > 0) made = generate(state, config, z);
    updateStatistics(state, made.statistics);
    const statistics: Statistics[] = [];
    const logits = discriminator(state, config, made.images, following(statistics));
    const loss = mean(bceWithLogits(logits, constant(1, logits.shape)));
    const names = trainable(generatorSpecs(config));
    const gradients = grad(
      loss,
      names.map((name) => state.get(name)),
    );
    applyAdam(state, names, gradients, input(`rateG${step}`, [2]), { beta1 });
    if (options.discriminatorStatistics === "all") updateStatistics(state, statistics);
    records[`gLoss${step}`] = loss;
  }
  return { name: "training step", records, updates: state.updates() };
}

function updateDiscriminator(
  state: State,
  config: DcganConfig,
  real: Tensor,
  fake: Tensor,
  { batch, beta1 }: { readonly batch: number; readonly beta1: number },
): Record<string, Tensor> {
  // Real and fake pass as one batch of two groups: the arithmetic of two batches, half the dispatches.
  const statistics: Statistics[] = [];
  const logits = discriminator(state, config, concat(real, fake), following(statistics, 2));
  const targets = new Float32Array(2 * batch).fill(1, 0, batch);
  const losses = mean(bceWithLogits(logits, constant(targets, logits.shape)), 2);
  const loss = sum(losses);
  const names = trainable(discriminatorSpecs(config));
  const gradients = grad(
    loss,
    names.map((name) => state.get(name)),
  );
  applyAdam(state, names, gradients, input("rateD", [2]), { beta1 });
  updateStatistics(state, statistics);
  return { dLoss: losses, dMean: mean(sigmoid(logits), 2) };
}

/** A training-mode pass of G, with the statistics of its batch norms. */
function generate(state: State, config: DcganConfig, z: Tensor): { images: Tensor; statistics: Statistics[] } {
  const statistics: Statistics[] = [];
  return { images: generator(state, config, z, following(statistics)), statistics };
}

function following(statistics: Statistics[], groups = 1): Mode {
  return { training: true, groups, onStatistics: (found) => statistics.push(found) };
}

export function trainable(specs: readonly ParameterSpec[]): string[] {
  return specs.filter((spec) => spec.trainable).map(({ name }) => name);
}
