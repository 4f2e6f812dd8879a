import type { Sharp } from "sharp";
import { openEncoded, reasonOf } from "./decoder.js";
import { ImageError } from "./error.js";
import { type Channels, fromBytes, type Image, luma, pixelsToBytes } from "./image.js";

/** The part of a picture that is used: its central square, all of it (squeezed), or the central square of so many pixels. */
export type Crop = "center" | "none" | number;

/** How to read: a square of `size` pixels a side, grey (1) or colour (3); of the central square, unless `crop` says else. */
export interface ReadOptions {
  readonly size: number;
  readonly channels: Channels;
  readonly crop?: Crop;
}

/** Who gives the bytes of a file knows its name. */
export const nameOf = (from: string | Uint8Array): string => (typeof from === "string" ? from : "the image");

const checkSize = (size: number): void => {
  if (!Number.isInteger(size) || size < 1) throw new ImageError(`image size is ${size}; give a whole number ≥ 1`);
};

/** The part of the upright picture that is used, before any pixel is decoded. */
interface Part {
  readonly picture: Sharp;
  readonly width: number;
  readonly height: number;
  /** What was done so far, the size on disk first. */
  readonly steps: string[];
}

const open = async (from: string | Uint8Array, crop: Crop = "center"): Promise<Part> => {
  const opened = await openEncoded(from);
  const header = await opened().metadata();
  const upright = header.autoOrient;
  const steps = [`${header.width}×${header.height}`];
  if ((header.orientation ?? 1) > 1) steps.push(`turned upright ${upright.width}×${upright.height}`);
  if (crop === "none") return { picture: opened().autoOrient(), ...upright, steps };
  const side = Math.min(upright.width, upright.height, crop === "center" ? Number.POSITIVE_INFINITY : crop);
  const left = Math.floor((upright.width - side) / 2);
  const top = Math.floor((upright.height - side) / 2);
  if (upright.width !== side || upright.height !== side) steps.push(`centre crop ${side}`);
  // Cropped before it is resized: the square is exact to the pixel, and the scale the same in both directions.
  const picture = opened().autoOrient().extract({ left, top, width: side, height: side });
  return { picture, width: side, height: side, steps };
};

/** 8-bit sRGB, whatever the file holds: RGB, or RGBA where it has alpha. */
const decode = async (picture: Sharp): Promise<{ pixels: Uint8Array; step: 3 | 4 }> => {
  const decoded = await picture.toColourspace("srgb").raw({ depth: "uchar" }).toBuffer({ resolveWithObject: true });
  return { pixels: decoded.data, step: decoded.info.channels === 4 ? 4 : 3 };
};

const summary = (steps: readonly string[]): string | undefined => (steps.length > 1 ? steps.join(" → ") : undefined);

/** A file as size×size×channels bytes, or the reason why not. */
export const readPixels = async (
  path: string | Uint8Array,
  { size, channels, crop }: ReadOptions,
): Promise<{ bytes: Uint8Array; adjusted: string | undefined } | { reason: string }> => {
  checkSize(size);
  try {
    const { picture, width, height, steps } = await open(path, crop);
    if (width !== size || height !== size) {
      picture.resize(size, size, { kernel: "lanczos3", fit: "fill" });
      steps.push(`${size}×${size}`);
    }
    const { pixels, step } = await decode(picture);
    const { bytes, transparent } = pixelsToBytes(pixels, step, channels);
    if (transparent) steps.push("alpha over mid-grey");
    return { bytes, adjusted: summary(steps) };
  } catch (error) {
    return { reason: reasonOf(error) };
  }
};

/** An image, and what was done to make it fit (`218×178 → centre crop 178 → 64×64`); undefined when it fitted. */
export interface ReadImage {
  readonly image: Image;
  readonly adjusted: string | undefined;
}

/**
 * Reads a picture of a format in the list (`formats.ts`), from its path or its bytes, of any size, bit depth and channels as a square in [−1, 1]: turned upright as its EXIF says, the
 * central square, resized with a Lanczos filter. A file that is size×size already keeps its bytes. Transparent pixels are
 * laid over mid-grey, 0 in [−1, 1], as masked pixels are shown; grey is Rec. 601 luma. Throws ImageError.
 */
export const readImage = async (path: string | Uint8Array, options: ReadOptions): Promise<ReadImage> => {
  const read = await readPixels(path, options);
  if ("reason" in read) throw new ImageError(`${nameOf(path)}: ${read.reason}`);
  const { size, channels } = options;
  return { image: fromBytes(read.bytes, size, size, channels), adjusted: read.adjusted };
};

/** A mask file's pixels, size×size bytes each. `alpha` only where the file has an alpha channel. */
export interface MaskPixels {
  readonly grey: Uint8Array;
  readonly alpha?: Uint8Array;
  readonly adjusted: string | undefined;
}

/**
 * Reads a mask: the same square of the picture as `readImage` takes, but each pixel is the nearest one of the file, so that
 * a black and white mask stays black and white. What grey and alpha mean is for the caller to say. Throws ImageError.
 */
export const readMask = async (path: string | Uint8Array, size: number): Promise<MaskPixels> => {
  checkSize(size);
  try {
    const { picture, width: side, steps } = await open(path);
    if (side !== size) steps.push(`${size}×${size} nearest`);
    const { pixels, step } = await decode(picture);
    const grey = new Uint8Array(size * size);
    const alpha = new Uint8Array(size * size);
    const nearest = (i: number): number => Math.floor(((i + 0.5) * side) / size);
    for (let y = 0; y < size; y++)
      for (let x = 0; x < size; x++) {
        const from = (nearest(y) * side + nearest(x)) * step;
        grey[y * size + x] = luma(pixels[from]!, pixels[from + 1]!, pixels[from + 2]!);
        if (step === 4) alpha[y * size + x] = pixels[from + 3]!;
      }
    return { grey, ...(step === 4 ? { alpha } : {}), adjusted: summary(steps) };
  } catch (error) {
    throw new ImageError(`${nameOf(path)}: ${reasonOf(error)}`, { cause: error });
  }
};
