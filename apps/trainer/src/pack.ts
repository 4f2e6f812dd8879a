/**
 * A data set in one file: images decoded, cropped and resized once. It is a safetensors file of one tensor, `images` [N, H,
 * W, C] of bytes, with the files' names, and their classes where they have some, in its metadata; so whatever reads
 * safetensors reads it, and nothing in it can run.
 * Read a slice at a time: the system keeps in memory what is used.
 */
import { fstatSync, openSync, readSync } from "node:fs";
import { relative, sep } from "node:path";
import { inWords, writeWhole } from "@kintsugi/files";
import {
  type Crop,
  decodeInOrder,
  describeLeftOut,
  findSurvey,
  type ReadOptions,
  type Skipped,
} from "@kintsugi/images/node";
import {
  crc32c,
  encodeSafetensorsHeader,
  readSafetensorsHeader,
  SafetensorsError,
  safetensorsHeaderEnd,
} from "@kintsugi/nn";
import { CommandError, exitCodes } from "@kintsugi/terminal";
import * as v from "valibot";
import type { ImageBytes } from "./batches.js";
import { describeLoose, listClasses } from "./class_folders.js";

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
  /** Throws CommandError (data) where the bytes of images, of which `first` is the first, are not those that were packed. */
  check(first: number, images: Uint8Array): void;
}

export interface PackOptions extends Required<ReadOptions> {
  readonly limit?: number;
  /** Whether sub-folders are classes: the images then come in the order in which `train --classes` takes them. */
  readonly classes?: boolean;
  readonly onProgress?: (done: number, total: number) => void;
  readonly onSkip?: (skipped: Skipped) => void;
  /** What was left out, in a line. */
  readonly onRemark?: (line: string) => void;
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
  const { files: all, leftOut } = found
    ? { files: found.paths.map((path) => ({ path, name: relative(from, path).split(sep).join("/") })), ...found }
    : await findSurvey(from);
  const files = all.slice(0, limit);
  for (const line of [describeLeftOut(leftOut), describeLoose(found?.loose ?? [])])
    if (line !== undefined) options.onRemark?.(line);
  const kindsOf = (names: readonly string[]) =>
    found && {
      classes: JSON.stringify(found.classes),
      labels: JSON.stringify(names.map((name) => found.classes.indexOf(name.slice(0, name.indexOf("/"))))),
    };
  const header = (names: readonly string[], sums: readonly number[], room?: number) =>
    encodeSafetensorsHeader(
      [[TENSOR, { dtype: "U8", shape: [names.length, size, size, channels] }]],
      {
        format: "kintsugi-pack 1",
        crop: String(crop),
        names: JSON.stringify(names),
        checksums: encodeSums(sums),
        ...kindsOf(names),
      },
      room,
    );
  // Files that turn out unreadable only make it shorter.
  const room = header(
    files.map(({ name }) => name),
    files.map(() => 0),
  ).length;
  return writeWhole(path, async (file) => {
    const names: string[] = [];
    const sums: number[] = [];
    const stride = size * size * channels;
    let done = 0;
    for await (const read of decodeInOrder(files, { size, channels, crop })) {
      signal?.throwIfAborted();
      if ("reason" in read) onSkip?.(read);
      else {
        await file.write(read.bytes, room + names.length * stride);
        names.push(read.name);
        sums.push(crc32c(read.bytes));
      }
      onProgress?.(++done, files.length);
    }
    if (names.length === 0)
      throw new CommandError(`${from}: no image that can be read, here or in its sub-folders`, exitCodes.dataSet);
    await file.write(header(names, sums, room), 0);
    return names.length;
  });
}

/** A checksum (CRC-32C) of each image, as base64 of little-endian numbers, so that their length is known beforehand. */
function encodeSums(sums: readonly number[]): string {
  const bytes = Buffer.alloc(4 * sums.length);
  for (const [i, sum] of sums.entries()) bytes.writeUInt32LE(sum, 4 * i);
  return bytes.toString("base64");
}

