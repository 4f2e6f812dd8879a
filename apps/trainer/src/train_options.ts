/** The options of `kintsugi train`, one row each; `docs/options.md` lists them all. */
import { BACKEND_OPTIONS } from "@kintsugi/backend";
import { DEFAULT_CONFIG, DEFAULT_TRAINING } from "@kintsugi/dcgan";
import type { Crop } from "@kintsugi/images/node";
import { type Kind, kinds, option, type VerbOptions } from "@kintsugi/terminal";
import { InvalidArgumentError } from "commander";
import { RECIPE_OPTIONS } from "./recipe_options.js";
import { DEFAULT_PORT } from "./report/dashboard.js";
import { PORT } from "./report/dashboard_command.js";

/** The part of a picture that is used: the central square, all of it (squeezed), or the central square of so many pixels. */
export const CROP: Kind<Crop> = kinds.custom(
  "how",
  { anyOf: [{ enum: ["center", "none"] }, { type: "integer", minimum: 1 }] },
  crop,
);

const share = kinds.numberBetween("decay", { min: 0, max: 1, below: true });

const RUN_OPTIONS = {
  data: option(kinds.text("dir"), {
    help: "folder of images, a .kpack, or toy for the built-in faces",
    required: "a folder of images, or toy",
    persist: "remembered",
  }),
  out: option(kinds.text("run"), {
    help: "folder for model, checkpoint, metrics and samples",
    required: "a folder for the run",
  }),
  resume: option(kinds.optional("true", kinds.either("true", "last", kinds.text("checkpoint"))), {
    help: "go on from the last checkpoint in --out, or from this one",
    once: true,
  }),
  overwrite: option(kinds.flag, { help: "write over what --out holds", default: false, once: true }),
  seed: option(kinds.seed, {
    help: "unsigned 32-bit; the same seed gives the same run",
    default: 0,
    persist: "fixed",
  }),
  dryRun: option(kinds.flag, {
    help: "read the images, compile, do one step, and write nothing",
    default: false,
    once: true,
    level: "more",
  }),
  profile: option(kinds.text("json"), {
    help: "first write a Chrome trace of one step, and show the ten slowest kernels",
    once: true,
    level: "more",
  }),
};

export const IMAGE_OPTIONS = {
  size: option(kinds.positiveInteger("pixels"), {
    help: "images are resized to this side: 16, 32, 64 or 128",
    default: DEFAULT_CONFIG.size,
    persist: "fixed",
    formerly: ["resize"],
  }),
  channels: option(kinds.positiveInteger("channels"), {
    help: "1 for grey, 3 for colour",
    default: DEFAULT_CONFIG.channels,
    persist: "fixed",
    level: "more",
    shorthands: { gray: { value: 1, help: "the same as --channels 1" } },
  }),
  crop: option(CROP, {
    help: "center: the central square; none: all, squeezed; a number: the central square of so many pixels",
    default: "center",
    persist: "fixed",
    level: "more",
  }),
  flip: option(kinds.flag, {
    help: "mirror each image with probability ½ each time it is used",
    default: false,
    persist: "fixed",
  }),
  limit: option(kinds.positiveInteger("images"), {
    help: "use the first images only, by name; of the toy faces, as many",
    unset: "all, or 4096 toy faces",
    persist: "fixed",
  }),
  classes: option(kinds.flag, {
    help: "each sub-folder of --data is a class: learn to draw each by its name",
    default: false,
    persist: "fixed",
  }),
  validation: option(kinds.count("images"), {
    help: "set the last images aside, by name, for the score",
    default: 0,
    persist: "fixed",
  }),
  resident: option(kinds.choice(["auto", "on", "off"], "when"), {
    help: "keep the images' bytes on the GPU: auto (up to 1 GiB), on, or off (the host makes each step's values)",
    default: "auto",
    persist: "remembered",
    level: "more",
  }),
};

export const NETWORK_OPTIONS = {
  nz: option(kinds.positiveInteger("numbers"), {
    help: "length of z",
    default: DEFAULT_CONFIG.nz,
    persist: "fixed",
    level: "more",
  }),
  ngf: option(kinds.positiveInteger("channels"), {
    help: "of the generator's last hidden layer",
    default: DEFAULT_CONFIG.ngf,
    persist: "fixed",
    level: "more",
  }),
  ndf: option(kinds.positiveInteger("channels"), {
    help: "of the discriminator's first layer",
    default: DEFAULT_CONFIG.ndf,
    persist: "fixed",
    level: "more",
  }),
  z: option(kinds.choice(["uniform", "normal"], "how"), {
    help: "z is uniform in (−1, 1) or normal",
    default: "uniform",
    persist: "fixed",
    level: "file",
    formerly: ["z"],
  }),
  kernel: option(kinds.positiveInteger("pixels"), {
    help: "side of the filters: 5 or 4",
    default: DEFAULT_CONFIG.kernel,
    persist: "fixed",
    level: "file",
    formerly: ["kernel"],
  }),
  minibatchDiscrimination: option(kinds.count("measures"), {
    help: "measures by which the discriminator compares the images of a batch, such as 100; 0 for none",
    default: 0,
    persist: "fixed",
    level: "file",
    formerly: ["minibatch-discrimination"],
  }),
};

