/** `kintsugi train`: options in, the training loop, a run folder out. */
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import type { Backend } from "@kintsugi/autodiff";
import { openBackend } from "@kintsugi/backend";
import { checkConfig, type DcganConfig, imagesPerStep } from "@kintsugi/dcgan";
import { bytesToValues } from "@kintsugi/images";
import {
  type Call,
  CommandError,
  checkSame,
  claimDirectory,
  counted,
  createReporter,
  createVerb,
  exitCodes,
  interruptible,
  type Reporter,
} from "@kintsugi/terminal";
import type { Command } from "commander";
import { createBatches, stepsPerEpoch } from "./batches.js";
import { Diagnosis, varietyOf } from "./diagnosis.js";
import { createFedTrainer } from "./feed.js";
import { type LoadedImages, loadImages } from "./load_images.js";
import { costLines, profileStep } from "./profile_step.js";
import { hardwareOf } from "./report/hardware.js";
import { openDashboard, report } from "./report/while_training.js";
import { decideResident, residenceLine, withRemedies } from "./residence.js";
import { RunFolder } from "./run_folder.js";
import type { Resumed, Settings } from "./run_state.js";
import { recallRun, rememberedOf, settingsOf } from "./settings.js";
import { type TrainOptions, train } from "./train.js";
import { type Options, TRAIN_OPTIONS } from "./train_options.js";
import { watch } from "./watch.js";

const SAMPLES = 64;

/** Steps between two scores, where nothing says otherwise; but at least so many scores in a run. */
const SCORE_EVERY = 500;
const SCORES = 10;

/** Passes over the images, where nothing says how long to train. */
const EPOCHS = 25;

type TrainCall = Call<typeof TRAIN_OPTIONS, Resumed>;

export function trainCommand(): Command {
  return createVerb({
    name: "train",
    summary: "train a DCGAN on a folder of images",
    table: TRAIN_OPTIONS,
    recall: recallRun,
    run,
  });
}

async function run(options: Options, call: TrainCall): Promise<void> {
  const { recalled: resumed } = call;
  const shape = readConfig(options);
  const reporter = createReporter(options);
  if (!options.dryRun) {
    const resume = resumed !== undefined;
    await claimDirectory(options.out, { what: "run", overwrite: options.overwrite, resume });
  }
  // Before the images are read: whoever has to choose another port should not have waited.
  const dashboard = await openDashboard(options, reporter);
  try {
    await runOn(options, shape, reporter, call);
  } finally {
    await dashboard?.close();
  }
}

async function runOn(
  options: Options,
  shape: DcganConfig,
  reporter: Reporter,
  { recalled: resumed, given }: TrainCall,
): Promise<void> {
  if (resumed && !given.has("data") && options.data !== "toy" && !existsSync(options.data)) {
    throw new CommandError(
      `${options.data}, which ${options.out} began with, is not there any more: say with --data where its images are now`,
      exitCodes.dataSet,
    );
  }
  const images = await loadImages(options.data, options, reporter);
  const config = images.classes ? checkConfig({ ...shape, classes: images.classes }) : shape;
  const training = readTraining(options, images);
  const settings = settingsOfRun(options, images, training);
  if (resumed) checkImages(options, resumed, settings);
  const backend = await openBackend(options, (line) => reporter.say(line));
  let resident = false;
  try {
    const { count } = images.training;
    const epoch = stepsPerEpoch(images.training, imagesPerStep(training));
    resident = decideResident(options.resident, backend, images.training);
    if (images.classes) reporter.say(`${images.classes.length} classes: ${images.classes.join(", ")}`);
    const aside = images.validation.count > 0 ? ` (and ${images.validation.count} set aside)` : "";
    reporter.say(
      `${backend.description}; ${counted(count, "image")}${aside}, ${counted(epoch, "step")} an epoch, ${counted(training.steps, "step")}`,
    );
    if (options.profile !== undefined) {
      await writeProfile(options.profile, config, images, { options, training, reporter });
    }
    if (resident) reporter.say(residenceLine(backend, images.training));
    if (options.dryRun) await rehearse(backend, config, images, training, reporter, { resumed, resident });
    else await runTraining(backend, config, images, { options, training, settings, reporter, resumed, resident });
  } catch (error) {
    throw withRemedies(error, images.training, { resident });
  } finally {
    backend.destroy();
  }
}

