/** One training step as one program: `dSteps` updates of D, then `gSteps` updates of G. */
import { input, type Program, slice, squaredNorm, type Tensor } from "@kintsugi/autodiff";
import { applyAdam, State, type Variables } from "@kintsugi/nn";
import { averageOver } from "./accumulate.js";
import { augmentInputs, augments, sliceDraws } from "./augment.js";
import { updateAverage } from "./average.js";
import { type DcganConfig, latentLength } from "./config.js";
import { type Batch, discriminatorPass, type Generated, generate, generatorPass, trainable } from "./passes.js";
import { pickResident } from "./resident.js";
import { discriminatorSpecs, generatorSpecs } from "./specs.js";
import { iteratePower } from "./spectral.js";
import { imagesPerStep, type TrainingOptions } from "./training_options.js";

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