const json = <T extends v.GenericSchema>(schema: T) =>
  v.pipe(
    v.string(),
    v.rawTransform(({ dataset, addIssue, NEVER }) => {
      try {
        return JSON.parse(dataset.value) as unknown;
      } catch {
        addIssue({ message: "is not JSON" });
        return NEVER;
      }
    }),
    schema,
  );

/** What a pack says beside its images. Packs of other makers may say nothing. */
const METADATA = v.object({
  crop: v.optional(
    v.union([
      v.picklist(["center", "none"]),
      v.pipe(v.string(), v.regex(/^\d{1,6}$/), v.transform(Number), v.minValue(1)),
    ]),
    "none",
  ),
  names: v.optional(json(v.array(v.string()))),
  classes: v.optional(json(v.array(v.string()))),
  labels: v.optional(json(v.array(v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(0xffff))))),
  checksums: v.optional(v.pipe(v.string(), v.base64())),
});

/** Opens a pack. The file stays open as long as the process. Throws CommandError (data). */
export function openPack(path: string): Pack {
  const wrong = (reason: string, cause?: unknown) =>
    new CommandError(`${path}: ${reason}; make it with kintsugi pack`, exitCodes.dataSet, { cause });
  try {
    const file = openSync(path, "r");
    const length = fstatSync(file).size;
    const end = safetensorsHeaderEnd(readAt(path, file, 0, Math.min(64, length)), length);
    const { entries, metadata } = readSafetensorsHeader(readAt(path, file, 0, end), length);
    const entry = entries.get(TENSOR);
    const [count, height, width, channels] = entry?.shape ?? [];
    if (entry?.dtype !== "U8" || entry.shape.length !== 4 || height !== width || (channels !== 1 && channels !== 3))
      throw wrong(`it holds no tensor "${TENSOR}" of bytes [N, S, S, 1 or 3]`);
    const said = v.safeParse(METADATA, metadata);
    if (!said.success) {
      const [{ path: [{ key } = { key: "metadata" }] = [] }] = said.issues;
      throw wrong(`its metadata is damaged: ${String(key)} is not what a pack says`);
    }
    const { crop, names = [], classes, labels, checksums } = said.output;
    const kinds = classes && labels ? { classes, labels: Uint16Array.from(labels) } : undefined;
    if (kinds && (kinds.labels.length !== count || kinds.labels.some((label) => label >= kinds.classes.length)))
      throw wrong("its classes do not fit its images");
    if (names.length !== count && names.length > 0) throw wrong("its names do not fit its images");
    const sums = checksums === undefined ? undefined : Buffer.from(checksums, "base64");
    if (sums && sums.length !== 4 * count!) throw wrong("its checksums do not fit its images");
    const bytes = sliced(path, file, entry.begin, entry.end - entry.begin);
    return {
      count: count!,
      size: height!,
      channels,
      crop,
      names,
      ...(kinds ? { kinds } : {}),
      bytes,
      check(first, images) {
        const stride = height! * height! * channels;
        for (let i = 0; sums && i * stride < images.length; i++) {
          const own = images.subarray(i * stride, (i + 1) * stride);
          if (crc32c(own) === sums.readUInt32LE(4 * (first + i))) continue;
          throw wrong(`the checksum of image ${names[first + i] ?? first + i} is wrong: the pack is damaged`);
        }
      },
    };
  } catch (error) {
    if (error instanceof SafetensorsError) throw wrong(error.message, error);
    if (error instanceof CommandError) throw error;
    const { code } = error as NodeJS.ErrnoException;
    if (code === undefined) throw error;
    const found = inWords(error);
    const reason = code === "ENOENT" ? "there is no such file" : ((found as Error).message ?? code);
    throw wrong(code === "EISDIR" ? "it is a folder" : reason, error);
  }
}

function sliced(path: string, file: number, offset: number, length: number): ImageBytes {
  return { length, subarray: (from = 0, to = length) => readAt(path, file, offset + from, to - from) };
}

function readAt(path: string, file: number, position: number, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  for (let at = 0; at < length; ) {
    const read = readSync(file, bytes, at, length - at, position + at);
    if (read === 0)
      throw new CommandError(
        `${path} was cut short while it was read; make it anew with kintsugi pack`,
        exitCodes.dataSet,
      );
    at += read;
  }
  return bytes;
}
