/** A number for the quality of a generator: its samples' sliced Wasserstein distance to images it was never shown. */
import { type DcganConfig, drawLatent } from "@kintsugi/dcgan";
import { bytesToValues, type Slices, slicedWasserstein, slices } from "@kintsugi/images";
import { PURPOSE } from "@kintsugi/nn";
import type { TrainingImages } from "./batches.js";

/** Images on either side: more make the number steadier, and the score slower. */
const MOST = 512;

/** Scores a generator: ×10³, smaller is better, about the same for a fresh set of real images as for the best one. */
export type Score = (sample: (z: Float32Array) => Promise<Float32Array>) => Promise<number>;

/** Prepares the real side once. The z are the same every time, so that scores of one run compare. */
export function createScore(config: DcganConfig, validation: TrainingImages, seed: number): Score {
  const { size, channels } = config;
  const { labels } = validation;
  const count = Math.min(MOST, validation.count);
  const shape = [count, size, size, channels] as const;
  let real: Slices | undefined;
  const z = drawLatent(config, { seed, purpose: PURPOSE.samples, index: 1 }, count, labels);
  return async (sample) => {
    real ??= slices(bytesToValues(validation.bytes.subarray(0, count * size * size * channels)), shape);
    return slicedWasserstein(real, slices(await sample(z), shape)).mean;
  };
}
