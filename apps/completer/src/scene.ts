/**
 * A square of a picture of any size: brought to the model's size with its hole, and its completion brought back into the
 * picture at full size. Only pixels of the hole are ever written.
 */
import { alphaBlend, type Blend, gradedBlend, type Mask, type PictureShape, poissonBlend } from "@kintsugi/completion";
import { bytesToValues, type Channels, valuesToBytes } from "@kintsugi/images";
import { type Picture, resample, withChannels } from "@kintsugi/images/node";

export interface Square {
  readonly left: number;
  readonly top: number;
  readonly side: number;
}

/** The pixels of a square, and which of them are missing. */
export interface Cutting {
  readonly square: Square;
  /** [side, side, channels of the picture]. */
  readonly bytes: Uint8Array;
  /** [side, side]: 1 = known. */
  readonly known: Uint8Array;
}

/** The largest square in the middle. */
export function centralSquare({ width, height }: Picture): Square {
  const side = Math.min(width, height);
  return { left: Math.floor((width - side) / 2), top: Math.floor((height - side) / 2), side };
}

/**
 * A square around the hole with as much known around it as a centre mask leaves: twice the hole's longer side, at least the
 * model's size, as far as the picture reaches.
 *
 * @param missing [height, width]: 1 = missing
 * @returns undefined where nothing is missing
 */
export function squareAround(missing: Uint8Array, { width, height }: Picture, least: number): Square | undefined {
  let [top, bottom, left, right] = [height, -1, width, -1];
  missing.forEach((hole, p) => {
    if (hole === 0) return;
    const [i, j] = [Math.floor(p / width), p % width];
    [top, bottom, left, right] = [Math.min(top, i), Math.max(bottom, i), Math.min(left, j), Math.max(right, j)];
  });
  if (bottom < 0) return undefined;
  const longer = Math.max(bottom - top, right - left) + 1;
  const side = Math.min(Math.max(2 * longer, least), width, height);
  const place = (first: number, last: number, length: number) =>
    Math.min(Math.max(0, Math.round((first + last + 1 - side) / 2)), length - side);
  return { left: place(left, right, width), top: place(top, bottom, height), side };
}

/** @param missing [height, width] of the picture: 1 = missing */
export function cut({ width, channels, bytes }: Picture, square: Square, missing: Uint8Array): Cutting {
  const { left, top, side } = square;
  const known = new Uint8Array(side * side);
  const part = new Uint8Array(side * side * channels);
  for (let i = 0; i < side; i++) {
    const from = (top + i) * width + left;
    part.set(bytes.subarray(from * channels, (from + side) * channels), i * side * channels);
    for (let j = 0; j < side; j++) known[i * side + j] = 1 - missing[from + j]!;
  }
  return { square, bytes: part, known };
}

/**
 * The cutting at the model's size: [size, size, channels] in [−1, 1], and its mask. The hole is filled smoothly before
 * resampling, so that what lies in it does not bleed into what is known; a pixel of the model is known if all of the pixels
 * below it are.
 */
export async function shrink({ square, bytes, known }: Cutting, from: Channels, size: number, channels: Channels) {
  const { side } = square;
  let source = bytes;
  if (side !== size && known.includes(0)) {
    const shape: PictureShape = [side, side, from];
    source = valuesToBytes(poissonBlend(bytesToValues(bytes), new Float32Array(bytes.length), known, shape));
  }
  const small = await resample(source, { width: side, height: side, channels: from }, { width: size, height: size });
  const pixels = new Float32Array(size * size).fill(1);
  const first = (i: number) => Math.floor((i * side) / size);
  const end = (i: number) => Math.min(side, Math.max(first(i) + 1, Math.ceil(((i + 1) * side) / size)));
  for (let i = 0; i < size; i++) {
    for (let j = 0; j < size; j++) {
      for (let a = first(i); a < end(i); a++) {
        for (let b = first(j); b < end(j); b++) if (known[a * side + b] === 0) pixels[i * size + j] = 0;
      }
    }
  }
  const mask: Mask = { size, pixels };
  return { values: bytesToValues(withChannels(small, from, channels)), mask };
}

/** What of the square is missing where a mask of the model's size says so. */
export function holesOf({ size, pixels }: Mask, { width, height }: Picture, { left, top, side }: Square): Uint8Array {
  const missing = new Uint8Array(width * height);
  for (let i = 0; i < side; i++) {
    for (let j = 0; j < side; j++) {
      const at = Math.floor((i * size) / side) * size + Math.floor((j * size) / side);
      missing[(top + i) * width + left + j] = 1 - pixels[at]!;
    }
  }
  return missing;
}

/**
 * The picture with its hole painted: G(z) enlarged, blended at full size.
 *
 * @param hat G(z), [size, size, channels] in [−1, 1]
 */
export async function paste(
  picture: Picture,
  { square, bytes, known }: Cutting,
  hat: Float32Array,
  { size, channels, blend }: { readonly size: number; readonly channels: Channels; readonly blend: Blend },
): Promise<Picture> {
  const { side, left, top } = square;
  const to = picture.channels;
  const small = withChannels(valuesToBytes(hat), channels, to);
  const large = await resample(small, { width: size, height: size, channels: to }, { width: side, height: side });
  const [y, g] = [bytesToValues(bytes), bytesToValues(large)];
  const shape: PictureShape = [side, side, to];
  const blended = {
    graded: () => gradedBlend(y, g, known, shape, (1.5 * side) / size),
    poisson: () => poissonBlend(y, g, known, shape),
    alpha: () => alphaBlend(y, g, known, shape),
    none: () => g,
  }[blend]();
  const painted = valuesToBytes(blended);
  const whole = picture.bytes.slice();
  const alpha = picture.alpha?.slice();
  known.forEach((there, p) => {
    if (there !== 0) return;
    const at = (top + Math.floor(p / side)) * picture.width + left + (p % side);
    for (let c = 0; c < to; c++) whole[at * to + c] = painted[p * to + c]!;
    if (alpha) alpha[at] = 255;
  });
  return { ...picture, bytes: whole, ...(alpha ? { alpha } : {}) };
}
