/** Named presets of a training: the network's shape and the options that belong together. */
import type { DcganConfig } from "./config.js";
import { DEFAULT_TRAINING, type TrainingOptions } from "./training_options.js";

export interface Recipe {
  readonly config: Required<Pick<DcganConfig, "dNorm" | "spectralNorm">>;
  readonly training: Pick<
    TrainingOptions,
    "batch" | "beta1" | "dSteps" | "gSteps" | "loss" | "r1" | "augment" | "weightDecay" | "ema"
  > & { readonly lr: number; readonly lrD: number };
}

const { batch, beta1, dSteps, gSteps, loss, r1, augment, weightDecay, ema } = DEFAULT_TRAINING;

export const RECIPES = {
  /** As Amos' blog and Radford et al. 2016 have it. */
  blog: {
    config: { dNorm: "batch", spectralNorm: false },
    training: { batch, beta1, dSteps, gSteps, loss, r1, augment, weightDecay, ema, lr: 2e-4, lrD: 2e-4 },
  },
  /** For some hundreds to some ten thousands of images: D can neither learn them by heart nor run away from G. */
  "small-data": {
    config: { dNorm: "none", spectralNorm: true },
    training: {
      batch: 64,
      beta1: 0,
      dSteps: 2,
      gSteps: 1,
      loss: "bce",
      r1: 0,
      augment: { colour: 1, translation: 1, cutout: 0 },
      weightDecay: 0,
      ema: 0.999,
      lr: 3e-4,
      lrD: 5e-4,
    },
  },
} as const satisfies Readonly<Record<string, Recipe>>;

export type RecipeName = keyof typeof RECIPES;
