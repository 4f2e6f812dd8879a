import { open, rename, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { PNG } from "pngjs";
import { ImageError } from "./error.js";
import { type Image, toBytes } from "./image.js";

let written = 0;

/**
 * Writes a file whole or not at all: into a temporary file beside it, flushed to the disk, then renamed over it, so that a
 * reader or a crash never meets half a file. Throws ImageError, and leaves nothing behind.
 */
export const writeBytes = async (path: string, bytes: Uint8Array): Promise<void> => {
  const temporary = join(dirname(path), `.${basename(path)}.${process.pid}.${written++}.tmp`);
  try {
    const file = await open(temporary, "wx");
    try {
      await file.writeFile(bytes);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined);
    const { code } = error as NodeJS.ErrnoException;
    const remedy =
      code === "ENOENT"
        ? "make its folder first"
        : code === "EISDIR"
          ? "a folder has that name, choose another"
          : code === "ENOSPC"
            ? "free some disk space"
            : "check that its folder is writable";
    throw new ImageError(`${path}: cannot be written (${code}); ${remedy}`, { cause: error });
  }
};

/** The image as a PNG file, 8-bit grey or RGB. */
export const encodePng = (image: Image): Uint8Array => {
  const { width, height } = image;
  const colorType = image.channels === 1 ? 0 : 2;
  const png = new PNG({ width, height, colorType, inputColorType: colorType, inputHasAlpha: false, bitDepth: 8 });
  png.data = Buffer.from(toBytes(image));
  return PNG.sync.write(png, { colorType, inputColorType: colorType, inputHasAlpha: false });
};

/** Writes the image as an 8-bit grey or RGB PNG, whole or not at all. Throws ImageError. */
export const writePng = async (path: string, image: Image): Promise<void> => writeBytes(path, encodePng(image));
