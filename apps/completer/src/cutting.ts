/** A rectangle of a picture with a hole in it: cut out, filled, blended, and put back. Only pixels of the hole are written. */
import { alphaBlend, type Blend, gradedBlend, type PictureShape, poissonBlend } from "@kintsugi/completion";
import { bytesToValues, valuesToBytes } from "@kintsugi/images";
import type { Picture } from "@kintsugi/images/node";

/** In pixels of the picture. */
export interface Box {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/** The pixels of a box, and which of them are missing. */
export interface Cutting {
  readonly box: Box;
  /** [height, width, channels of the picture]. */
  readonly bytes: Uint8Array;
  /** [height, width]: 1 = known. */
  readonly known: Uint8Array;
  readonly shape: PictureShape;
}

/** @param missing [height, width] of the picture: 1 = missing */
export function cut(picture: Picture, box: Box, missing: Uint8Array): Cutting {
  const { left, top, width, height } = box;
  const { channels } = picture;
  const known = new Uint8Array(width * height);
  const bytes = new Uint8Array(width * height * channels);
  for (let i = 0; i < height; i++) {
    const from = (top + i) * picture.width + left;
    bytes.set(picture.bytes.subarray(from * channels, (from + width) * channels), i * width * channels);
    for (let j = 0; j < width; j++) known[i * width + j] = 1 - missing[from + j]!;
  }
  return { box, bytes, known, shape: [height, width, channels] };
}

/** The smallest box around the hole; undefined where nothing is missing. */
export function boxAround(missing: Uint8Array, { width }: { readonly width: number }): Box | undefined {
  let [top, bottom, left, right] = [Number.POSITIVE_INFINITY, -1, width, -1];
  missing.forEach((hole, p) => {
    if (hole === 0) return;
    const [i, j] = [Math.floor(p / width), p % width];
    [top, bottom, left, right] = [Math.min(top, i), Math.max(bottom, i), Math.min(left, j), Math.max(right, j)];
  });
  return bottom < 0 ? undefined : { left, top, width: right - left + 1, height: bottom - top + 1 };
}

/** Its bytes with the hole filled by what is around it, as smoothly as can be; mid-grey where nothing is known. */
export function smoothed({ bytes, known, shape }: Cutting): Uint8Array {
  if (!known.includes(0)) return bytes;
  return valuesToBytes(poissonBlend(bytesToValues(bytes), new Float32Array(bytes.length), known, shape));
}

/**
 * Its hole filled with another picture of the same size.
 *
 * @param g [height, width, channels] in [−1, 1]
 * @param scale pixels of the picture to one of the model
 * @returns bytes
 */
export function blended({ bytes, known, shape }: Cutting, g: Float32Array, blend: Blend, scale: number): Uint8Array {
  const y = bytesToValues(bytes);
  const ways = {
    graded: () => gradedBlend(y, g, known, shape, scale),
    poisson: () => poissonBlend(y, g, known, shape),
    alpha: () => alphaBlend(y, g, known, shape),
    none: () => g,
  };
  return valuesToBytes(ways[blend]());
}

/** The picture with the missing pixels of a cutting taken from `painted`, and made opaque. */
export function putBack(picture: Picture, { box, known }: Cutting, painted: Uint8Array): Picture {
  const { channels } = picture;
  const bytes = picture.bytes.slice();
  const alpha = picture.alpha?.slice();
  known.forEach((there, p) => {
    if (there !== 0) return;
    const at = (box.top + Math.floor(p / box.width)) * picture.width + box.left + (p % box.width);
    for (let c = 0; c < channels; c++) bytes[at * channels + c] = painted[p * channels + c]!;
    if (alpha) alpha[at] = 255;
  });
  return { ...picture, bytes, ...(alpha ? { alpha } : {}) };
}
