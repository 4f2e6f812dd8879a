/** One training step as one program: an update of D, then `gSteps` updates of G with the same z. */
import { input, type Program, slice, squaredNorm, type Tensor } from "@kintsugi/autodiff";
import { applyAdam, State, type Variables } from "@kintsugi/nn";
import { averageOver } from "./accumulate.js";
import { updateAverage } from "./average.js";
import { type DcganConfig, discriminatorSpecs, generatorSpecs, latentLength } from "./config.js";
import { type Batch, discriminatorPass, type Generated, generate, generatorPass, trainable } from "./passes.js";

export interface TrainingOptions {
  /** Images that pass the networks, and share batch statistics, at a time. */
  readonly batch: number;
  /** Batches whose gradients are averaged for one update. */
  readonly accumulate: number;
  /** Updates of G for each of D. The blog has 2, "so that d_loss does not go to zero". */
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
  /** Decay of the average of G's weights; 0 for none. */
  readonly ema: number;
  /** What G minimises: −log D(G(z)), or the distance of D's mean features (Salimans et al. 2016, §3.1). */
  readonly generatorLoss: "adversarial" | "featureMatching";
}

export const DEFAULT_TRAINING: TrainingOptions = {
  batch: 64,
  accumulate: 1,
  gSteps: 2,
  beta1: 0.5,
  discriminatorStatistics: "balanced",
  realLabel: 1,
  noisy: false,
  ema: 0,
  generatorLoss: "adversarial",
};

/**
 * Inputs: `images` [N, size, size, channels] and `z` [N, nz] (with classes, [N, nz + classes]) with N = accumulate·batch, `rateD` [2], for each update of G
 * `rateG0` … [2], and where the step is noisy, `noise` [2N, size, size, channels].
 * Records: `dLoss` = its real and its fake half, `dMean` = mean D(x) and mean D(G(z)), all before D's update; `gLoss0` …,
 * each before its update of G; and the squared norms of the gradients, `dNorm` and `gNorm0` ….
 */
export function trainingProgram(config: DcganConfig, options: TrainingOptions, variables: Variables): Program {
  const state = new State(variables);
  const batches = createBatches(config, options);
  // D's update leaves G alone: its forward pass still holds for G's first update. Of several batches only one is in memory
  // at a time, so they pass once more.
  let kept: Generated | undefined;
  const d = averageOver(batches, (batch) => {
    const made = generate(state, config, batch.z);
    if (batches.length === 1) kept = made;
    return discriminatorPass(state, config, options, batch, made);
  });
  applyAdam(state, trainable(discriminatorSpecs(config)), d.gradients, input("rateD", [2]), options);
  const records: Record<string, Tensor> = { ...d.records, dNorm: squaredNorm(d.gradients) };

  for (let step = 0; step < options.gSteps; step++) {
    const g = averageOver(batches, (batch) => {
      const made = kept ?? generate(state, config, batch.z);
      kept = undefined;
      return generatorPass(state, config, options, batch, made);
    });
    applyAdam(state, trainable(generatorSpecs(config)), g.gradients, input(`rateG${step}`, [2]), options);
    records[`gLoss${step}`] = g.records.gLoss!;
    records[`gNorm${step}`] = squaredNorm(g.gradients);
  }
  if (options.ema > 0) updateAverage(state, options.ema);
  return { name: "training step", records, updates: state.updates() };
}

/** The inputs of a step, cut into the batches that pass the networks one after the other. */
function createBatches(config: DcganConfig, { batch, accumulate, noisy }: TrainingOptions): Batch[] {
  const all = accumulate * batch;
  const image = [config.size, config.size, config.channels];
  const images = input("images", [all, ...image]);
  const z = input("z", [all, latentLength(config)]);
  const noise = noisy ? input("noise", [2 * all, ...image]) : undefined;
  if (accumulate === 1) return [{ images, z, ...(noise ? { noise } : {}) }];
  return Array.from({ length: accumulate }, (_, i) => ({
    images: slice(images, i * batch, (i + 1) * batch),
    z: slice(z, i * batch, (i + 1) * batch),
    ...(noise ? { noise: slice(noise, 2 * i * batch, 2 * (i + 1) * batch) } : {}),
  }));
}
