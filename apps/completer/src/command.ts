/** `kintsugi complete`: a model, a mask and images in, completed images out. */
import { openBackend } from "@kintsugi/backend";
import {
  batchSizes,
  type CompleteEvents,
  createCompleter,
  FILLS,
  imagesOf,
  type Losses,
  type ManyOptions,
} from "@kintsugi/completion";
import { FACE_TEMPLATES } from "@kintsugi/images";
import { MODEL_OPTION, readModel } from "@kintsugi/models/node";
import { MOST_GROWTH, parseRegion, printRegion } from "@kintsugi/scene";
import {
  CommandError,
  claimDirectory,
  counted,
  createReporter,
  createVerb,
  duration,
  exitCodes,
  interruptible,
  kinds,
  option,
  type Progress,
  type Reporter,
  refuseInputs,
  type VerbOptions,
} from "@kintsugi/terminal";
import type { Command } from "commander";
import { readEncoder } from "./encoder_command.js";
import { holdOut } from "./held_out.js";
import { MASK_WORDS } from "./mask_option.js";
import { SEARCH_OPTIONS, searchOptions, TEMPLATE } from "./options.js";
import { ResultFolder } from "./result_folder.js";
import { openSource } from "./source.js";
import { fillAll } from "./without_model.js";

/** What a model must be better by than the smooth fill, in dB: one that paints nothing at all comes out like it, by blending. */
const BETTER = 0.3;

const FILES = `
What is missing is searched for: the picture of the model that agrees best with what is known and looks real.

Images are PNG, JPEG, WebP, GIF, TIFF, AVIF or BMP of any size, or folders of them. A picture keeps its size: the square around its hole (of masks by
rule: the central one; with --region another, with --landmarks a face) is completed at the model's size and laid back, and every
pixel outside of the mask, as it was grown, keeps its bits. With --thumbnail results are of the model's size. Shares are written
0.3 or 30%: center:0.3 leaves 30 % on each side, random:80% takes 80 % of the pixels. Written into --out:
  NAME.completed.png    one for each image, its known pixels untouched; with --candidates also NAME.completed-2.png ...
  summary.json          options, and for each image its files, iterations and losses
  losses.csv            image, iteration, contextual (sum of |difference| over known values in [-1, 1]), perceptual
                        (not yet times lambda), total = contextual + lambda * perceptual, and what --pull adds
  sheet.png             a row for each image: as it was, what is known, completed, completed and blended
  completion.gif, .webp the search as a film
  before.png            grids of all images: as they were read,
  masked.png            with what is missing grey,
  lowres.png            (with --mask lowres) what is known of them,
  completed/NNNN.png    completed and blended, and
  hats/NNNN.png         as the model paints them, at iteration NNNN
With --folders all that is known of an image lies in images/NAME: before.png, masked.png, hat.png, unblended.png, completed.png
(in place of NAME.completed.png), sheet.png and the films.
With more images than --batch the sheets, films and grids lie in batch-01, batch-02 and so on.

--search blog stands for optimizer adam, lr 0.01, lrEnd 1, starts 1, iterations 1000, patience 0, importance off, pull 0, stray 0,
blend none; each can still be given otherwise.`;

const GROWTH = kinds.either("auto", "auto", kinds.integerBetween("pixels", 0, MOST_GROWTH));

const share = (max: number) =>
  option(kinds.numberBetween("share", { min: 0, max }), { help: "see --mask", level: "former" });
/** Parameters that now stand in `--mask`. */
const FORMER_OPTIONS = { centerScale: share(0.5), randomFraction: share(1), regionFraction: share(1) };

const COMPLETE_OPTIONS = {
  ...MODEL_OPTION,
  mask: option(kinds.text("mask"), {
    help:
      `${MASK_WORDS.join(", ")}; an image file, or a folder with one for each image, by its path; alpha: what is ` +
      "transparent in the image itself; color: what has that colour in it",
    required: "what is missing, such as center or an image file",
  }),
  out: option(kinds.text("dir"), { help: "folder for the results", required: "a folder for the results" }),
  region: option(kinds.parsedBy("x,y,w,h", parseRegion, printRegion), {
    help: "complete this square of pictures that keep their size, in pixels of the upright picture; auto: around the hole",
  }),
  landmarks: option(kinds.text("from"), {
    help:
      "complete the face of each picture: turned upright first, and warped back into the picture, which keeps its size; " +
      "CelebA's list, a .csv or .json, a folder with 300W's .pts files, or auto to find faces",
  }),
  template: option(TEMPLATE, {
    help:
      `where the model has its faces: ${FACE_TEMPLATES.join(", ")}, or ten shares of the side, x,y of the eyes, the nose tip ` +
      "and the mouth corners",
    unset: "as a shipped model's faces are; else as kintsugi align puts them",
    level: "more",
  }),
  missing: option(kinds.choice(["white", "black"], "colour"), {
    help: "what is missing in a mask file: white or black",
    default: "white",
  }),
  grow: option(GROWTH, {
    help:
      "pixels by which masks from files, alpha and colours are made larger: auto is one of the model's pixels, or what the " +
      "rim of the damage asks for, where that is more",
    default: "auto",
  }),
  thumbnail: option(kinds.flag, {
    help: "complete the central square of each picture, and write it at the model's size",
    default: false,
  }),
  method: option(kinds.choice(["search", ...FILLS], "way"), {
    help: "how holes are filled: search (the model's), or without a model biharmonic (a thin plate; best in thin holes) or harmonic",
    default: "search",
  }),
  ...FORMER_OPTIONS,
  candidates: option(kinds.positiveInteger("completions"), { help: "different ones of each image", default: 1 }),
  ...SEARCH_OPTIONS,
  outInterval: option(kinds.count("iterations"), {
    help: "between two grids, 0 for none but the last",
    default: 10,
    level: "more",
  }),
  folders: option(kinds.flag, {
    help: "a folder for each image, images/NAME, with its own sheet, films and pictures",
    default: false,
  }),
  overwrite: option(kinds.flag, { help: "write over what --out holds", default: false, once: true }),
};

