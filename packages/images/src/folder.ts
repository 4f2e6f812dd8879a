import { ImageError } from "./error.js";
import { findSurvey, type ImageFile, type LeftOut, placeOf } from "./files.js";
import { inOrder } from "./ordered.js";
import { type ReadOptions, readPixels } from "./read.js";

/** A file that was passed over, and why. */
export interface Skipped {
  readonly name: string;
  readonly reason: string;
}

/** `limit`: at most that many files, by name. Callbacks are called while loading, in the order of the names. */
export interface LoadOptions extends ReadOptions {
  readonly limit?: number;
  readonly onProgress?: (done: number, total: number) => void;
  readonly onSkip?: (skipped: Skipped) => void;
}

/** A folder in memory: `images` holds names.length × size × size × channels bytes, in the order of the names. */
export interface LoadedFolder {
  readonly names: string[];
  readonly images: Uint8Array;
  readonly skipped: Skipped[];
  /** What lay there and is no picture by its name. */
  readonly leftOut: LeftOut;
  /** What was done to make images fit, most frequent first: `{ change: "178×218 → centre crop 178 → 64×64", count }`. */
  readonly adjusted: { change: string; count: number }[];
}

/** A file as bytes, and what was done to make it fit; or why it cannot be read. */
export type Decoded = { readonly name: string } & (
  | { readonly bytes: Uint8Array; readonly adjusted: string | undefined }
  | { readonly reason: string }
);

/** The files as `readImage` reads them, but as bytes [size, size, channels], a few at a time and in their order. */
export const decodeInOrder = (files: readonly ImageFile[], options: ReadOptions): AsyncGenerator<Decoded> =>
  inOrder(files, async ({ name, path }) => ({ name, ...(await readPixels(path, options)) }));

const allocate = (length: number): Uint8Array => {
  try {
    return new Uint8Array(length);
  } catch (error) {
    throw new ImageError(`${Math.round(length / 2 ** 20)} MiB of images do not fit in memory; set a limit`, {
      cause: error,
    });
  }
};

/**
 * Loads a folder (or a list of files and folders) as bytes, each image read as `readImage` does. The order is that of
 * `listImages`, however the decoding was scheduled. Files that cannot be read are listed and skipped. Throws ImageError where
 * the folder does not exist, holds no image, or none that can be read.
 */
export const loadFolder = async (
  from: string | readonly string[],
  { size, channels, crop = "center", limit, onProgress, onSkip }: LoadOptions,
): Promise<LoadedFolder> => {
  const where = placeOf(from);
  const survey = await findSurvey(from);
  const files = survey.files.slice(0, limit);
  const stride = size * size * channels;
  const images = allocate(files.length * stride);
  const names: string[] = [];
  const skipped: Skipped[] = [];
  const changes = new Map<string, number>();
  for await (const read of decodeInOrder(files, { size, channels, crop })) {
    const { name } = read;
    if ("reason" in read) {
      skipped.push({ name, reason: read.reason });
      onSkip?.({ name, reason: read.reason });
    } else {
      images.set(read.bytes, names.length * stride);
      names.push(name);
      if (read.adjusted) changes.set(read.adjusted, (changes.get(read.adjusted) ?? 0) + 1);
    }
    onProgress?.(names.length + skipped.length, files.length);
  }
  if (names.length === 0) {
    const first = `${skipped[0]!.name}: ${skipped[0]!.reason}`;
    if (skipped[0]!.name === where) throw new ImageError(first);
    const none = files.length === 1 ? "" : `none of ${files.length} images can be read; `;
    throw new ImageError(`${where}: ${none}${first}`);
  }
  const adjusted = [...changes].map(([change, count]) => ({ change, count }));
  // Equal counts by text, so that the list does not depend on which file was decoded first.
  adjusted.sort((a, b) => b.count - a.count || (a.change < b.change ? -1 : 1));
  return { names, images: images.subarray(0, names.length * stride), skipped, leftOut: survey.leftOut, adjusted };
};
