/** Where training images come from: a folder, or the built-in toy faces. */
import { createHash } from "node:crypto";
import { type Crop, loadFolder } from "@kintsugi/images/node";
import { CommandError, exitCodes, type Reporter } from "@kintsugi/terminal";
import type { TrainingImages } from "./batches.js";
import { listClasses } from "./class_folders.js";

/** Faces in the built-in set. */
const TOY_COUNT = 4096;
/** The toy set does not depend on the run's seed: it is a data set like any other. */
const TOY_SEED = 1;

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
  /** Of the training images' bytes, in their order: a run goes on only with the images that it began with. */
  readonly fingerprint: string;
  /** Their names, where the images have classes. */
  readonly classes?: readonly string[];
  /** For the model's metadata. */
  readonly credit: string;
}

interface Read {
  readonly bytes: Uint8Array;
  readonly credit: string;
  readonly kinds?: { readonly classes: readonly string[]; readonly labels: Uint16Array };
}

/** @param from a folder, or "toy" */
export async function loadImages(from: string, options: LoadOptions, reporter: Reporter): Promise<LoadedImages> {
  if (from === "toy" && options.classes) {
    throw new CommandError(
      "the toy faces have no --classes; name a folder with a sub-folder for each",
      exitCodes.usage,
    );
  }
  const { bytes, credit, kinds }: Read = await (from === "toy"
    ? drawToys(options, reporter)
    : readFolder(from, options, reporter));
  const { size, channels, validation } = options;
  const stride = size * size * channels;
  const count = bytes.length / stride - validation;
  if (count < 1) {
    const wanted = `--validation ${validation} leaves none of ${count + validation} images to train on`;
    throw new CommandError(`${from}: ${wanted}; set fewer aside`, exitCodes.dataSet);
  }
  const part = (start: number, end: number): TrainingImages => ({
    count: end - start,
    size,
    channels,
    bytes: bytes.subarray(start * stride, end * stride),
    ...(kinds ? { labels: kinds.labels.subarray(start, end) } : {}),
  });
  const training = part(0, count);
  const hash = createHash("sha256").update(training.bytes);
  if (kinds) hash.update(kinds.classes.join("/")).update(Uint16Array.from(training.labels!));
  return {
    training,
    validation: part(count, count + validation),
    fingerprint: hash.digest("hex").slice(0, 16),
    ...(kinds ? { classes: kinds.classes } : {}),
    credit,
  };
}

async function drawToys({ size, channels, limit }: LoadOptions, reporter: Reporter) {
  // Loaded late: the face library takes a fifth of a second.
  const { TOY_CREDIT, toyFaces } = await import("@kintsugi/images/toy");
  const count = Math.min(limit ?? TOY_COUNT, TOY_COUNT);
  reporter.say(`drawing ${count} toy faces of ${size}×${size}`);
  const bytes = toyFaces({ seed: TOY_SEED, count, size });
  return { bytes: channels === 1 ? greyed(bytes) : bytes, credit: TOY_CREDIT };
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
    for (const { change, count } of folder.adjusted.slice(0, 3)) reporter.say(`${count} images: ${change}`);
    const read = { bytes: folder.images, credit: "" };
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
