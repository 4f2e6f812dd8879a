/** What `--mask` means: a word, files that are painted where pixels are missing, or a sign in the images themselves. */
import { readdir, stat } from "node:fs/promises";
import { basename, extname, join } from "node:path";
import { type Mask, masks } from "@kintsugi/completion";
import { ImageError } from "@kintsugi/images";
import { type Picture, readMask, readPicture, withChannels } from "@kintsugi/images/node";
import { CommandError, exitCodes, type Reporter } from "@kintsugi/terminal";

const DRAWN = ["random", "pattern", "strokes"] as const;
type Drawn = (typeof DRAWN)[number];

export const MASK_WORDS = ["center", ...DRAWN, ...Object.keys(masks.PLAIN_MASKS)];

export interface MaskOptions {
  /** A word of `MASK_WORDS`, `alpha`, `color:#rrggbb`, or the path of a file or folder. */
  readonly mask: string;
  readonly centerScale: number;
  /** Share that random takes. */
  readonly randomFraction: number;
  /** Share that pattern and strokes take. */
  readonly regionFraction: number;
  /** What is missing in a mask file. */
  readonly missing: "white" | "black";
  readonly seed: number;
}

/** What is missing of an image is said by … */
export type MaskKind =
  /** … a rule, for images of the model's size. */
  | { readonly by: "word"; readonly of: (image: number) => Mask; readonly block?: number }
  /** … a painted file, one for all images or one each. */
  | { readonly by: "file"; readonly of: (imagePath: string) => string }
  /** … the image itself. */
  | { readonly by: "pixels"; readonly missing: (picture: Picture, pixel: number) => boolean };

/** Throws CommandError (usage) where there is no such word, no such file, and no mask for one of the images. */
export async function openMask(options: MaskOptions, size: number): Promise<MaskKind> {
  const { mask: name } = options;
  const word = wordMask(options, size);
  if (word) return word;
  const there = await stat(name).catch(() => undefined);
  if (!there) throw usage(`${name}: no such file or folder`);
  return { by: "file", of: there.isDirectory() ? await oneEach(name) : () => name };
}

/** What a word of `MASK_WORDS`, alpha or a colour means; undefined for what is none. Throws CommandError (usage). */
export function wordMask(
  options: Omit<MaskOptions, "missing">,
  size: number,
): Exclude<MaskKind, { by: "file" }> | undefined {
  const { mask: name, centerScale, randomFraction, regionFraction, seed } = options;
  if (DRAWN.includes(name as Drawn)) {
    const fraction = name === "random" ? randomFraction : regionFraction;
    return { by: "word", of: (image) => masks[name as Drawn](size, { fraction, seed, image }) };
  }
  if (name === "center") return rule(masks.center(size, centerScale));
  if (Object.hasOwn(masks.PLAIN_MASKS, name)) {
    return rule(masks.PLAIN_MASKS[name as keyof typeof masks.PLAIN_MASKS](size));
  }
  if (name === "alpha") return { by: "pixels", missing: ({ alpha }, p) => alpha !== undefined && alpha[p]! < 128 };
  return name.startsWith("color:") ? { by: "pixels", missing: hasColor(name) } : undefined;
}

/** The mask of a painted file for images of the model's size. Throws CommandError (usage) where it is no image. */
export async function paintedMask(path: string, size: number, options: MaskOptions, reporter: Reporter): Promise<Mask> {
  try {
    const { grey, alpha, adjusted } = await readMask(path, size);
    const mask = masks.fromPixels(size, options.missing === "black" ? grey.map((value) => 255 - value) : grey, alpha);
    if (adjusted) reporter.say(`${path}: ${adjusted}`);
    const missing = masks.missing(mask);
    const [paint, keep] = options.missing === "white" ? ["white", "black"] : ["black", "white"];
    if (missing === 0)
      reporter.warn(`${path}: nothing is missing; paint ${paint}, or transparent, what is to be completed`);
    if (missing === size * size) reporter.warn(`${path}: everything is missing; paint ${keep} what is known`);
    return mask;
  } catch (cause) {
    if (!(cause instanceof ImageError)) throw cause;
    throw usage(cause.message, cause);
  }
}

/** [height, width]: 1 where the picture's own pixels, or a mask file over all of it, say that one is missing. */
export async function missingIn(
  picture: Picture,
  path: string,
  kind: Exclude<MaskKind, { by: "word" }>,
  { missing }: Pick<MaskOptions, "missing">,
): Promise<Uint8Array> {
  const { width, height } = picture;
  if (kind.by === "file") return paintedOver(picture, await readPicture(kind.of(path)), missing);
  return Uint8Array.from({ length: width * height }, (_, p) => (kind.missing(picture, p) ? 1 : 0));
}

/** The same for a painted picture, which is stretched over the other: by nearest pixel. */
export function paintedOver({ width, height }: Picture, mask: Picture, missing: "white" | "black"): Uint8Array {
  const grey = withChannels(mask.bytes, mask.channels, 1);
  return Uint8Array.from({ length: width * height }, (_, p) => {
    const i = Math.floor(((Math.floor(p / width) + 0.5) * mask.height) / height);
    const at = i * mask.width + Math.floor((((p % width) + 0.5) * mask.width) / width);
    const painted = missing === "white" ? grey[at]! >= 128 : grey[at]! < 128;
    return painted || (mask.alpha !== undefined && mask.alpha[at]! < 128) ? 1 : 0;
  });
}

function rule(mask: Mask): Extract<MaskKind, { by: "word" }> {
  return { by: "word", of: () => mask, ...(mask.means ? { block: mask.means.block } : {}) };
}

function usage(reason: string, cause?: Error): CommandError {
  const words = [...MASK_WORDS, "alpha", "color:#rrggbb"].join(", ");
  return new CommandError(`--mask is none of ${words}, and no mask file: ${reason}`, exitCodes.usage, { cause });
}

/** `color:#rrggbb`: pixels of exactly that colour. */
function hasColor(name: string): (picture: Picture, pixel: number) => boolean {
  const digits = /^color:#?([0-9a-f]{6})$/i.exec(name)?.[1];
  if (!digits) {
    throw new CommandError(`--mask ${name} names no colour. Give one as color:#ff00ff`, exitCodes.usage);
  }
  const rgb = [0, 2, 4].map((at) => Number.parseInt(digits.slice(at, at + 2), 16));
  return ({ bytes, channels }, p) => rgb.every((value, c) => bytes[p * channels + (channels === 3 ? c : 0)] === value);
}

/** Masks of a folder by the names of the images, whatever their endings. */
async function oneEach(folder: string): Promise<(imagePath: string) => string> {
  const files = await readdir(folder);
  const stem = (path: string) => basename(path, extname(path)).normalize("NFC").toLowerCase();
  const byName = new Map(files.filter((file) => !file.startsWith(".")).map((file) => [stem(file), join(folder, file)]));
  return (imagePath) => {
    const found = byName.get(stem(imagePath));
    if (found) return found;
    const wanted = basename(imagePath, extname(imagePath));
    throw new CommandError(
      `there is no mask for ${imagePath} in ${folder}: add ${wanted}.png, or leave the image out`,
      exitCodes.usage,
    );
  };
}
