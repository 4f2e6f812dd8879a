/** Where training images come from: a folder, a pack, or the built-in toy faces. */
import { createHash } from "node:crypto";
import { type Crop, describeLeftOut, loadFolder } from "@kintsugi/images/node";
import { CommandError, changesInWords, counted, exitCodes, type Reporter } from "@kintsugi/terminal";
import type { ImageBytes, TrainingImages } from "./batches.js";
import { describeLoose, listClasses } from "./class_folders.js";
import { isPack, type Kinds, openPack, type Pack } from "./pack.js";

/** Faces of the built-in set, which has no end, where no --limit says how many. */
const TOY_COUNT = 4096;
/** The toy set does not depend on the run's seed: it is a data set like any other. */
const TOY_SEED = 1;
/** Bytes that are hashed at a time. */
const CHUNK = 2 ** 24;

export interface LoadOptions {
  readonly size: number;
  readonly channels: number;
  readonly crop: Crop;
  /** Images that are used at all, the first by name. */
  readonly limit?: number;
  /** How many of these, the last by name, are set aside. */
  readonly validation: number;
  /** Whether sub-folders are classes. */
  readonly classes?: boolean;
}

export interface LoadedImages {
  readonly training: TrainingImages;
  /** Never trained on. */
  readonly validation: TrainingImages;
  /** Of the training images and then of those set aside: the files', or the numbers of toy faces. */
  readonly names: readonly string[];
  /** Of the training images' bytes, in their order: a run goes on only with the images that it began with. */
  readonly fingerprint: string;
  /** Their names, where the images have classes. */
  readonly classes?: readonly string[];
  /** For the model's metadata. */
  readonly credit: string;
}

interface Read {
  readonly names: readonly string[];
  readonly bytes: ImageBytes;
  readonly credit: string;
  readonly kinds?: Kinds;
  readonly check?: Pack["check"];
}

/** @param from a folder, a pack, or "toy" */
export async function loadImages(from: string, options: LoadOptions, reporter: Reporter): Promise<LoadedImages> {
  if (from === "toy" && options.classes) {
    throw new CommandError(
      "the toy faces have no --classes; name a folder with a sub-folder for each",
      exitCodes.usage,
    );
  }
  const { bytes, credit, names, kinds, check }: Read = await read(from, options, reporter);
  const { size, channels, validation } = options;
  const stride = size * size * channels;
  const count = bytes.length / stride - validation;
  if (count < 1) {
    const wanted = `--validation ${validation} leaves none of ${counted(count + validation, "image")} to train on`;
    throw new CommandError(`${from}: ${wanted}; set fewer aside`, exitCodes.dataSet);
  }
  const part = (start: number, end: number): TrainingImages => ({
    count: end - start,
    size,
    channels,
    bytes: start === 0 ? bytes : bytes.subarray(start * stride, end * stride),
    ...(kinds ? { labels: kinds.labels.subarray(start, end) } : {}),
  });
  const training = part(0, count);
  const hash = createHash("sha256");
  // In chunks: a pack may be larger than memory.
  const chunk = Math.max(1, Math.floor(CHUNK / stride)) * stride;
  for (let at = 0; at < bytes.length; at += chunk) {
    const part = bytes.subarray(at, Math.min(bytes.length, at + chunk));
    check?.(at / stride, part);
    if (at < count * stride) hash.update(part.subarray(0, count * stride - at));
  }
  if (kinds) hash.update(kinds.classes.join("/")).update(Uint16Array.from(training.labels!));
  return {
    training,
    validation: part(count, count + validation),
    names,
    fingerprint: hash.digest("hex").slice(0, 16),
    ...(kinds ? { classes: kinds.classes } : {}),
    credit,
  };
}

function read(from: string, options: LoadOptions, reporter: Reporter): Promise<Read> {
  if (from === "toy") return drawToys(options, reporter);
  return isPack(from) ? readPack(from, options) : readFolder(from, options, reporter);
}

