/** `kintsugi evaluate`: how well a model completes pictures whose truth is known, as a table and a sheet. */
import { stat } from "node:fs/promises";
import { openBackend } from "@kintsugi/backend";
import { createCompleter, masked } from "@kintsugi/completion";
import { bytesToValues, type Channels } from "@kintsugi/images";
import { loadFolder, writePng } from "@kintsugi/images/node";
import { MODEL_OPTION, readModel } from "@kintsugi/models/node";
import {
  CommandError,
  counted,
  createReporter,
  createVerb,
  duration,
  exitCodes,
  interruptible,
  kinds,
  option,
  type VerbOptions,
  writeFileWhole,
} from "@kintsugi/terminal";
import type { Command } from "commander";
import { readEncoder } from "./encoder_command.js";
import { completeAll, type Evaluation, evaluationMask, evenly, measure, type Row } from "./evaluate.js";
import { type SheetRow, titledSheet } from "./evaluation_sheet.js";
import { existing, loadImages } from "./load_images.js";
import { SEARCH_OPTIONS, searchOptions } from "./options.js";

/** Images of the sheet. */
const SHOWN = 8;

const NOTES = `
The model must not have seen the images. For each mask the table has PSNR in dB (peak 1 on [0, 1]), SSIM (11 pixels, deviation
1.5) and L1 in levels of 255, over the hole and over the whole image, as means over images, for
  mean colour        of the known pixels
  harmonic           a soap film in the hole: what no model at all reaches, and
  biharmonic         a thin plate in it: the same, best in thin holes
  nearest            (with --train) the training image that agrees best with what is known; then blended
  search             the completion as the model paints it; then blended
Masks are written as for complete: center, center:0.3, random:80%, pattern, strokes:0.1, left, right, top, bottom, grid, full.`;

const EVALUATE_OPTIONS = {
  ...MODEL_OPTION,
  data: option(kinds.text("dir"), {
    help: "folder of images that the model was not trained on",
    required: "a folder of images that the model was not trained on",
  }),
  masks: option(kinds.text("list"), {
    help: "masks, separated by commas",
    default: "center,random:20%,random:80%,left,pattern",
  }),
  count: option(kinds.positiveInteger("images"), { help: "so many of them, evenly spaced by name", unset: "all" }),
  train: option(kinds.text("dir"), { help: "folder of the training images, to compare with the nearest of them" }),
  sheet: option(kinds.fileName(".png"), {
    help: "a PNG with the first images: truth, masked, and completed in every way",
  }),
  table: option(kinds.text("file"), { help: "the table as CSV" }),
  ...SEARCH_OPTIONS,
  overwrite: option(kinds.flag, {
    help: "write over --sheet and --table where they are there",
    default: false,
    once: true,
  }),
};

type Options = VerbOptions<typeof EVALUATE_OPTIONS>;

export function evaluateCommand(): Command {
  return createVerb({
    name: "evaluate",
    summary: "measure how well a model completes pictures that are whole",
    table: EVALUATE_OPTIONS,
    notes: NOTES,
    run,
  });
}

