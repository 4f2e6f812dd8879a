/** The options of `kintsugi train`: names, units, defaults. Which of them belong to a run for good, `SETTINGS` says. */
import { addBackendOptions, type BackendOptions } from "@kintsugi/backend";
import { DEFAULT_CONFIG, DEFAULT_TRAINING, type Distribution } from "@kintsugi/dcgan";
import {
  addOutputOptions,
  choice,
  count,
  numberBetween,
  positiveInteger,
  positiveNumber,
  type ReporterOptions,
  seed,
} from "@kintsugi/terminal";
import { Command, InvalidArgumentError, Option } from "commander";
import { DEFAULT_PORT } from "./report/dashboard.js";
import { port } from "./report/dashboard_command.js";

export interface Options extends Required<ReporterOptions>, BackendOptions {
  readonly data: string;
  readonly out: string;
  readonly limit?: number;
  readonly crop: Crop;
  readonly flip: boolean;
  readonly validation: number;
  readonly classes: boolean;
  readonly resident: Resident;
  readonly size: number;
  readonly channels: number;
  readonly gray: boolean;
  readonly nz: number;
  readonly z: Distribution;
  readonly ngf: number;
  readonly ndf: number;
  readonly kernel: number;
  readonly minibatchDiscrimination: number;
  readonly batch: number;
  readonly accumulate: number;
  readonly epochs: number;
  readonly steps?: number;
  readonly maxSeconds?: number;
  readonly lr: number;
  readonly lrDecay: number;
  readonly beta1: number;
  readonly dSteps: number;
  readonly gSteps: number;
  readonly gLoss: "adversarial" | "features";
  readonly realLabel: number;
  readonly noise: number;
  readonly noiseSteps: number;
  readonly ema: number;
  readonly dStatistics: "balanced" | "all";
  readonly seed: number;
  readonly sampleEvery: number;
  readonly scoreEvery: number;
  readonly checkpointEvery: number;
  readonly checkpointSeconds: number;
  readonly keep: number;
  readonly tensorboard: boolean;
  readonly dashboard?: number | false;
  readonly resume: boolean | string;
  readonly overwrite: boolean;
  readonly config?: string;
  readonly printConfig: boolean;
  readonly dryRun: boolean;
  readonly profile?: string;
}

/** Whether the images' bytes stay on the device. */
export type Resident = "auto" | "on" | "off";

/** The part of a picture that is used: the central square, all of it (squeezed), or the central square of so many pixels. */
export type Crop = "center" | "none" | number;

/** What a checkpoint remembers, and what resuming must not change. */
export const SETTINGS = [
  "size",
  "channels",
  "nz",
  "z",
  "ngf",
  "ndf",
  "kernel",
  "minibatchDiscrimination",
  "limit",
  "crop",
  "flip",
  "validation",
  "classes",
  "batch",
  "accumulate",
  "lr",
  "lrDecay",
  "beta1",
  "dSteps",
  "gSteps",
  "gLoss",
  "realLabel",
  "noise",
  "noiseSteps",
  "ema",
  "dStatistics",
  "seed",
] as const satisfies readonly (keyof Options)[];

/** What a run goes on with unless told otherwise: how far it goes, how it is watched. `run.json` remembers it. */
export const REMEMBERED = [
  "steps",
  "epochs",
  "resident",
  "sampleEvery",
  "scoreEvery",
  "checkpointEvery",
  "checkpointSeconds",
  "keep",
  "tensorboard",
  "dashboard",
] as const satisfies readonly (keyof Options)[];

export function trainOptions(): Command {
  const command = new Command("train").description("train a DCGAN on a folder of images");
  addRunOptions(command);
  addBackendOptions(command);
  addImageOptions(command);
  addNetworkOptions(command);
  addTrainingOptions(command);
  addWatchingOptions(command);
  return addOutputOptions(command);
}

function addRunOptions(command: Command): void {
  command
    .option("--data <dir>", "folder of PNG, JPEG or WebP images, a .kpack, or toy for the built-in faces (required)")
    .option("--out <run>", "folder for model, checkpoint, metrics and samples (required)")
    .option("--config <json>", "file of options by name, as --print-config prints them; flags go before it")
    .option("--print-config", "print all options as JSON and do nothing else", false)
    .option("--dry-run", "read the images, compile, do one step, and write nothing", false)
    .option("--profile <json>", "first write a Chrome trace of one step, and show the ten dearest kernels")
    .option("--resume [checkpoint]", "go on from the last checkpoint in --out, or from this one", false)
    .option("--overwrite", "write over what --out holds", false)
    .option("--seed <n>", "unsigned 32-bit; the same seed gives the same run", seed, 0);
}

function addImageOptions(command: Command): void {
  const { size, channels } = DEFAULT_CONFIG;
  command
    .option(
      "--resize, --size <pixels>",
      "images are resized to this side: 16, 32, 64 or 128",
      positiveInteger("pixels"),
      size,
    )
    .option("--channels <n>", "1 for grey, 3 for colour", positiveInteger("channels"), channels)
    .option("--gray", "the same as --channels 1", false)
    .option(
      "--crop <how>",
      "center: the central square; none: all, squeezed; N: the central N×N pixels; then resized",
      crop,
      "center",
    )
    .option("--flip", "mirror each image with probability ½ each time it is used", false)
    .option(
      "--limit <n>",
      "use the first n images only, by name; of the toy faces, as many (default: 4096)",
      positiveInteger("images"),
    )
    .option("--classes", "each sub-folder of --data is a class: learn to draw each by its name", false)
    .option(
      "--resident <when>",
      "keep the images' bytes on the GPU: auto (up to 1 GiB), on, or off (the host makes each step's values)",
      choice(["auto", "on", "off"]),
      "auto",
    )
    .option("--validation <n>", "set the last n images aside, by name: for the score", count("images"), 0);
}

