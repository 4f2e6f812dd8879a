/** A rectangle of a picture with a hole in it: cut out, filled, blended, and put back. Only pixels of the hole are written. */
import { bytesToValues, type Picture, valuesToBytes } from "@kintsugi/images";
import { alphaBlend } from "../alpha_blend.js";
import { type Blend, gradedBlend } from "../blend.js";
import { type Fill, fill, type PictureShape, poissonBlend } from "../fill/fill.js";
import type { Known, Missing } from "../polarity.js";

/** In pixels of the picture. */
export interface Box {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/** The pixels of a box, and which of them are known. */
export interface Cutting {
  readonly box: Box;
  /** [height, width, channels of the picture]. */
  readonly bytes: Uint8Array;
  /** [height, width]. */
  readonly known: Known;
  readonly shape: PictureShape;
}

/** The hole with two pixels of what is known around it, where the picture has them; undefined where nothing is missing. */
export function cutHole(picture: Picture, missing: Missing): Cutting | undefined {
  const box = boxAround(missing, picture);
  if (!box) return undefined;
  const [left, top] = [Math.max(0, box.left - 2), Math.max(0, box.top - 2)];
  const width = Math.min(picture.width, box.left + box.width + 2) - left;
  const height = Math.min(picture.height, box.top + box.height + 2) - top;
  return cut(picture, { left, top, width, height }, missing);
}

function cut(picture: Picture, box: Box, missing: Missing): Cutting {
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
export function boxAround(missing: Missing, { width, height }: Pick<Picture, "width" | "height">): Box | undefined {
  let [top, bottom, left, right] = [height, -1, width, -1];
  for (let i = 0, p = 0; i < height; i++) {
    for (let j = 0; j < width; j++, p++) {
      if (missing[p] === 0) continue;
      if (i < top) top = i;
      bottom = i;
      if (j < left) left = j;
      if (j > right) right = j;
    }
  }
  return bottom < 0 ? undefined : { left, top, width: right - left + 1, height: bottom - top + 1 };
}

/** Its bytes with the hole filled without a model; mid-grey where nothing is known. */
export function filled({ bytes, known, shape }: Cutting, kind: Fill): Uint8Array {
  return valuesToBytes(fill(kind, bytesToValues(bytes), known, shape));
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
  const ways: Readonly<Record<Blend, () => Float32Array>> = {
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
  for (let i = 0, p = 0; i < box.height; i++) {
    for (let j = 0; j < box.width; j++, p++) {
      if (known[p] !== 0) continue;
      const at = (box.top + i) * picture.width + box.left + j;
      for (let c = 0; c < channels; c++) bytes[at * channels + c] = painted[p * channels + c]!;
      if (alpha) alpha[at] = 255;
    }
  }
  return { ...picture, bytes, ...(alpha ? { alpha } : {}) };
}