async function run(options: Options): Promise<void> {
  const began = performance.now();
  const reporter = createReporter(options);
  await checkFree(options);
  const model = await readModel(options.model);
  const encoder = await readEncoder(options.encoder, model.config);
  const { size, channels } = model.config;
  const names = options.masks.split(",").map((name) => name.trim());
  const rules = names.map((name) => {
    const rule = evaluationMask(name, size, options.seed);
    if (rule) return rule;
    throw new CommandError(`--masks: there is no mask ${name}; see kintsugi evaluate --help`, exitCodes.usage);
  });
  const files = await loadImages(await existing([options.data], reporter), model.config, reporter);
  const chosen = evenly(options.count ?? files.names.length, files.names.length);
  const stride = size * size * channels;
  const truth = new Float32Array(chosen.length * stride);
  chosen.forEach((file, i) => {
    truth.set(bytesToValues(files.bytes.subarray(file * stride, (file + 1) * stride)), i * stride);
  });
  const train = options.train
    ? { train: (await loadFolder(options.train, { size, channels: channels as Channels })).images }
    : {};
  const backend = await openBackend(options, (line) => reporter.say(line));
  const interrupt = interruptible((signal) => reporter.say(`${signal}: ending (again to leave at once)`));
  const table: Row[] = [];
  try {
    const completer = createCompleter({ device: backend, model, ...encoder, batch: options.batch });
    const rows: SheetRow[] = [];
    for (const [at, name] of names.entries()) {
      const evaluation: Evaluation = { truth, count: chosen.length, maskOf: rules[at]!, ...train };
      reporter.say(`${name}: ${counted(chosen.length, "image")} on ${backend.description}`);
      const search = { ...searchOptions(options), outInterval: 0 };
      const completions = await completeAll(completer, evaluation, search, interrupt.signal);
      interrupt.signal.throwIfAborted();
      for (const row of measure(name, evaluation, completions)) {
        table.push(row);
        reporter.emit({ t: "measure", ...row });
      }
      const shown = Math.min(SHOWN, chosen.length);
      const masks = Array.from({ length: shown }, (_, i) => rules[at]!(i));
      const part = (values: Float32Array) => values.subarray(0, shown * stride);
      const ways = [["truth", truth], ["masked", masked(part(truth), masks)], ...completions] as const;
      rows.push(...ways.map(([method, values]) => ({ mask: name, method, values: part(values) })));
    }
    if (options.sheet) {
      const shape = [Math.min(SHOWN, chosen.length), size, size, channels] as const;
      await writePng(options.sheet, titledSheet(rows, shape));
    }
    if (options.table) await writeFileWhole(options.table, asCsv(table));
    const seconds = (performance.now() - began) / 1000;
    reporter.emit({ t: "end", images: chosen.length, seconds, ...(options.sheet ? { sheet: options.sheet } : {}) });
    if (!options.json) process.stdout.write(asText(table));
    reporter.say(`${counted(chosen.length, "image")}, ${duration(seconds)}`);
  } finally {
    interrupt.release();
    backend.destroy();
  }
}

/** Throws CommandError (usage) where a file would be written over. */
async function checkFree({ sheet, table, overwrite }: Options): Promise<void> {
  for (const path of overwrite ? [] : [sheet, table]) {
    const there = path !== undefined && (await stat(path).catch(() => undefined));
    if (there) throw new CommandError(`${path} is there already: give --overwrite, or another name`, exitCodes.usage);
  }
}

const MEASURES = ["psnr", "ssim", "l1"] as const;

function asCsv(table: readonly Row[]): string {
  const header = [
    "mask",
    "method",
    "images",
    ...["hole", "whole"].flatMap((of) => MEASURES.map((name) => `${of}_${name}`)),
  ];
  const numbers = (of: Row["hole"]) => MEASURES.map((name) => of?.[name] ?? "");
  const lines = table.map(({ mask, method, images, hole, whole }) =>
    [mask, `"${method}"`, images, ...numbers(hole), ...numbers(whole)].join(","),
  );
  return `${[header.join(","), ...lines].join("\n")}\n`;
}

/** The table for people: over the hole, then over the whole image. */
function asText(table: readonly Row[]): string {
  const header = ["mask", "method", "PSNR", "SSIM", "L1", "PSNR", "SSIM", "L1"];
  const numbers = (of: Row["hole"]) =>
    of ? [of.psnr.toFixed(2), of.ssim.toFixed(3), of.l1.toFixed(1)] : ["–", "–", "–"];
  const lines = table.map((row) => [row.mask, row.method, ...numbers(row.hole), ...numbers(row.whole)]);
  const widths = header.map((_, c) => Math.max(...[header, ...lines].map((line) => line[c]!.length)));
  const text = (line: readonly string[]) =>
    line.map((cell, c) => (c < 2 ? cell.padEnd(widths[c]!) : cell.padStart(widths[c]!))).join("  ");
  const over = `${" ".repeat(widths[0]! + widths[1]! + 4)}over the hole${" ".repeat(8)}over the whole image`;
  return `${[over, text(header), ...lines.map(text)].join("\n")}\n`;
}
