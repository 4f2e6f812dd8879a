/** What `--mask` means: a word, or a file that is painted white where pixels are missing. */
import { type Mask, masks } from "@kintsugi/completion";
import { ImageError } from "@kintsugi/images";
import { readMask } from "@kintsugi/images/node";
import { CommandError, exitCodes, type Reporter } from "@kintsugi/terminal";

export const MASK_WORDS = ["center", "random", ...Object.keys(masks.PLAIN_MASKS)];

export interface MaskOptions {
  /** A word of `MASK_WORDS`, or the path of a file. */
  readonly mask: string;
  readonly centerScale: number;
  readonly randomFraction: number;
  readonly seed: number;
}

/** The mask of each image, by its number. */
export interface MaskSource {
  readonly of: (image: number) => Mask;
  /** Side of the blocks whose means are known, for a low-resolution mask. */
  readonly block?: number;
}

/** Throws CommandError (usage) where there is no such word and no such file, or the file is no image. */
export async function openMask(options: MaskOptions, size: number, reporter: Reporter): Promise<MaskSource> {
  const { mask: name, centerScale, randomFraction: fraction, seed } = options;
  if (name === "random") return { of: (image) => masks.random(size, { fraction, seed, image }) };
  const mask =
    name === "center"
      ? masks.center(size, centerScale)
      : (plainMask(name, size) ?? (await painted(name, size, reporter)));
  return { of: () => mask, ...(mask.means ? { block: mask.means.block } : {}) };
}

function plainMask(name: string, size: number): Mask | undefined {
  if (!Object.hasOwn(masks.PLAIN_MASKS, name)) return undefined;
  return masks.PLAIN_MASKS[name as keyof typeof masks.PLAIN_MASKS](size);
}

async function painted(path: string, size: number, reporter: Reporter): Promise<Mask> {
  try {
    const { grey, alpha, adjusted } = await readMask(path, size);
    const mask = masks.fromPixels(size, grey, alpha);
    if (adjusted) reporter.say(`${path}: ${adjusted}`);
    const missing = masks.missing(mask);
    if (missing === 0)
      reporter.warn(`${path}: nothing is missing; paint white, or transparent, what is to be completed`);
    if (missing === size * size) reporter.warn(`${path}: everything is missing; paint black what is known`);
    return mask;
  } catch (cause) {
    if (!(cause instanceof ImageError)) throw cause;
    const words = MASK_WORDS.join(", ");
    throw new CommandError(`--mask is none of ${words}, and no mask file: ${cause.message}`, exitCodes.usage, {
      cause,
    });
  }
}
