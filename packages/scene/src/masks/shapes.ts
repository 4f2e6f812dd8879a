/** Masks of plain shapes: those of Amos' program, with `right`, `top` and `bottom` beside its `left`. */
import { PURPOSE, uniform } from "@kintsugi/nn";
import type { Mask } from "./mask.js";

/** Known where `rule` says so. */
function where(size: number, rule: (row: number, column: number) => boolean): Mask {
  const pixels = Float32Array.from({ length: size * size }, (_, at) =>
    rule(Math.floor(at / size), at % size) ? 1 : 0,
  );
  return { size, pixels };
}

/**
 * A square hole in the middle: rows and columns int(size·scale) … int(size·(1 − scale)) − 1 are missing. A scale of 0.25
 * takes a quarter of the picture, 0 all of it, 0.5 nothing. Throws RangeError for other scales.
 */
export function center(size: number, scale = 0.25): Mask {
  if (!(scale >= 0 && scale <= 0.5)) throw new RangeError(`center: a scale of ${scale} is not from 0 to 0.5`);
  const [first, end] = [Math.trunc(size * scale), Math.trunc(size * (1 - scale))];
  const inside = (at: number) => at >= first && at < end;
  return where(size, (row, column) => !(inside(row) && inside(column)));
}

/**
 * Each pixel is missing with probability `fraction`, by itself, in all channels together.
 *
 * @param image which image of a run this is for: every image has a mask of its own, whatever batch it is in
 */
export function random(
  size: number,
  { fraction = 0.2, seed, image = 0 }: { readonly fraction?: number; readonly seed: number; readonly image?: number },
): Mask {
  if (!(fraction >= 0 && fraction <= 1)) throw new RangeError(`random: a fraction of ${fraction} is not from 0 to 1`);
  const drawn = uniform({ seed, purpose: PURPOSE.masks, index: image }, size * size);
  return where(size, (row, column) => (drawn[row * size + column]! + 1) / 2 >= fraction);
}

/** The half on that side is missing. */
export const left = (size: number): Mask => where(size, (_, column) => column >= size / 2);
export const right = (size: number): Mask => where(size, (_, column) => column < size / 2);
export const top = (size: number): Mask => where(size, (row) => row >= size / 2);
export const bottom = (size: number): Mask => where(size, (row) => row < size / 2);

/** Nothing is missing: the search then looks for the z of the whole picture. */
export const full = (size: number): Mask => where(size, () => true);

/** Only every 4th pixel of every 4th row is known. */
export const grid = (size: number): Mask => where(size, (row, column) => row % 4 === 0 && column % 4 === 0);

/** No pixel is known, but the mean of every block×block square is. Throws RangeError where squares do not fill the image. */
export function lowres(size: number, block = 8): Mask {
  if (size % block !== 0) throw new RangeError(`lowres: blocks of ${block} do not fill an image of ${size}`);
  const known = new Float32Array((size / block) ** 2).fill(1);
  return { ...where(size, () => false), means: { block, known } };
}

/** The masks that need no more than a size, by name. */
export const PLAIN_MASKS = { left, right, top, bottom, full, grid, lowres } as const;