async function readPack(from: string, { size, channels, crop, limit, classes = false }: LoadOptions): Promise<Read> {
  const pack = openPack(from);
  const wrong = (holds: string, remedy: string) =>
    new CommandError(`${from} holds ${holds}: ${remedy}`, exitCodes.dataSet);
  if (pack.size !== size || pack.channels !== channels)
    throw wrong(
      `${pack.size}×${pack.size} images of ${pack.channels} channels, not ${size}×${size} of ${channels}`,
      `give --size ${pack.size} --channels ${pack.channels}, or pack the folder anew`,
    );
  // The default says nothing; what was asked for has to be what was done.
  if (crop !== "center" && crop !== pack.crop)
    throw wrong(`images cropped by ${pack.crop}, not ${crop}`, "leave --crop out, or pack the folder anew");
  if (classes && !pack.kinds) throw wrong("no classes", "pack the folder anew with --classes, or leave it out");
  const count = Math.min(limit ?? pack.count, pack.count);
  const { bytes } = pack;
  const kinds = classes && pack.kinds && { ...pack.kinds, labels: pack.kinds.labels.subarray(0, count) };
  const names = pack.names.slice(0, count);
  const length = count * size * size * channels;
  const all = { length, subarray: (begin = 0, end = length) => bytes.subarray(begin, end) };
  return { bytes: all, credit: "", names, check: pack.check, ...(kinds ? { kinds } : {}) };
}

async function drawToys({ size, channels, limit }: LoadOptions, reporter: Reporter) {
  // Loaded late: the face library takes a fifth of a second.
  const { TOY_CREDIT, toyFaces } = await import("@kintsugi/images/toy");
  const count = limit ?? TOY_COUNT;
  reporter.say(`drawing ${count} toy faces of ${size}×${size}`);
  const bytes = toyFaces({ seed: TOY_SEED, count, size });
  const names = Array.from({ length: count }, (_, i) => `toy ${i}`);
  return { bytes: channels === 1 ? greyed(bytes) : bytes, credit: TOY_CREDIT, names };
}

async function readFolder(
  from: string,
  { size, channels, crop, limit, classes = false }: LoadOptions,
  reporter: Reporter,
): Promise<Read> {
  const found = classes ? await listClasses(from) : undefined;
  let progress: ReturnType<Reporter["progress"]> | undefined;
  try {
    const folder = await loadFolder(found?.paths ?? from, {
      size,
      channels: channels as 1 | 3,
      crop,
      ...(limit === undefined ? {} : { limit }),
      onProgress(done, total) {
        progress ??= reporter.progress({ label: "reading", total });
        progress.update(done, { images: 1 });
      },
      onSkip: ({ name, reason }) => reporter.warn(`skipped ${name}: ${reason}`),
    });
    if (folder.adjusted.length > 0) reporter.say(`made to fit ${size}×${size}: ${changesInWords(folder.adjusted)}`);
    for (const line of [describeLeftOut(found?.leftOut ?? folder.leftOut), describeLoose(found?.loose ?? [])])
      if (line !== undefined) reporter.warn(line);
    const { length: skipped } = folder.skipped;
    if (skipped > 0) reporter.say(`${skipped} of ${skipped + folder.names.length} files skipped: they cannot be read`);
    const read = { bytes: folder.images, credit: "", names: folder.names };
    if (!found) return read;
    const labels = Uint16Array.from(folder.names, (name) => found.labels.get(name)!);
    return { ...read, kinds: { classes: found.classes, labels } };
  } finally {
    progress?.stop();
  }
}

/** Rec. 601 luma. */
function greyed(rgb: Uint8Array): Uint8Array {
  return Uint8Array.from({ length: rgb.length / 3 }, (_, i) =>
    Math.round(0.299 * rgb[3 * i]! + 0.587 * rgb[3 * i + 1]! + 0.114 * rgb[3 * i + 2]!),
  );
}
