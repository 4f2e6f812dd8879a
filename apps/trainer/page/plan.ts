/** What a run in the page is made of: a person's few choices become a configuration and options of `train`. */
import { checkConfig, type DcganConfig, DEFAULT_TRAINING } from "@kintsugi/dcgan";
import type { TrainOptions } from "../src/train.js";

/** What a person chooses. */
export interface Choices {
  readonly size: number;
  /** Channels of the narrowest hidden layer of either network. */
  readonly width: number;
  readonly batch: number;
  readonly steps: number;
  readonly nz: number;
  readonly lr: number;
  readonly seed: number;
}

export interface Plan {
  readonly config: DcganConfig;
  readonly options: TrainOptions;
  /** The credit that the pictures' licence asks for, for the model's metadata. */
  readonly credit: string;
}

/** Samples shown; a square number. */
export const SAMPLES = 36;
/** Reached after all but long runs; until then the average is one over the latest tenth of them. */
const EMA = 0.999;

/** Throws `ConfigError`. With fewer pictures than a batch wants, the batch is as large as they are many. */
export function planOf(choices: Choices, pictures: number, credit: string): Plan {
  const { size, width, nz, lr, seed, steps } = choices;
  return {
    config: checkConfig({ size, channels: 3, nz, ngf: width, ndf: width, kernel: 5 }),
    options: {
      ...DEFAULT_TRAINING,
      batch: Math.min(choices.batch, pictures),
      ema: EMA,
      lr,
      seed,
      steps,
      sampleEvery: 25,
      sampleCount: SAMPLES,
      checkpointEvery: 0,
      checkpointSeconds: 15,
    },
    credit,
  };
}
