/**
 * A data set in one file: images decoded, cropped and resized once. It is a safetensors file of one tensor, `images` [N, H,
 * W, C] of bytes, with the files' names, and their classes where they have some, in its metadata; so whatever reads
 * safetensors reads it, and nothing in it can run.
 * Read a slice at a time: the system keeps in memory what is used.
 */
import { fstatSync, openSync, readSync } from "node:fs";
import { open, rename, rm } from "node:fs/promises";
import { basename, dirname, join, relative, sep } from "node:path";
import { type Crop, decodeInOrder, findImages, type ReadOptions, type Skipped } from "@kintsugi/images/node";
import { encodeSafetensorsHeader, readSafetensorsHeader, SafetensorsError, safetensorsHeaderEnd } from "@kintsugi/nn";
import { CommandError, exitCodes } from "@kintsugi/terminal";
import type { ImageBytes } from "./batches.js";
import { listClasses } from "./class_folders.js";

const TENSOR = "images";

/** Whether a path names a pack rather than a folder of images. */
export function isPack(path: string): boolean {
  return /\.(kpack|safetensors)$/i.test(path);
}

/** Names of classes, and the class of each image by its place among them. */
export interface Kinds {
  readonly classes: readonly string[];
  readonly labels: Uint16Array;
}

export interface Pack {
  readonly count: number;
  readonly size: number;
  readonly channels: number;
  readonly crop: Crop;
  readonly names: readonly string[];
  /** Where it was packed with classes. */
  readonly kinds?: Kinds;
  /** [count, size, size, channels], read from the file when a part is asked for. */
  readonly bytes: ImageBytes;
}

export interface PackOptions extends Required<ReadOptions> {
  readonly limit?: number;
  /** Whether sub-folders are classes: the images then come in the order in which `train --classes` takes them. */
  readonly classes?: boolean;
  readonly onProgress?: (done: number, total: number) => void;
  readonly onSkip?: (skipped: Skipped) => void;
  readonly signal?: AbortSignal;
}

/**
 * Writes a folder's images, in the order of their names, as `loadFolder` reads them. The file appears when it is whole.
 * @returns how many there are in it
 * @throws CommandError (data) for a folder without a readable image; the signal's reason
 */
export async function writePack(from: string, path: string, options: PackOptions): Promise<number> {
  const { size, channels, crop, limit, onProgress, onSkip, signal } = options;
  const found = options.classes ? await listClasses(from) : undefined;
  const files = found
    ? found.paths.slice(0, limit).map((path) => ({ path, name: relative(from, path).split(sep).join("/") }))
    : (await findImages(from)).slice(0, limit);
  const kindsOf = (names: readonly string[]) =>
    found && {
      classes: JSON.stringify(found.classes),
      labels: JSON.stringify(names.map((name) => found.classes.indexOf(name.slice(0, name.indexOf("/"))))),
    };
  const header = (names: readonly string[], room?: number) =>
    encodeSafetensorsHeader(
      [[TENSOR, { dtype: "U8", shape: [names.length, size, size, channels] }]],
      { format: "kintsugi-pack 1", crop: String(crop), names: JSON.stringify(names), ...kindsOf(names) },
      room,
    );
  // Files that turn out unreadable only make it shorter.
  const room = header(files.map(({ name }) => name)).length;
  const temporary = join(dirname(path), `.${basename(path)}.${process.pid}.tmp`);
  let count: number;
  try {
    const file = await open(temporary, "w");
    try {
      const names: string[] = [];
      const stride = size * size * channels;
      let done = 0;
      for await (const read of decodeInOrder(files, { size, channels, crop })) {
        signal?.throwIfAborted();
        if ("reason" in read) onSkip?.(read);
        else {
          await file.write(read.bytes, 0, stride, room + names.length * stride);
          names.push(read.name);
        }
        onProgress?.(++done, files.length);
      }
      if (names.length === 0)
        throw new CommandError(
          `${from}: no PNG, JPEG or WebP image that can be read, here or in its sub-folders`,
          exitCodes.dataSet,
        );
      await file.write(header(names, room), 0, room, 0);
      await file.sync();
      count = names.length;
    } finally {
      await file.close();
    }
    await rename(temporary, path);
    return count;
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

/** Opens a pack. The file stays open as long as the process. Throws CommandError (data). */
export function openPack(path: string): Pack {
  const wrong = (reason: string, cause?: unknown) =>
    new CommandError(`${path}: ${reason}; make it with kintsugi pack`, exitCodes.dataSet, { cause });
  try {
    const file = openSync(path, "r");
    const length = fstatSync(file).size;
    const end = safetensorsHeaderEnd(readAt(file, 0, Math.min(8, length)), length);
    const { entries, metadata } = readSafetensorsHeader(readAt(file, 0, end), length);
    const entry = entries.get(TENSOR);
    const [count, height, width, channels] = entry?.shape ?? [];
    if (entry?.dtype !== "U8" || entry.shape.length !== 4 || height !== width || (channels !== 1 && channels !== 3))
      throw wrong(`it holds no tensor "${TENSOR}" of bytes [N, S, S, 1 or 3]`);
    const { crop = "none" } = metadata;
    const kinds = readKinds(metadata);
    if (kinds && (kinds.labels.length !== count || kinds.labels.some((label) => !(label < kinds.classes.length))))
      throw wrong("its classes do not fit its images");
    return {
      count: count!,
      size: height!,
      channels,
      crop: crop === "center" || crop === "none" ? crop : Number(crop),
      names: metadata.names === undefined ? [] : (JSON.parse(metadata.names) as string[]),
      ...(kinds ? { kinds } : {}),
      bytes: sliced(file, entry.begin, entry.end - entry.begin),
    };
  } catch (error) {
    if (error instanceof SafetensorsError) throw wrong(error.message, error);
    if ((error as NodeJS.ErrnoException).code === "ENOENT") throw wrong("there is no such file", error);
    throw error;
  }
}

function readKinds({ classes, labels }: Readonly<Record<string, string>>): Kinds | undefined {
  if (classes === undefined || labels === undefined) return undefined;
  return { classes: JSON.parse(classes) as string[], labels: Uint16Array.from(JSON.parse(labels) as number[]) };
}

function sliced(file: number, offset: number, length: number): ImageBytes {
  return { length, subarray: (from = 0, to = length) => readAt(file, offset + from, to - from) };
}

function readAt(file: number, position: number, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  for (let at = 0; at < length; ) {
    const read = readSync(file, bytes, at, length - at, position + at);
    if (read === 0) throw new CommandError("the pack was cut short while it was read", exitCodes.dataSet);
    at += read;
  }
  return bytes;
}
