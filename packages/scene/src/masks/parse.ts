/**
 * The words for masks, with their parameter behind a colon: `center:0.3`, `random:80%`, `lowres:4`, `color:#ff00ff:40`. What is no
 * word is the path of a mask file, for those who know files.
 */
import type { Mask } from "./mask.js";
import { pattern, strokes } from "./regions.js";
import { bottom, center, full, grid, left, lowres, random, right, top } from "./shapes.js";

/** A mask by rule, for any image of the model's size. */
export interface MaskRule {
  readonly by: "rule";
  /** Throws RangeError where the rule does not fit the size. */
  of(size: number, options: { readonly seed: number; readonly image?: number }): Mask;
  /** Side of the blocks whose means are known, where the mask is of that kind. */
  readonly block?: number;
}

/** What is missing shows in the image itself. */
export type MaskSign =
  | { readonly by: "alpha" }
  | {
      readonly by: "color";
      readonly rgb: readonly [number, number, number];
      /** The most that a channel may differ, in levels of 255. */
      readonly tolerance: number;
    };

export type ParsedMask = MaskRule | MaskSign;

/** What a colour may differ by where nothing else is said: what JPEG leaves of a flat colour. */
const TOLERANCE = 48;

/** How each word is written, for help and messages. */
export const SYNTAX = {
  center: "center[:BORDER]",
  random: "random[:SHARE]",
  pattern: "pattern[:SHARE]",
  strokes: "strokes[:SHARE]",
  left: "left",
  right: "right",
  top: "top",
  bottom: "bottom",
  full: "full",
  grid: "grid",
  lowres: "lowres[:BLOCK]",
  alpha: "alpha",
  color: "color:#RRGGBB[:TOLERANCE]",
} as const;

type Word = keyof typeof SYNTAX;

/**
 * Reads a mask; undefined for what begins with none of the words.
 *
 * center[:BORDER] leaves BORDER on each side, 0 to 0.5 (0.25) · random, pattern, strokes[:SHARE] miss that share (0.2; 0.25; 0.25) ·
 * left, right, top, bottom: that half is missing · full: nothing · grid: all but every 4th pixel of every 4th row ·
 * lowres[:BLOCK]: block means alone are known (8) · alpha: what is transparent · color:#RRGGBB[:TOLERANCE]: what has that colour, to
 * within TOLERANCE levels a channel (48). Shares are written 0.8 or 80%.
 *
 * @throws RangeError for a word with a parameter that it cannot have, saying what to write
 */
export function parse(text: string): ParsedMask | undefined {
  const [word, ...parameters] = text.trim().split(":");
  if (!Object.hasOwn(SYNTAX, word!)) return undefined;
  return read(word as Word, parameters);
}

function read(word: Word, parameters: readonly string[]): ParsedMask {
  const [first, ...rest] = parameters;
  if (word === "color") return colour(parameters);
  const wrong = (wanted: string) => new RangeError(`${[word, ...parameters].join(":")}: ${wanted}`);
  if (rest.length > 0) throw wrong(`write ${SYNTAX[word]}`);
  const share = (most: number, otherwise: number) => {
    if (first === undefined) return otherwise;
    const value = first.endsWith("%") ? Number(first.slice(0, -1)) / 100 : Number(first);
    if (first.trim() !== "" && value >= 0 && value <= most) return value;
    throw wrong(`give a share from 0 to ${most}, as in ${word}:0.3 or ${word}:30%`);
  };
  const drawn = (draw: typeof random | typeof pattern, fraction: number): MaskRule => ({
    by: "rule",
    of: (size, { seed, image = 0 }) => draw(size, { fraction, seed, image }),
  });
  if (word === "center") {
    const border = share(0.5, 0.25);
    return { by: "rule", of: (size) => center(size, border) };
  }
  if (word === "random") return drawn(random, share(1, 0.2));
  if (word === "pattern") return drawn(pattern, share(1, 0.25));
  if (word === "strokes") return drawn(strokes, share(1, 0.25));
  if (word === "lowres") {
    const block = Number(first ?? 8);
    if (!Number.isInteger(block) || block < 1) throw wrong("give the side of a block in whole pixels, as in lowres:8");
    return { by: "rule", of: (size) => lowres(size, block), block };
  }
  if (first !== undefined) throw wrong(`${word} takes no parameter`);
  if (word === "alpha") return { by: "alpha" };
  const plain = { left, right, top, bottom, full, grid }[word];
  return { by: "rule", of: (size) => plain(size) };
}

function colour(parameters: readonly string[]): MaskSign {
  const [digits, tolerance = String(TOLERANCE), ...rest] = parameters;
  const hex = /^#?([0-9a-f]{6})$/i.exec(digits ?? "")?.[1];
  const most = Number(tolerance);
  const whole = tolerance.trim() !== "" && Number.isInteger(most) && most >= 0 && most <= 255;
  if (!hex || !whole || rest.length > 0) {
    const written = ["color", ...parameters].join(":");
    throw new RangeError(
      `${written} names no colour: write color:#ff00ff, or color:#ff00ff:48 with a tolerance from 0 to 255`,
    );
  }
  const [red, green, blue] = [0, 2, 4].map((at) => Number.parseInt(hex.slice(at, at + 2), 16)) as [
    number,
    number,
    number,
  ];
  return { by: "color", rgb: [red, green, blue], tolerance: most };
}
