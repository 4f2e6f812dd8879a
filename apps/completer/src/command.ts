/** `kintsugi complete`: a model, a mask and images in, completed images out. */
import { DEVICES, type DeviceChoice, openBackend } from "@kintsugi/backend";
import { DEFAULT_OBJECTIVE, type Losses, loadNetworks, type Optimizer, type Prior } from "@kintsugi/completion";
import { bytesToValues } from "@kintsugi/images";
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
  type Progress,
  positiveInteger,
  positiveNumber,
  type Reporter,
  type ReporterOptions,
  seed,
} from "@kintsugi/terminal";
import { Command } from "commander";
import { batchSizes, type CompleteEvents, type CompleteOptions, complete, type Pictures } from "./complete.js";
import { loadImages } from "./load_images.js";
import { MASK_WORDS, type MaskOptions, openMask } from "./mask_option.js";
import { readModel } from "./read_model.js";
import { ResultFolder } from "./result_folder.js";

interface Options extends Required<ReporterOptions>, MaskOptions {
  readonly model: string;
  readonly out: string;
  readonly iterations: number;
  readonly optimizer: "adam" | "momentum";
  readonly lr?: number;
  readonly lambda: number;
  readonly prior: Prior;
  readonly outInterval: number;
  readonly batch: number;
  readonly overwrite: boolean;
  readonly device: DeviceChoice;
}

const FILES = `
What is missing is searched for: the picture of the model that agrees best with what is known and looks real.

Images are PNG, JPEG or WebP of any size, or folders of them: the central square, resized to the model's size. Written
into --out:
  NAME.completed.png    one for each image, its known pixels untouched
  losses.csv            image, iteration, contextual (sum of |difference| over known values in [-1, 1]), perceptual
                        (not yet times lambda), total = contextual + lambda * perceptual
  before.png            grids of all images: as they were read,
  masked.png            with what is missing grey,
  lowres.png            (with --mask lowres) what is known of them,
  completed/NNNN.png    completed, and
  hats/NNNN.png         as the model paints them, at iteration NNNN
With more images than --batch the grids lie in batch-01, batch-02 and so on.`;

export function completeCommand(): Command {
  const command = new Command("complete")
    .description("complete the missing parts of images with a trained model")
    .argument("<images...>", "image files, or folders of them")
    .requiredOption("--model <file>", "a model or checkpoint, .safetensors")
    .requiredOption("--mask <mask>", `${MASK_WORDS.join(", ")}, or an image file: white or transparent = missing`)
    .requiredOption("--out <dir>", "folder for the results")
    .option(
      "--center-scale <share>",
      "border that center leaves, as a share of the side: 0.25 takes a quarter of the picture, 0.5 nothing",
      numberBetween({ min: 0, max: 0.5 }),
      0.25,
    )
    .option("--random-fraction <share>", "share of pixels that random takes", numberBetween({ min: 0, max: 1 }), 0.2)
    .option("--iterations <n>", "steps of the search", positiveInteger("iterations"), 1000)
    .option("--optimizer <name>", "adam or momentum (projected, Nesterov)", choice(["adam", "momentum"]), "adam")
    .option(
      "--lr <rate>",
      "step size (default: 0.01 for adam; 0.0003 for momentum, where the blog's 0.01 often does not converge)",
      positiveNumber("units"),
    )
    .option(
      "--lambda <weight>",
      "how much looking real counts beside agreeing with what is known",
      numberBetween({ min: 0, max: 1e6 }),
      DEFAULT_OBJECTIVE.lambda,
    )
    .option(
      "--prior <form>",
      "what looking real means: nlogd = -log D (the blog's program), log1md = log(1 - D) (the paper)",
      choice(["nlogd", "log1md"]),
      DEFAULT_OBJECTIVE.prior,
    )
    .option("--out-interval <n>", "iterations between two grids, 0 for none but the last", count("iterations"), 50)
    .option("--seed <n>", "unsigned 32-bit; the same seed gives the same pictures", seed, 0)
    .option("--batch <n>", "images searched together", positiveInteger("images"), 64)
    .option(
      "--device <device>",
      "where to compute: gpu, cpu, or auto for the GPU if there is one",
      choice(DEVICES),
      "auto",
    )
    .option("--overwrite", "write over what --out holds", false)
    .addHelpText("after", FILES);
  return addOutputOptions(command).action((images: string[], options: Options) => run(images, options));
}