function readConfig({ size, channels, nz, z, ngf, ndf, kernel, batch, ...more }: Options): DcganConfig {
  const { dNorm, spectralNorm } = more;
  const minibatchKernels = more.minibatchDiscrimination;
  if (minibatchKernels > 0 && batch < 2) {
    throw new CommandError("--minibatch-discrimination compares images: give a --batch of 2 or more", exitCodes.usage);
  }
  return checkConfig({
    size,
    channels,
    nz,
    ngf,
    ndf,
    kernel,
    z,
    ...(minibatchKernels > 0 ? { minibatchKernels } : {}),
    // Left out where they are as they always were, so that models of then and now say the same.
    ...(dNorm === "batch" ? {} : { dNorm }),
    ...(spectralNorm ? { spectralNorm } : {}),
  });
}

function readTraining(options: Options, { training }: LoadedImages): TrainOptions {
  const { batch, accumulate, dSteps, lrDecay, maxSeconds } = options;
  const batches = accumulate * dSteps;
  const epoch = stepsPerEpoch(training, batch * batches);
  if (epoch === 0) {
    const wanted = batches > 1 ? `a step takes ${batches} batches of ${batch}` : `a batch takes ${batch}`;
    throw new CommandError(
      `${options.data} has ${counted(training.count, "image")}, ${wanted}: give a smaller --batch`,
      exitCodes.dataSet,
    );
  }
  const steps = options.steps ?? (options.epochs ?? EPOCHS) * epoch;
  if (lrDecay >= steps) {
    throw new CommandError(`--lr-decay ${lrDecay} is not before the last of ${steps} steps`, exitCodes.usage);
  }
  if (options.loss === "hinge" && options.realLabel !== 1) {
    throw new CommandError("realLabel belongs to the loss bce: leave it out with hinge", exitCodes.usage);
  }
  return {
    batch,
    accumulate,
    lr: options.lr,
    ...(options.lrD === undefined ? {} : { lrD: options.lrD }),
    augment: options.augment,
    loss: options.loss,
    r1: options.r1,
    weightDecay: options.weightDecay,
    ...(lrDecay > 0 ? { lrDecay: { from: lrDecay, to: steps } } : {}),
    beta1: options.beta1,
    dSteps,
    gSteps: options.gSteps,
    generatorLoss: options.gLoss === "features" ? "featureMatching" : "adversarial",
    realLabel: options.realLabel,
    noise: options.noise,
    noiseSteps: options.noiseSteps,
    ema: options.ema,
    discriminatorStatistics: options.dStatistics,
    seed: options.seed,
    flip: options.flip,
    steps,
    ...(maxSeconds === undefined ? {} : { maxSeconds }),
    sampleEvery: options.sampleEvery,
    sampleCount: SAMPLES,
    scoreEvery: options.scoreEvery ?? Math.min(SCORE_EVERY, Math.max(1, Math.ceil(steps / SCORES))),
    checkpointEvery: options.checkpointEvery,
    checkpointSeconds: options.checkpointSeconds,
  };
}

/** The settings as checkpoints hold them: with what the images were, and where a falling rate ends. */
function settingsOfRun(options: Options, { training, fingerprint }: LoadedImages, { lrDecay }: TrainOptions): Settings {
  const { data } = options;
  return { ...settingsOf(options), data, images: training.count, fingerprint, lrDecayTo: lrDecay?.to ?? null };
}

/** What depends on the images can only be compared once they are read. */
function checkImages({ out }: Options, { settings }: Resumed, now: Settings): void {
  for (const name of ["images", "fingerprint", "lrDecayTo"]) {
    if (name in settings) checkSame(out, name, settings[name], now[name]);
  }
}