export const TRAINING_OPTIONS = {
  batch: option(kinds.positiveInteger("images"), {
    help: "that pass the networks at a time",
    default: DEFAULT_TRAINING.batch,
    persist: "fixed",
  }),
  epochs: option(kinds.positiveInteger("epochs"), {
    help: "passes over the images",
    unset: "25",
    persist: "remembered",
    insteadOf: ["steps"],
  }),
  steps: option(kinds.positiveInteger("steps"), {
    help: "in all, instead of --epochs",
    persist: "remembered",
    insteadOf: ["epochs"],
  }),
  maxSeconds: option(kinds.positiveNumber("seconds"), {
    help: "end earlier after so many seconds of training",
    level: "more",
  }),
  lr: option(kinds.positiveNumber("rate"), {
    help: "Adam's step size",
    default: 0.0002,
    persist: "fixed",
    level: "more",
  }),
  accumulate: option(kinds.positiveInteger("batches"), {
    help: "batches in a step: their gradients are averaged",
    default: DEFAULT_TRAINING.accumulate,
    persist: "fixed",
    level: "file",
    formerly: ["accumulate"],
  }),
  lrDecay: option(kinds.count("steps"), {
    help: "from this step the rate falls linearly to 0 at the end; 0 for never",
    default: 0,
    persist: "fixed",
    level: "file",
    formerly: ["lr-decay"],
  }),
  beta1: option(share, {
    help: "Adam's decay of the first moment",
    default: DEFAULT_TRAINING.beta1,
    persist: "fixed",
    level: "file",
    formerly: ["beta1"],
  }),
  dSteps: option(kinds.positiveInteger("updates"), {
    help: "updates of the discriminator in a step, each on images of its own",
    default: DEFAULT_TRAINING.dSteps,
    persist: "fixed",
    level: "file",
    formerly: ["d-steps"],
  }),
  gSteps: option(kinds.positiveInteger("updates"), {
    help: "updates of the generator in a step",
    default: DEFAULT_TRAINING.gSteps,
    persist: "fixed",
    level: "file",
    formerly: ["g-steps"],
  }),
  gLoss: option(kinds.choice(["adversarial", "features"]), {
    help: "what the generator minimises: adversarial, or the distance of the discriminator's mean features",
    default: "adversarial",
    persist: "fixed",
    level: "file",
    formerly: ["g-loss"],
  }),
  realLabel: option(kinds.numberBetween("goal", { min: 0, max: 1, above: true }), {
    help: "the discriminator's goal for real images; 0.9 smooths it",
    default: DEFAULT_TRAINING.realLabel,
    persist: "fixed",
    level: "file",
    formerly: ["real-label"],
  }),
  noise: option(kinds.numberBetween("sigma", { min: 0, max: 10 }), {
    help: "deviation of noise on all the discriminator sees, where white is 1 and black −1",
    default: 0,
    persist: "fixed",
    level: "file",
    formerly: ["noise"],
  }),
  noiseSteps: option(kinds.count("steps"), {
    help: "steps in which the noise falls linearly to 0; 0 for never",
    default: 0,
    persist: "fixed",
    level: "file",
    formerly: ["noise-steps"],
  }),
  ema: option(share, {
    help: "evaluate by the generator's average weights, such as 0.999, reached by a warm-up; 0 for the latest",
    default: DEFAULT_TRAINING.ema,
    persist: "fixed",
    level: "file",
    formerly: ["ema"],
  }),
  dStatistics: option(kinds.choice(["balanced", "all"]), {
    help: "passes that the discriminator's running statistics follow: balanced (its own update's) or all (as the original)",
    default: DEFAULT_TRAINING.discriminatorStatistics,
    persist: "fixed",
    level: "file",
    formerly: ["d-statistics"],
  }),
};

const WATCHING_OPTIONS = {
  dashboard: option(kinds.optional(String(DEFAULT_PORT), PORT), {
    help: "show the run in the browser while it trains; 0 for any port that is free",
    persist: "remembered",
  }),
  tensorboard: option(kinds.flag, {
    help: "also write event files for TensorBoard: scalars, sample grids, histograms",
    default: false,
    persist: "remembered",
  }),
  sampleEvery: option(kinds.count("steps"), {
    help: "between two sample grids, 0 for none but the last",
    default: 100,
    persist: "remembered",
    level: "more",
  }),
  scoreEvery: option(kinds.count("steps"), {
    help: "between two scores against the --validation images, 0 for none",
    unset: "500, or a tenth of a shorter run",
    persist: "remembered",
    level: "more",
  }),
  bestBy: option(kinds.choice(["swd", "frechet"]), {
    help: "score by which best.safetensors is chosen: swd, or frechet (over random features)",
    default: "swd",
    persist: "fixed",
    level: "more",
  }),
  checkpointEvery: option(kinds.count("steps"), {
    help: "between two checkpoints, 0 for by time alone",
    default: 500,
    persist: "remembered",
    level: "file",
    formerly: ["checkpoint-every"],
  }),
  checkpointSeconds: option(kinds.positiveNumber("seconds"), {
    help: "and at least so often",
    default: 600,
    persist: "remembered",
    level: "file",
    formerly: ["checkpoint-seconds"],
  }),
  keep: option(kinds.count("checkpoints"), {
    help: "before the last to keep as well",
    default: 0,
    persist: "remembered",
    level: "more",
  }),
};

export const TRAIN_OPTIONS = {
  ...RUN_OPTIONS,
  ...IMAGE_OPTIONS,
  ...NETWORK_OPTIONS,
  ...TRAINING_OPTIONS,
  ...RECIPE_OPTIONS,
  ...BACKEND_OPTIONS,
  ...WATCHING_OPTIONS,
};

export type Options = VerbOptions<typeof TRAIN_OPTIONS>;

/** Whether the images' bytes stay on the device. */
export type Resident = Options["resident"];

/** For `--crop`. */
export function crop(text: string): Crop {
  if (text === "center" || text === "none") return text;
  const pixels = Number(text);
  if (text.trim() === "" || !Number.isSafeInteger(pixels) || pixels < 1) {
    throw new InvalidArgumentError("Give center, none, or a whole number of pixels.");
  }
  return pixels;
}
