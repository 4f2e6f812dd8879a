/** Numbers for the quality of a generator: how far its samples are from images it was never shown. */
import type { Backend } from "@kintsugi/autodiff";
import { type DcganConfig, drawLatent, RandomFeatures } from "@kintsugi/dcgan";
import {
  bytesToValues,
  frechetDistance,
  type Moments,
  momentsOf,
  type Slices,
  slicedWasserstein,
  slices,
} from "@kintsugi/images";
import { PURPOSE } from "@kintsugi/nn";
import type { TrainingImages } from "./batches.js";

/** Images on either side: more make the numbers steadier, and the score slower. */
const MOST = 512;

/** Both ×10³; smaller is better. */
export interface Scores {
  /** Sliced Wasserstein distance of local structure: about the same for a fresh set of real images as for the best one. */
  readonly swd: number;
  /** Fréchet distance over random features. */
  readonly frechet: number;
}

export type ScoreName = keyof Scores;

/** Scores a generator. */
export type Score = (sample: (z: Float32Array) => Promise<Float32Array>) => Promise<Scores>;

/** Prepares the real side once. The z are the same every time, so that scores of one run compare. */
export async function createScore(
  backend: Backend,
  config: DcganConfig,
  validation: TrainingImages,
  seed: number,
): Promise<Score> {
  const { size, channels } = config;
  const { labels } = validation;
  const count = Math.min(MOST, validation.count);
  const shape = [count, size, size, channels] as const;
  const features = await RandomFeatures.create(backend, config, Math.min(64, count));
  let real: { readonly slices: Slices; readonly moments: Moments } | undefined;
  const z = drawLatent(config, { seed, purpose: PURPOSE.samples, index: 1 }, count, labels);
  const prepared = async (values: Float32Array) => ({
    slices: slices(values, shape),
    moments: momentsOf(await features.of(values), count),
  });
  return async (sample) => {
    real ??= await prepared(bytesToValues(validation.bytes.subarray(0, count * size * size * channels)));
    const made = await prepared(await sample(z));
    return {
      swd: slicedWasserstein(real.slices, made.slices).mean,
      frechet: 1000 * frechetDistance(real.moments, made.moments),
    };
  };
}