async function writeProfile(
  path: string,
  config: DcganConfig,
  { training: images }: LoadedImages,
  { options, training, reporter }: Pick<Run, "options" | "training" | "reporter">,
): Promise<void> {
  const { seed, flip = false } = training;
  const profile = await profileStep(path, config, training, options, (perStep) =>
    createBatches(images, { perStep, seed, flip })(0),
  );
  const nanoseconds = profile.spans.reduce((sum, span) => sum + span.nanoseconds, 0);
  reporter.emit({ t: "profile", path, dispatches: profile.spans.length, nanoseconds, dearest: profile.dearest });
  for (const line of costLines(profile.dearest)) reporter.say(line);
  reporter.say(`profile of ${profile.spans.length} dispatches on WebGPU: ${path} (for ui.perfetto.dev)`);
}

/** One step, so that what would go wrong in the first minute goes wrong now. */
async function rehearse(
  backend: Backend,
  config: DcganConfig,
  { training: images }: LoadedImages,
  training: TrainOptions,
  reporter: Reporter,
  { resumed, resident }: Pick<Run, "resumed" | "resident">,
): Promise<void> {
  const how = { resident, ...(resumed ? { resume: resumed.checkpoint } : {}) };
  const { trainer, batches } = await createFedTrainer(backend, config, images, training, how);
  await trainer.train(batches(trainer.step));
  const [record] = await trainer.fetchRecords();
  reporter.emit({ t: "dry-run", ...record });
  const loss = (record?.dLossReal ?? Number.NaN) + (record?.dLossFake ?? Number.NaN);
  reporter.say(`dry run: one step is done (D's loss ${loss.toPrecision(4)}), and nothing was written`);
}

interface Run {
  readonly options: Options;
  readonly training: TrainOptions;
  readonly settings: Settings;
  readonly reporter: Reporter;
  readonly resumed: Resumed | undefined;
  readonly resident: boolean;
}

async function runTraining(backend: Backend, config: DcganConfig, images: LoadedImages, run: Run): Promise<void> {
  const { options, training, settings, reporter, resumed, resident } = run;
  const perStep = imagesPerStep(training);
  const { version } = createRequire(import.meta.url)("../package.json") as { version: string };
  const interrupt = interruptible((name) => reporter.say(`${name}: writing a checkpoint (again to leave at once)`));
  try {
    const folder = await RunFolder.open(
      {
        path: options.out,
        config,
        settings,
        metadata: {
          ...(images.credit ? { credit: images.credit } : {}),
          backend: backend.description,
          "kintsugi.version": version,
        },
        steps: training.steps,
        hardware: hardwareOf(backend.description, version),
        keep: options.keep,
        bestBy: options.bestBy,
        stepsPerEpoch: stepsPerEpoch(images.training, perStep),
        imagesPerStep: perStep,
        tensorboard: options.tensorboard,
        remembered: rememberedOf(options),
        ...(training.maxSeconds === undefined ? {} : { maxSeconds: training.maxSeconds }),
      },
      resumed,
    );
    const { steps, sampleCount, maxSeconds } = training;
    const limits = maxSeconds === undefined ? {} : { maxSeconds };
    const start = resumed?.checkpoint.step ?? 0;
    if (start >= steps)
      reporter.say(`${start} of ${counted(steps, "step")} are done already; give more --steps or --epochs to go on`);
    const done = await watch(
      folder,
      createDiagnosis(images),
      reporter,
      { steps, start, sampleCount, ...limits },
      (events) =>
        train(backend, config, images.training, training, events, {
          signal: interrupt.signal,
          validation: images.validation,
          resident,
          ...(resumed ? { resume: resumed.checkpoint } : {}),
        }),
    ).finally(() => {
      folder.close();
      return report(options.out, reporter);
    });
    interrupt.signal.throwIfAborted();
    reporter.emit({ t: "end", step: done, model: `${options.out}/model.safetensors` });
    reporter.say(`${counted(done, "step")}; the model is ${options.out}/model.safetensors`);
  } finally {
    interrupt.release();
  }
}

function createDiagnosis({ training: { count, size, channels, bytes } }: LoadedImages): Diagnosis {
  const some = Math.min(SAMPLES, count);
  return new Diagnosis(varietyOf(bytesToValues(bytes.subarray(0, some * size * size * channels)), some));
}
