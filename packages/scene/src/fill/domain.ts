/**
 * The missing pixels of a plane, in a box around them: what the fills solve over, in time and memory proportional to the box
 * and not to the picture.
 */
import type { Known } from "../polarity.js";

/** Pixels around the hole that belong to its box: as far as the equations reach. */
const RIM = 2;

export interface Domain {
  /** Of the box, its rim included. */
  readonly height: number;
  readonly width: number;
  /** Where the box lies in the picture; its rim may begin outside. */
  readonly top: number;
  readonly left: number;
  /** [height, width]: 1 = missing, 2 = known, 0 = outside of the picture. */
  readonly state: Uint8Array;
  /** Places in the box that are missing, those of one colour of the chessboard first. */
  readonly cells: Int32Array;
  /** How many are of the first colour. */
  readonly first: number;
  /** [height, width]: 1 / neighbours inside the picture. */
  readonly share: Float64Array;
}

export const MISSING = 1;
export const KNOWN = 2;

/** The box of what is missing; undefined where nothing is. */
export function domainOf(mask: Known<ArrayLike<number>>, height: number, width: number): Domain | undefined {
  let [top, bottom, left, right] = [height, -1, width, -1];
  for (let i = 0, p = 0; i < height; i++) {
    for (let j = 0; j < width; j++, p++) {
      if (mask[p] !== 0) continue;
      if (i < top) top = i;
      bottom = i;
      if (j < left) left = j;
      if (j > right) right = j;
    }
  }
  if (bottom < 0) return undefined;
  // Even, so that pairs of rows and columns are pairs of the picture's, at every level.
  const even = (at: number) => at - RIM - (at & 1);
  const box = { top: even(top), left: even(left) };
  const [rows, columns] = [bottom + RIM + 1 - box.top, right + RIM + 1 - box.left];
  const state = new Uint8Array(rows * columns);
  for (let i = Math.max(0, box.top); i < Math.min(height, box.top + rows); i++) {
    for (let j = Math.max(0, box.left); j < Math.min(width, box.left + columns); j++) {
      state[(i - box.top) * columns + j - box.left] = mask[i * width + j] === 0 ? MISSING : KNOWN;
    }
  }
  return createDomain(state, rows, columns, box);
}

export function createDomain(
  state: Uint8Array,
  height: number,
  width: number,
  { top, left }: { readonly top: number; readonly left: number },
): Domain {
  let count = 0;
  for (let p = 0; p < state.length; p++) if (state[p] === MISSING) count++;
  const cells = new Int32Array(count);
  const share = new Float64Array(state.length);
  let [at, first] = [0, 0];
  for (const colour of [0, 1]) {
    for (let i = 1; i < height - 1; i++) {
      for (let j = 1; j < width - 1; j++) {
        const p = i * width + j;
        if (((i + j) & 1) !== colour || state[p] === 0) continue;
        const near =
          +(state[p - 1] !== 0) + +(state[p + 1] !== 0) + +(state[p - width] !== 0) + +(state[p + width] !== 0);
        share[p] = near === 0 ? 0 : 1 / near;
        if (state[p] === MISSING) cells[at++] = p;
      }
    }
    if (colour === 0) first = at;
  }
  return { height, width, top, left, state, cells, first, share };
}

/** One channel of a picture in the box: what is known as `value` has it, 0 elsewhere. */
export function planeOf(
  { height, width, top, left, state }: Domain,
  value: (pixel: number) => number,
  pictureWidth: number,
): Float64Array {
  const plane = new Float64Array(height * width);
  for (let i = 0, p = 0; i < height; i++) {
    for (let j = 0; j < width; j++, p++) {
      if (state[p] === KNOWN) plane[p] = value((top + i) * pictureWidth + left + j);
    }
  }
  return plane;
}

/** The pixel of the picture at a place of the box. */
export function pixelAt({ width, top, left }: Domain, place: number, pictureWidth: number): number {
  const i = Math.floor(place / width);
  return (top + i) * pictureWidth + left + place - i * width;
}
