/** `kintsugi train`: options in, the training loop, a run folder out. */
import { DEVICES, type DeviceChoice, openBackend } from "@kintsugi/backend";
import { checkConfig, type DcganConfig, DEFAULT_CONFIG, DEFAULT_TRAINING } from "@kintsugi/dcgan";
import {
  addOutputOptions,
  CommandError,
  choice,
  claimDirectory,
  count,
  createReporter,
  duration,
  exitCodes,
  interruptible,
  numberBetween,
  positiveInteger,
  positiveNumber,
  type Reporter,
  type ReporterOptions,
  seed,
} from "@kintsugi/terminal";
import { Command } from "commander";
import { type LoadedImages, loadImages } from "./load_images.js";
import { checkSame, RunFolder, readCheckpoint, type TrainingSettings } from "./run_folder.js";
import { batchesPerEpoch, type TrainOptions, train } from "./train.js";

interface Options extends DcganConfig, Required<ReporterOptions> {
  readonly data: string;
  readonly out: string;
  readonly batch: number;
  readonly epochs: number;
  readonly steps?: number;
  readonly maxSeconds?: number;
  readonly lr: number;
  readonly beta1: number;
  readonly gSteps: number;
  readonly dStatistics: "balanced" | "all";
  readonly seed: number;
  readonly limit?: number;
  readonly sampleEvery: number;
  readonly checkpointEvery: number;
  readonly checkpointSeconds: number;
  readonly resume: boolean;
  readonly overwrite: boolean;
  readonly device: DeviceChoice;
}

const SAMPLES = 64;

export function trainCommand(): Command {
  const { size, channels, nz, ngf, ndf, kernel } = DEFAULT_CONFIG;
  const command = new Command("train")
    .description("train a DCGAN on a folder of images")
    .requiredOption("--data <dir>", "folder of PNG, JPEG or WebP images, or toy for the built-in faces")
    .requiredOption("--out <run>", "folder for model, checkpoint, metrics and samples")
    .option("--size <pixels>", "side of the images: 16, 32, 64 or 128", positiveInteger("pixels"), size)
    .option("--channels <n>", "1 for grey, 3 for colour", positiveInteger("channels"), channels)
    .option("--nz <n>", "length of z", positiveInteger("numbers"), nz)
    .option("--ngf <n>", "channels of the generator's last hidden layer", positiveInteger("channels"), ngf)
    .option("--ndf <n>", "channels of the discriminator's first layer", positiveInteger("channels"), ndf)
    .option("--kernel <n>", "side of the filters: 5 or 4", positiveInteger("pixels"), kernel)
    .option("--batch <n>", "images in a step", positiveInteger("images"), DEFAULT_TRAINING.batch)
    .option("--epochs <n>", "passes over the data", positiveInteger("epochs"), 25)
    .option("--steps <n>", "steps in all, instead of --epochs", positiveInteger("steps"))
    .option("--max-seconds <s>", "end earlier after so many seconds of training", positiveNumber("seconds"))
    .option("--lr <rate>", "Adam's step size", positiveNumber("units"), 0.0002)
    .option(
      "--beta1 <decay>",
      "Adam's decay of the first moment",
      numberBetween({ min: 0, max: 1, below: true }),
      DEFAULT_TRAINING.beta1,
    )
    .option(
      "--g-steps <n>",
      "updates of the generator for each of the discriminator",
      positiveInteger("updates"),
      DEFAULT_TRAINING.gSteps,
    )
    .option(
      "--d-statistics <which>",
      "passes that the discriminator's running statistics follow: balanced (its own update's) or all (as the original)",
      choice(["balanced", "all"]),
      DEFAULT_TRAINING.discriminatorStatistics,
    )
    .option("--seed <n>", "unsigned 32-bit; the same seed gives the same run", seed, 0)
    .option("--limit <n>", "use the first n images only", positiveInteger("images"))
    .option("--sample-every <steps>", "steps between two sample grids, 0 for none but the last", count("steps"), 100)
    .option("--checkpoint-every <steps>", "steps between two checkpoints, 0 for by time alone", count("steps"), 500)
    .option("--checkpoint-seconds <s>", "and at least so often", positiveNumber("seconds"), 600)
    .option("--resume", "go on from the checkpoint in --out", false)
    .option(
      "--device <device>",
      "where to compute: gpu, cpu, or auto for the GPU if there is one",
      choice(DEVICES),
      "auto",
    )
    .option("--overwrite", "write over what --out holds", false);
  return addOutputOptions(command).action((options: Options) => run(options));
}

