/** What `--mask` means: a rule, files that are painted where pixels are missing, or a sign in the images themselves. */
import { stat } from "node:fs/promises";
import { ImageError, type Picture } from "@kintsugi/images";
import { readPicture } from "@kintsugi/images/node";
import { countMissing, type MaskRule, type MaskSign, type Missing, masks, painted, signed } from "@kintsugi/scene";
import { CommandError, exitCodes, type Reporter } from "@kintsugi/terminal";
import { maskFolder } from "./mask_folder.js";

/** How masks are written, beside files. */
export const MASK_WORDS = Object.values(masks.SYNTAX);

export interface MaskOptions {
  /** As `masks.parse` reads it, or the path of a file or folder. */
  readonly mask: string;
  /** What is missing in a mask file. */
  readonly missing: "white" | "black";
  readonly seed: number;
  /** Old spellings of what now stands in `mask`. */
  readonly centerScale?: number;
  readonly randomFraction?: number;
  readonly regionFraction?: number;
}

/** One painted file for all images, or one each. */
export interface MaskFiles {
  readonly by: "file";
  readonly of: (imagePath: string) => string;
}

export type MaskKind = MaskRule | MaskSign | MaskFiles;

/**
 * @param images the paths of all images, of which each must have its mask
 * @throws CommandError (usage) where there is no such mask, and none for one of the images
 */
export async function openMask(options: MaskOptions, images: readonly string[], reporter: Reporter): Promise<MaskKind> {
  const text = withOldSpelling(options, reporter);
  const word = wordMask(text);
  if (word) return word;
  const there = await stat(text).catch(() => undefined);
  if (there) return { by: "file", of: there.isDirectory() ? await maskFolder(text, images) : () => text };
  throw usage(`--mask ${text} is no file or folder, and none of ${MASK_WORDS.join(", ")}`);
}

/** As `masks.parse`. Throws CommandError (usage) for a parameter that cannot be. */
export function wordMask(text: string): MaskRule | MaskSign | undefined {
  try {
    return masks.parse(text);
  } catch (error) {
    throw usage(`--mask ${(error as Error).message}`);
  }
}

/** The parameters once had options of their own. */
function withOldSpelling(options: MaskOptions, reporter: Reporter): string {
  const { mask, centerScale, randomFraction, regionFraction } = options;
  const old = {
    center: ["--center-scale", centerScale],
    random: ["--random-fraction", randomFraction],
    pattern: ["--region-fraction", regionFraction],
    strokes: ["--region-fraction", regionFraction],
  } as const;
  if (!Object.hasOwn(old, mask)) return mask;
  const [flag, value] = old[mask as keyof typeof old];
  if (value === undefined) return mask;
  reporter.say(`${flag} ${value} is now written --mask ${mask}:${value}`);
  return `${mask}:${value}`;
}

/** [height, width]: what is missing of a picture. Throws ImageError for a mask file that cannot be used, naming it. */
export async function missingIn(
  picture: Picture,
  path: string,
  kind: MaskSign | MaskFiles,
  { missing }: Pick<MaskOptions, "missing">,
): Promise<Missing> {
  if (kind.by !== "file") return signed(picture, kind);
  const file = kind.of(path);
  const mask = await readPicture(file);
  try {
    return painted(picture, mask, missing);
  } catch (error) {
    if (!(error instanceof ImageError)) throw error;
    throw new ImageError(`${file}: ${error.message}`, { cause: error });
  }
}

/** What a user would want to know of a hole, in sentences that follow the picture's name. */
export function remarks(hole: Missing, kind: MaskSign | MaskFiles, missing: "white" | "black"): string[] {
  const count = countMissing(hole);
  const [paint, keep] = missing === "white" ? ["white", "black"] : ["black", "white"];
  if (count === 0) {
    const remedy = {
      file: `paint ${paint}, or transparent, what is to be completed`,
      alpha: "make transparent what is to be completed",
      color: "no pixel has that colour; give another, or a larger tolerance as in color:#ffffff:80",
    }[kind.by];
    return [`nothing is missing; ${remedy}`];
  }
  if (count === hole.length) {
    const remedy = {
      file: `paint ${keep} what is known`,
      alpha: "make opaque what is known",
      color: "give a smaller tolerance",
    };
    return [`everything is missing; ${remedy[kind.by]}`];
  }
  return [];
}

export function usage(message: string, cause?: Error): CommandError {
  return new CommandError(message, exitCodes.usage, cause ? { cause } : {});
}
