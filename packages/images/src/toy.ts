/**
 * The built-in data set: drawn faces, so that the first training run needs no download and no photographs of anybody.
 * Node only (a native renderer). Knows nothing of files and folders.
 */
import { Resvg } from "@resvg/resvg-js";
import { toySvg } from "./drawing.js";
import { ImageError } from "./error.js";

export { TOY_CREDIT } from "./drawing.js";

/** Draws face `index` into `out`, size×size×3 bytes. */
const render = (seed: number, index: number, size: number, out: Uint8Array): void => {
  // System fonts are irrelevant here and would take seconds to load.
  const drawing = new Resvg(toySvg(seed, index), {
    fitTo: { mode: "width", value: size },
    font: { loadSystemFonts: false },
  });
  const rgba = drawing.render().pixels;
  for (let p = 0; p < size * size; p++) {
    out[3 * p] = rgba[4 * p]!;
    out[3 * p + 1] = rgba[4 * p + 1]!;
    out[3 * p + 2] = rgba[4 * p + 2]!;
  }
};

const check = (seed: number, start: number, count: number, size: number): void => {
  if (!Number.isSafeInteger(seed)) throw new ImageError(`toy faces: seed is ${seed}; give a whole number`);
  if (!Number.isInteger(size) || size < 16 || size > 128)
    throw new ImageError(`toy faces: size is ${size}; give a whole number from 16 to 128`);
  if (!Number.isInteger(count) || count < 0)
    throw new ImageError(`toy faces: count is ${count}; give a whole number ≥ 0`);
  if (!Number.isInteger(start) || start < 0 || start + count > 2 ** 32)
    throw new ImageError(`toy faces: start is ${start}; give a whole number ≥ 0, with start + count ≤ 2^32`);
};

/**
 * One toy face as size×size×3 bytes, RGB. The same (seed, index) at another size is the same face.
 * Throws ImageError on a size outside 16…128.
 */
export const toyFace = (seed: number, index: number, size: number): Uint8Array => {
  check(seed, index, 1, size);
  const out = new Uint8Array(size * size * 3);
  render(seed, index, size, out);
  return out;
};

/** Which toy faces: indices start … start+count−1 of the seed, at size×size pixels, 16…128. */
export interface ToyOptions {
  readonly seed: number;
  readonly count: number;
  readonly size: number;
  readonly start?: number;
}

/**
 * `count` toy faces as count×size×size×3 bytes, RGB: the layout of `loadFolder`. Face i depends on (seed, start + i)
 * alone, so a later start continues the set, and two seeds share no faces. About 1,000 faces a second.
 * Throws ImageError on a size outside 16…128.
 */
export const toyFaces = ({ seed, count, size, start = 0 }: ToyOptions): Uint8Array => {
  check(seed, start, count, size);
  const stride = size * size * 3;
  const out = new Uint8Array(count * stride);
  for (let i = 0; i < count; i++) render(seed, start + i, size, out.subarray(i * stride, (i + 1) * stride));
  return out;
};
