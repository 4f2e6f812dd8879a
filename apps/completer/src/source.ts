/** Where the images of a run come from, with their masks: squares of the model's size, or squares of whole pictures. */

import type { Pictures } from "@kintsugi/completion";
import { type Blend, type Mask, masks } from "@kintsugi/completion";
import type { DcganConfig } from "@kintsugi/dcgan";
import { bytesToValues, type Channels, ImageError } from "@kintsugi/images";
import { type Picture, readPicture, withChannels } from "@kintsugi/images/node";
import { CommandError, exitCodes, type Reporter } from "@kintsugi/terminal";
import { existing, loadImages, resultNames } from "./load_images.js";
import { type MaskKind, type MaskOptions, openMask, paintedMask } from "./mask_option.js";
import { type Cutting, centralSquare, cut, holesOf, paste, type Square, shrink, squareAround } from "./scene.js";

/** A square given in pixels of the upright picture, or the one around the hole. */
export type Region = Square | "auto";

export interface SourceOptions extends MaskOptions {
  readonly region?: Region;
  readonly blend: Blend;
}

export interface Source {
  readonly names: readonly string[];
  readonly pictures: Pictures;
  /** Files that were passed over. */
  readonly skipped: number;
  /** Side of the blocks whose means are known, for a low-resolution mask. */
  readonly block?: number;
  /** The whole picture with its region completed by G(z), where a region was asked for. */
  readonly paste?: (image: number, hat: Float32Array) => Promise<Picture>;
}

/** Throws CommandError: usage for a mask that fits nothing, data set where no image is left. */
export async function openSource(
  paths: readonly string[],
  options: SourceOptions,
  config: DcganConfig,
  reporter: Reporter,
): Promise<Source> {
  const kind = await openMask(options, config.size);
  if (kind.by === "word" && options.region === "auto") {
    throw new CommandError(
      `--region auto looks for the hole, which --mask ${options.mask} puts into the region. Give the region as x,y,side,side`,
      exitCodes.usage,
    );
  }
  if (options.region !== undefined || kind.by === "pixels") return openScenes(paths, kind, options, config, reporter);
  return openSquares(paths, kind, options, config, reporter);
}

async function openSquares(
  paths: readonly string[],
  kind: Exclude<MaskKind, { by: "pixels" }>,
  options: SourceOptions,
  config: DcganConfig,
  reporter: Reporter,
): Promise<Source> {
  // A mask file that cannot be read is worth knowing before the images are.
  const painted = new Map<string, Mask>();
  const paint = async (file: string) => {
    const mask = painted.get(file) ?? (await paintedMask(file, config.size, options, reporter));
    painted.set(file, mask);
    return mask;
  };
  const files = await loadImages(paths, config, reporter);
  const own = kind.by === "file" ? await Promise.all(files.paths.map((path) => paint(kind.of(path)))) : [];
  const stride = config.size ** 2 * config.channels;
  const pictures: Pictures = {
    count: files.names.length,
    values: (first, count) => bytesToValues(files.bytes.subarray(first * stride, (first + count) * stride)),
    mask: kind.by === "word" ? kind.of : (image) => own[image]!,
  };
  const block = kind.by === "word" ? kind.block : undefined;
  return { names: files.names, pictures, skipped: files.skipped, ...(block === undefined ? {} : { block }) };
}

async function openScenes(
  paths: readonly string[],
  kind: MaskKind,
  options: SourceOptions,
  { size, channels: count }: DcganConfig,
  reporter: Reporter,
): Promise<Source> {
  const channels = count as Channels;
  const found = await existing(paths, reporter);
  const open = async (path: string, image: number): Promise<{ picture: Picture; cutting: Cutting }> => {
    const picture = await readPicture(path);
    if (kind.by === "word") {
      const square = options.region === "auto" ? undefined : options.region;
      const place = square ? inside(square, picture, path) : centralSquare(picture);
      return { picture, cutting: cut(picture, place, holesOf(kind.of(image), picture, place)) };
    }
    const missing = await missingIn(picture, path, kind, options);
    return { picture, cutting: cut(picture, squareOf(picture, path, missing, size, options.region), missing) };
  };
  const opened: { path: string; values: Float32Array; mask: Mask }[] = [];
  let { skipped } = found;
  for (const path of found.paths) {
    try {
      const { picture, cutting } = await open(path, opened.length);
      const small = await shrink(cutting, picture.channels, size, channels);
      if (masks.missing(small.mask) === 0) reporter.warn(`${path}: nothing is missing`);
      opened.push({ path, ...small });
    } catch (error) {
      if (!(error instanceof ImageError)) throw error;
      skipped++;
      reporter.warn(`skipped ${error.message}`);
      reporter.emit({ t: "skip", image: path, reason: error.message });
    }
  }
  if (opened.length === 0) throw new CommandError("no image to complete", exitCodes.dataSet);
  return {
    names: resultNames(opened.map(({ path }) => path)),
    skipped,
    pictures: {
      count: opened.length,
      values: (first, number) => joined(opened.slice(first, first + number).map(({ values }) => values)),
      mask: (image) => opened[image]!.mask,
    },
    ...(kind.by === "word" && kind.block !== undefined ? { block: kind.block } : {}),
    ...(options.region === undefined
      ? {}
      : {
          // Read again: a folder of photographs need not fit in memory.
          async paste(image, hat) {
            const { picture, cutting } = await open(opened[image]!.path, image);
            return paste(picture, cutting, hat, { size, channels, blend: options.blend });
          },
        }),
  };
}

/** [height, width]: 1 where the picture's own pixels, or a mask file over all of it, say that one is missing. */
async function missingIn(
  picture: Picture,
  path: string,
  kind: Exclude<MaskKind, { by: "word" }>,
  options: SourceOptions,
): Promise<Uint8Array> {
  const { width, height } = picture;
  if (kind.by === "pixels") {
    return Uint8Array.from({ length: width * height }, (_, p) => (kind.missing(picture, p) ? 1 : 0));
  }
  const mask = await readPicture(kind.of(path));
  const grey = withChannels(mask.bytes, mask.channels, 1);
  return Uint8Array.from({ length: width * height }, (_, p) => {
    const i = Math.floor(((Math.floor(p / width) + 0.5) * mask.height) / height);
    const at = i * mask.width + Math.floor((((p % width) + 0.5) * mask.width) / width);
    const painted = options.missing === "white" ? grey[at]! >= 128 : grey[at]! < 128;
    return painted || (mask.alpha !== undefined && mask.alpha[at]! < 128) ? 1 : 0;
  });
}

function squareOf(
  picture: Picture,
  path: string,
  missing: Uint8Array,
  size: number,
  region: Region | undefined,
): Square {
  if (region === undefined) return centralSquare(picture);
  if (region === "auto") return squareAround(missing, picture, size) ?? centralSquare(picture);
  return inside(region, picture, path);
}

function inside(square: Square, { width, height }: Picture, path: string): Square {
  if (square.left + square.side <= width && square.top + square.side <= height) return square;
  throw new ImageError(`${path}: it is ${width}×${height} upright, the region reaches beyond it`);
}

function joined(parts: readonly Float32Array[]): Float32Array {
  const stride = parts[0]?.length ?? 0;
  const whole = new Float32Array(parts.length * stride);
  parts.forEach((part, i) => {
    whole.set(part, i * stride);
  });
  return whole;
}
