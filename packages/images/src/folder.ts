import { availableParallelism } from "node:os";
import { ImageError } from "./error.js";
import { listImages } from "./files.js";
import { type ReadOptions, readPixels } from "./read.js";

/** A file that was passed over, and why. */
export interface Skipped {
  readonly name: string;
  readonly reason: string;
}

/** `limit`: at most that many files, by name. Callbacks are called while loading; skips come in order of completion. */
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
  /** What was done to make images fit, most frequent first: `{ change: "178×218 → centre crop 178 → 64×64", count }`. */
  readonly adjusted: { change: string; count: number }[];
}

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
  const where = typeof from === "string" ? from : from.join(", ");
  const files = (await listImages(from)).slice(0, limit);
  if (files.length === 0)
    throw new ImageError(
      `${where}: no PNG, JPEG or WebP files here or in its sub-folders; name the folder that has them`,
    );

  const stride = size * size * channels;
  const images = allocate(files.length * stride);
  const reasons = new Map<number, string>();
  const changes = new Map<string, number>();
  let next = 0;
  let done = 0;
  const decodeSome = async (): Promise<void> => {
    for (let i = next++; i < files.length; i = next++) {
      const { name, path } = files[i]!;
      const read = await readPixels(path, { size, channels, crop });
      if ("reason" in read) {
        reasons.set(i, read.reason);
        onSkip?.({ name, reason: read.reason });
      } else {
        images.set(read.bytes, i * stride);
        if (read.adjusted) changes.set(read.adjusted, (changes.get(read.adjusted) ?? 0) + 1);
      }
      onProgress?.(++done, files.length);
    }
  };
  // A few more than cores hide the waiting for the disk; many more would only hold decoded pictures in memory.
  await Promise.all(Array.from({ length: Math.min(16, availableParallelism() + 2) }, decodeSome));

  const names: string[] = [];
  const skipped: Skipped[] = [];
  files.forEach(({ name }, i) => {
    const reason = reasons.get(i);
    if (reason !== undefined) {
      skipped.push({ name, reason });
      return;
    }
    // Close the gaps that skipped files left.
    images.copyWithin(names.length * stride, i * stride, (i + 1) * stride);
    names.push(name);
  });
  if (names.length === 0)
    throw new ImageError(
      `${where}: none of ${files.length} images can be read; ${skipped[0]!.name}: ${skipped[0]!.reason}`,
    );
  const adjusted = [...changes].map(([change, count]) => ({ change, count }));
  // Equal counts by text, so that the list does not depend on which file was decoded first.
  adjusted.sort((a, b) => b.count - a.count || (a.change < b.change ? -1 : 1));
  return { names, images: images.subarray(0, names.length * stride), skipped, adjusted };
};