async function run(options: Options): Promise<void> {
  const reporter = createReporter(options);
  const config = readConfig(options);
  const resumed = options.resume ? await readCheckpoint(options.out) : undefined;
  if (resumed) checkSame(options.out, resumed.config, config);
  await claimDirectory(options.out, { what: "run", overwrite: options.overwrite, resume: options.resume });
  const images = await loadImages(options.data, config, options.limit, reporter);
  const perEpoch = batchesPerEpoch(images, options.batch);
  if (perEpoch === 0) {
    throw new CommandError(
      `${options.data} has ${images.count} images, a batch takes ${options.batch}: give a smaller --batch`,
      exitCodes.dataSet,
    );
  }
  const settings = readSettings(options, images);
  if (resumed) checkSame(options.out, resumed.settings, settings);
  const training: TrainOptions = {
    ...settings,
    discriminatorStatistics: options.dStatistics,
    steps: options.steps ?? options.epochs * perEpoch,
    ...(options.maxSeconds === undefined ? {} : { maxSeconds: options.maxSeconds }),
    sampleEvery: options.sampleEvery,
    sampleCount: SAMPLES,
    checkpointEvery: options.checkpointEvery,
    checkpointSeconds: options.checkpointSeconds,
  };
  const interrupt = interruptible((name) => reporter.say(`${name}: writing a checkpoint (again to leave at once)`));
  const backend = await openBackend(options.device, (line) => reporter.say(line));
  try {
    reporter.say(`${backend.description}; ${images.count} images, ${perEpoch} steps an epoch, ${training.steps} steps`);
    const metadata = { ...(images.credit ? { credit: images.credit } : {}), backend: backend.description };
    const folder = new RunFolder(options.out, config, settings, metadata, resumed?.checkpoint.step ?? 0);
    const done = await watch(folder, reporter, training, perEpoch, resumed?.checkpoint.step ?? 0, (events) =>
      train(backend, config, images, training, events, {
        signal: interrupt.signal,
        ...(resumed ? { resume: resumed.checkpoint } : {}),
      }),
    );
    folder.close();
    interrupt.signal.throwIfAborted();
    reporter.emit({ t: "end", step: done, model: `${options.out}/model.safetensors` });
    reporter.say(`${done} steps; the model is ${options.out}/model.safetensors`);
  } finally {
    interrupt.release();
    backend.destroy();
  }
}

/** Connects the loop's events with the run folder and the terminal. */
async function watch(
  folder: RunFolder,
  reporter: Reporter,
  training: TrainOptions,
  perEpoch: number,
  start: number,
  loop: (events: Parameters<typeof train>[4]) => Promise<number>,
): Promise<number> {
  const progress = reporter.progress({ label: "training", total: training.steps, start });
  try {
    return await loop({
      onRecords(records) {
        folder.addRecords(records, perEpoch);
        const last = records.at(-1);
        if (!last) return;
        const gLoss = last.gLoss.at(-1) ?? Number.NaN;
        const values = { d: last.dLossReal + last.dLossFake, g: gLoss, "D(x)": last.dReal, "D(G(z))": last.dFake };
        const pace = progress.update(last.step, { images: records.length * training.batch, values });
        reporter.emit({ t: "step", ...last, epoch: Math.floor((last.step - 1) / perEpoch), ...pace });
      },
      async onSample(step, images) {
        reporter.emit({ t: "sample", step, path: await folder.saveSample(step, images) });
      },
      async onCheckpoint(checkpoint) {
        const began = performance.now();
        await folder.save(checkpoint);
        const seconds = (performance.now() - began) / 1000;
        reporter.emit({ t: "checkpoint", step: checkpoint.step, path: folder.path, seconds });
        if (seconds > 5) reporter.say(`checkpoint at step ${checkpoint.step} took ${duration(seconds)}`);
      },
    });
  } finally {
    progress.stop();
  }
}

function readConfig({ size, channels, nz, ngf, ndf, kernel }: Options): DcganConfig {
  return checkConfig({ size, channels, nz, ngf, ndf, kernel });
}

function readSettings(
  options: Options,
  images: LoadedImages,
): TrainingSettings & { discriminatorStatistics: "balanced" | "all" } {
  const { seed, batch, lr, beta1, gSteps, dStatistics } = options;
  return { seed, batch, lr, beta1, gSteps, discriminatorStatistics: dStatistics, images: images.count };
}