type Options = VerbOptions<typeof COMPLETE_OPTIONS>;

export function completeCommand(): Command {
  return createVerb({
    name: "complete",
    summary: "complete the missing parts of images with a trained model",
    arguments: "<images...>",
    table: COMPLETE_OPTIONS,
    notes: FILES,
    run: (options, { args }) => run(args, options),
  });
}

async function run(paths: readonly string[], options: Options): Promise<void> {
  const began = performance.now();
  const reporter = createReporter(options);
  const model = await readModel(options.model);
  const encoder = await readEncoder(options.encoder, model.config);
  const { size } = model.config;
  const source = await openSource(paths, options, model.config, reporter);
  const { pictures, names, skipped } = source;
  await refuseInputs(options.out, source.paths);
  await claimDirectory(options.out, { what: "completions", overwrite: options.overwrite });
  if (options.method !== "search") {
    return fillAll(options.method, source, model.config, options.out, options, reporter);
  }
  const searching: ManyOptions = {
    ...searchOptions({ ...options, restarts: Math.max(options.restarts, options.candidates) }),
    ...{ candidates: options.candidates, outInterval: options.outInterval },
    ...(source.block === undefined ? {} : { block: source.block }),
  };
  const { iterations, batch } = options;
  const backend = await openBackend(options, (line) => reporter.say(line));
  const interrupt = interruptible((signal) =>
    reporter.say(`${signal}: writing what is there (again to leave at once)`),
  );
  try {
    const completer = createCompleter({ device: backend, model, ...encoder, batch });
    const together = await completer.prepare(searching, names.length);
    const [wanted] = batchSizes(names.length, imagesOf({ ...searching, batch })) as [number];
    if (together < wanted) reporter.warn(`no memory for ${wanted} images at a time: ${together} at a time`);
    const batches = batchSizes(names.length, together).length;
    reporter.say(`${counted(names.length, "image")} of ${size}×${size} on ${backend.description}`);
    reporter.emit({ t: "start", images: names.length, skipped, batches, iterations, backend: backend.description });
    const folder = new ResultFolder(options.out, model.config, {
      batches,
      names,
      paste: source.paste,
      folders: options.folders,
    });
    let shown: Progress | undefined;
    // From the first losses on: looking at starts is no step, and would make the rest seem endless.
    const progress = () => {
      shown ??= reporter.progress({ label: "completing", total: batches * iterations });
      return shown;
    };
    const results = watch(folder, reporter, progress, options, batches);
    const done = await completer.completeAll(pictures, searching, results.events, interrupt.signal).finally(() => {
      shown?.stop();
      folder.close();
    });
    const heldOut = interrupt.signal.aborted
      ? undefined
      : await holdOut(completer, pictures, searching, interrupt.signal);
    if (heldOut && !(heldOut.model > heldOut.smooth + BETTER)) {
      const [own, none] = [heldOut.model, heldOut.smooth].map((psnr) => `${psnr.toFixed(1)} dB`);
      const where = `known pixels held out of ${counted(heldOut.images, "image")}`;
      reporter.warn(
        `this model is not yet better than no model here: ${where} come out at ${own}, smoothly filled at ${none}`,
      );
    }
    const seconds = (performance.now() - began) / 1000;
    const interrupted = interrupt.signal.aborted;
    const end = {
      images: done,
      skipped,
      interrupted,
      ...results.means(),
      ...(heldOut ? { heldOut } : {}),
      seconds,
      out: options.out,
    };
    await folder.addSummary({ options, backend: backend.description, ...end });
    reporter.emit({ t: "end", ...end });
    reporter.say(`${counted(done, "completed image")} in ${options.out}, ${duration(seconds)}`);
    interrupt.signal.throwIfAborted();
  } finally {
    interrupt.release();
    backend.destroy();
  }
}

/** Connects the events of the search with the folder and the terminal. */
function watch(folder: ResultFolder, reporter: Reporter, progress: () => Progress, options: Options, batches: number) {
  const finals: Losses[] = [];
  const events: CompleteEvents = {
    onBatch: (batch) => folder.addBatch(batch),
    onLosses(batch, losses, done) {
      folder.addLosses(batch, losses);
      const last = losses.at(-1);
      if (!last) return;
      const values = meansOf([last]);
      const pace = progress().update(batch.index * options.iterations + done, { values: { loss: values.contextual } });
      const images = batch.masks.length;
      const { secondsLeft } = pace;
      const where = { t: "progress", batch: batch.index + 1, batches, images, iteration: done };
      reporter.emit({ ...where, ...values, secondsLeft });
    },
    async onSnapshot(batch, candidates, last) {
      const [best] = candidates as readonly [(typeof candidates)[number]];
      if (!best.total.every(Number.isFinite)) {
        throw new CommandError(`${options.model} paints no finite pictures: it is damaged`, exitCodes.checkpoint);
      }
      await folder.addSnapshot(batch, best);
      if (!last) return void progress();
      finals.push(best);
      for (const result of await folder.addResults(batch, candidates)) reporter.emit({ t: "completed", ...result });
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