async function run(paths: readonly string[], options: Options): Promise<void> {
  const began = performance.now();
  const reporter = createReporter(options);
  const model = await readModel(options.model);
  const { size, channels } = model.config;
  const mask = await openMask(options, size, reporter);
  const { names, bytes, skipped } = await loadImages(paths, model.config, reporter);
  await claimDirectory(options.out, { what: "completions", overwrite: options.overwrite });
  const stride = size * size * channels;
  const pictures: Pictures = {
    count: names.length,
    values: (first, number) => bytesToValues(bytes.subarray(first * stride, (first + number) * stride)),
    mask: mask.of,
  };
  const batches = batchSizes(names.length, options.batch).length;
  const { iterations } = options;
  const backend = await openBackend(options.device, (line) => reporter.say(line));
  const interrupt = interruptible((signal) =>
    reporter.say(`${signal}: writing what is there (again to leave at once)`),
  );
  try {
    reporter.say(`${plural(names.length, "image")} of ${size}×${size} on ${backend.description}`);
    reporter.emit({ t: "start", images: names.length, skipped, batches, iterations, backend: backend.description });
    const networks = loadNetworks(backend, model);
    const folder = new ResultFolder(options.out, model.config, batches, names);
    const progress = reporter.progress({ label: "completing", total: batches * iterations });
    const searching = { ...searchOptions(options), ...(mask.block === undefined ? {} : { block: mask.block }) };
    const results = watch(folder, reporter, progress, options, batches);
    const done = await complete(backend, networks, pictures, searching, results.events, interrupt.signal).finally(
      () => {
        progress.stop();
        folder.close();
      },
    );
    const seconds = (performance.now() - began) / 1000;
    const interrupted = interrupt.signal.aborted;
    reporter.emit({ t: "end", images: done, skipped, interrupted, ...results.means(), seconds, out: options.out });
    reporter.say(`${plural(done, "completed image")} in ${options.out}, ${duration(seconds)}`);
    interrupt.signal.throwIfAborted();
  } finally {
    interrupt.release();
    backend.destroy();
  }
}

function searchOptions(options: Options): CompleteOptions {
  const { optimizer: kind, lr, batch, iterations, outInterval, seed, lambda, prior } = options;
  const optimizer: Optimizer = { kind, ...(lr === undefined ? {} : { lr }) };
  return { batch, iterations, outInterval, seed, lambda, prior, optimizer };
}

/** Connects the events of the search with the folder and the terminal. */
function watch(folder: ResultFolder, reporter: Reporter, progress: Progress, options: Options, batches: number) {
  const finals: Losses[] = [];
  const events: CompleteEvents = {
    onBatch: (batch) => folder.addBatch(batch),
    onLosses(batch, losses, done) {
      folder.addLosses(batch, losses);
      const last = losses.at(-1);
      if (!last) return;
      const values = meansOf([last]);
      const pace = progress.update(batch.index * options.iterations + done, { values: { loss: values.contextual } });
      const images = batch.masks.length;
      const { secondsLeft } = pace;
      reporter.emit({
        t: "progress",
        batch: batch.index + 1,
        batches,
        images,
        iteration: done,
        ...values,
        secondsLeft,
      });
    },
    async onSnapshot(batch, snapshot, last) {
      if (!snapshot.total.every(Number.isFinite)) {
        throw new CommandError(`${options.model} paints no finite pictures: it is damaged`, exitCodes.checkpoint);
      }
      await folder.addSnapshot(batch, snapshot);
      if (!last) return;
      finals.push(snapshot);
      const paths = await folder.addResults(batch, snapshot);
      paths.forEach((path, i) => {
        const image = folder.names[batch.first + i];
        const [contextual, perceptual, total] = [snapshot.contextual[i], snapshot.perceptual[i], snapshot.total[i]];
        reporter.emit({ t: "completed", image, path, contextual, perceptual, total });
      });
    },
  };
  return { events, means: () => meansOf(finals) };
}

/** Mean losses over images. */
function meansOf(losses: readonly Losses[]) {
  const mean = (pick: (loss: Losses) => Float32Array) => {
    const values = losses.flatMap((loss) => [...pick(loss)]);
    return values.reduce((total, value) => total + value, 0) / values.length;
  };
  return {
    contextual: mean(({ contextual }) => contextual),
    perceptual: mean(({ perceptual }) => perceptual),
    total: mean(({ total }) => total),
  };
}

function plural(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}
