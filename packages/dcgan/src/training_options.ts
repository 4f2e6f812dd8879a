/** How a DCGAN is trained. */
import { type Augment, NO_AUGMENT } from "./augment.js";
import type { Loss } from "./losses.js";

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
