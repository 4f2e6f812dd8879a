/** One training step as one program: `dSteps` updates of D, then `gSteps` updates of G. */
import { input, type Program, slice, squaredNorm, type Tensor } from "@kintsugi/autodiff";
import { applyAdam, State, type Variables } from "@kintsugi/nn";
import { averageOver } from "./accumulate.js";
import { type Augment, augmentInputs, augments, NO_AUGMENT, sliceDraws } from "./augment.js";
import { updateAverage } from "./average.js";
import { type DcganConfig, discriminatorSpecs, generatorSpecs, latentLength } from "./config.js";
import type { Loss } from "./losses.js";
import { type Batch, discriminatorPass, type Generated, generate, generatorPass, trainable } from "./passes.js";
import { pickResident } from "./resident.js";
import { iteratePower } from "./spectral.js";

export interface TrainingOptions {
  /** Images that pass the networks, and share batch statistics, at a time. */
  readonly batch: number;
  /** Batches whose gradients are averaged for one update. */
  readonly accumulate: number;
  /** Updates of D in a step, each on images and z of its own: the k of Goodfellow et al. 2014, algorithm 1. */
  readonly dSteps: number;
  /** Updates of G in a step, with the z of D's last one. The blog has 2, "so that d_loss does not go to zero". */
  readonly gSteps: number;
  /** Adam's decay of the first moment. */
  readonly beta1: number;
  /**
   * Which passes D's running statistics follow: "balanced", the real and the fake batch of D's own update; or "all", G's
   * updates too, as the original has it, whose evaluation statistics therefore lean towards fakes three to one.
   */
  readonly discriminatorStatistics: "balanced" | "all";
  /** D's goal for real images; 0.9 is one-sided label smoothing (Salimans et al. 2016, §3.4). The goal for fakes stays 0. */
  readonly realLabel: number;
  /** Whether noise, an input of the step, is laid over all that D sees (Sønderby et al. 2017). */
  readonly noisy: boolean;
  /** Decay of the average of G's weights once the run is old enough, see `averageRate`; 0 for none. */
  readonly ema: number;
  /** What all that D sees is distorted by, and how often. */
  readonly augment: Augment;
  /** What D and G make of D's logits. */
  readonly loss: Loss;
  /** Weight of the gradient penalty on real images, R1: see `losses.ts`; 0 for none. */
  readonly r1: number;
  /** The share of a weight, times the learning rate, that each of its updates takes away first (AdamW); 0 for none. */
  readonly weightDecay: number;
  /** What G minimises: what `loss` says, for cross-entropy −log D(G(z)); or the distance of D's mean features (Salimans et al. 2016, §3.1). */
  readonly generatorLoss: "adversarial" | "featureMatching";
}

export const DEFAULT_TRAINING: TrainingOptions = {
  batch: 64,
  accumulate: 1,
  dSteps: 1,
  gSteps: 2,
  beta1: 0.5,
  discriminatorStatistics: "balanced",
  realLabel: 1,
  noisy: false,
  ema: 0,
  augment: NO_AUGMENT,
  loss: "bce",
  r1: 0,
  weightDecay: 0,
  generatorLoss: "adversarial",
};

/** Images of a step: each update of D takes `accumulate` batches of its own. */
export function imagesPerStep({
  batch,
  accumulate,
  dSteps,
}: Pick<TrainingOptions, "batch" | "accumulate" | "dSteps">): number {
  return batch * accumulate * dSteps;
}

/**
 * Inputs: `images` [N, size, size, channels], or `picks` [N, 2] of resident ones, and `z` [N, nz] (with classes, [N, nz +
 * classes]), N as `imagesPerStep` has it; `rateD0` … [2], for each update of D, and `rateG0` … [2], for each of G, both [3]
 * where weights decay; where weights are averaged, `rateAverage` [1]; where the step is noisy, `noise` [2N, size, size,
 * channels]; and 3N of what `drawAugment` draws.
 * Records: `dLoss` = its real and its fake half, `dMean` = mean D(x) and mean D(G(z)), all before D's last update; `gLoss0` …,
 * each before its update of G; where D is held flat, `penalty`; and the squared norms of the gradients, `dNorm` (of the last update) and `gNorm0` ….
 * Output: `judged` [2·batch], D(x) and then D(G(z)) of each image of D's last batch, before its update.
 *
 * @param resident images that stay on the device, see `placeImages`
 */
export function trainingProgram(
  config: DcganConfig,
  options: TrainingOptions,
  variables: Variables,
  resident?: Tensor,
): Program {
  const state = new State(variables);
  const all = createBatches(config, options, resident);
  const records: Record<string, Tensor> = {};
  let kept: Generated | undefined;
  let batches: readonly Batch[] = [];
  let judged: Tensor | undefined;
  const rate = (name: string) => input(name, [options.weightDecay > 0 ? 3 : 2]);
  for (let step = 0; step < options.dSteps; step++) {
    if (config.spectralNorm) iteratePower(state, discriminatorSpecs(config));
    batches = all.slice(step * options.accumulate, (step + 1) * options.accumulate);
    // D's update leaves G alone: its forward pass still holds for G's first update. Of several batches only one is in
    // memory at a time, so they pass once more.
    const d = averageOver(batches, (batch) => {
      const made = generate(state, config, batch.z);
      kept = batches.length === 1 ? made : undefined;
      const outcome = discriminatorPass(state, config, options, batch, made);
      judged = outcome.judged;
      return outcome;
    });
    applyAdam(state, trainable(discriminatorSpecs(config)), d.gradients, rate(`rateD${step}`), options);
    Object.assign(records, d.records, { dNorm: squaredNorm(d.gradients) });
  }

  for (let step = 0; step < options.gSteps; step++) {
    const g = averageOver(batches, (batch) => {
      const made = kept ?? generate(state, config, batch.z);
      kept = undefined;
      return generatorPass(state, config, options, batch, made);
    });
    applyAdam(state, trainable(generatorSpecs(config)), g.gradients, rate(`rateG${step}`), options);
    records[`gLoss${step}`] = g.records.gLoss!;
    records[`gNorm${step}`] = squaredNorm(g.gradients);
  }
  if (options.ema > 0) updateAverage(state, input("rateAverage", [1]));
  return { name: "training step", outputs: { judged: judged! }, records, updates: state.updates() };
}

/** The inputs of a step, cut into the batches that pass the networks one after the other. */
function createBatches(config: DcganConfig, options: TrainingOptions, resident: Tensor | undefined): Batch[] {
  const { batch, noisy, augment } = options;
  const all = imagesPerStep(options);
  const image = [config.size, config.size, config.channels];
  const images = resident ? pickResident(config, resident, all) : input("images", [all, ...image]);
  const z = input("z", [all, latentLength(config)]);
  const noise = noisy ? input("noise", [2 * all, ...image]) : undefined;
  const draws = augments(augment) ? augmentInputs(augment, 3 * all) : undefined;
  if (all === batch) return [{ images, z, ...(noise ? { noise } : {}), ...(draws ? { draws } : {}) }];
  return Array.from({ length: all / batch }, (_, i) => ({
    images: slice(images, i * batch, (i + 1) * batch),
    z: slice(z, i * batch, (i + 1) * batch),
    ...(noise ? { noise: slice(noise, 2 * i * batch, 2 * (i + 1) * batch) } : {}),
    ...(draws ? { draws: sliceDraws(draws, 3 * i * batch, 3 * (i + 1) * batch) } : {}),
  }));
}