function addNetworkOptions(command: Command): void {
  const { nz, ngf, ndf, kernel } = DEFAULT_CONFIG;
  command
    .option("--nz <n>", "length of z", positiveInteger("numbers"), nz)
    .option("--z <how>", "z is uniform in (−1, 1) or normal", choice(["uniform", "normal"]), "uniform")
    .option("--ngf <n>", "channels of the generator's last hidden layer", positiveInteger("channels"), ngf)
    .option("--ndf <n>", "channels of the discriminator's first layer", positiveInteger("channels"), ndf)
    .option("--kernel <n>", "side of the filters: 5 or 4", positiveInteger("pixels"), kernel)
    .option(
      "--minibatch-discrimination <n>",
      "measures by which the discriminator compares the images of a batch, e.g. 100; 0 for none",
      count("measures"),
      0,
    );
}

function addTrainingOptions(command: Command): void {
  const { batch, accumulate, beta1, dSteps, gSteps, realLabel, ema, discriminatorStatistics } = DEFAULT_TRAINING;
  const share = numberBetween({ min: 0, max: 1, below: true });
  command
    .option("--batch <n>", "images that pass the networks at a time", positiveInteger("images"), batch)
    .option(
      "--accumulate <n>",
      "batches in a step: their gradients are averaged",
      positiveInteger("batches"),
      accumulate,
    )
    .option("--epochs <n>", "passes over the images", positiveInteger("epochs"), 25)
    .option("--steps <n>", "steps in all, instead of --epochs", positiveInteger("steps"))
    .option("--max-seconds <s>", "end earlier after so many seconds of training", positiveNumber("seconds"))
    .option("--lr <rate>", "Adam's step size", positiveNumber(), 0.0002)
    .option(
      "--lr-decay <step>",
      "from this step the rate falls linearly to 0 at the end, 0 for never",
      count("steps"),
      0,
    )
    .option("--beta1 <decay>", "Adam's decay of the first moment", share, beta1)
    .option(
      "--d-steps <n>",
      "updates of the discriminator in a step, each on images of its own",
      positiveInteger("updates"),
      dSteps,
    )
    .option("--g-steps <n>", "updates of the generator in a step", positiveInteger("updates"), gSteps)
    .option(
      "--g-loss <which>",
      "what the generator minimises: adversarial, or the distance of the discriminator's mean features",
      choice(["adversarial", "features"]),
      "adversarial",
    )
    .option(
      "--real-label <goal>",
      "the discriminator's goal for real images; 0.9 smooths it",
      numberBetween({ min: 0, max: 1, above: true }),
      realLabel,
    )
    .option(
      "--noise <sigma>",
      "deviation of noise on all the discriminator sees, where white is 1 and black −1",
      numberBetween({ min: 0, max: 10 }),
      0,
    )
    .option("--noise-steps <n>", "steps in which the noise falls linearly to 0, 0 for never", count("steps"), 0)
    .option(
      "--ema <decay>",
      "evaluate by the generator's average weights, e.g. 0.999, reached by a warm-up; 0 for the latest",
      share,
      ema,
    )
    .option(
      "--d-statistics <which>",
      "passes that the discriminator's running statistics follow: balanced (its own update's) or all (as the original)",
      choice(["balanced", "all"]),
      discriminatorStatistics,
    );
}

function addWatchingOptions(command: Command): void {
  command
    .option("--sample-every <steps>", "steps between two sample grids, 0 for none but the last", count("steps"), 100)
    .option(
      "--score-every <steps>",
      "steps between two scores against the --validation images, 0 for none",
      count("steps"),
      500,
    )
    .option("--checkpoint-every <steps>", "steps between two checkpoints, 0 for by time alone", count("steps"), 500)
    .option("--checkpoint-seconds <s>", "and at least so often", positiveNumber("seconds"), 600)
    .option("--keep <n>", "how many checkpoints before the last to keep as well", count("checkpoints"), 0)
    .option(
      "--tensorboard",
      "also write event files for TensorBoard: scalars, sample grids, histograms of weights and of D's outputs",
      false,
    )
    .option("--no-tensorboard", "no event files, where a run that is resumed had some")
    .addOption(
      new Option("--dashboard [port]", "show the run in the browser while it trains; 0 for any port that is free")
        .preset(String(DEFAULT_PORT))
        .argParser(port),
    )
    .option("--no-dashboard", "no dashboard, where a run that is resumed had one");
}

/** For `--crop`. */
export function crop(text: string): Crop {
  if (text === "center" || text === "none") return text;
  const pixels = Number(text);
  if (text.trim() === "" || !Number.isSafeInteger(pixels) || pixels < 1) {
    throw new InvalidArgumentError("Give center, none, or a whole number of pixels.");
  }
  return pixels;
}
