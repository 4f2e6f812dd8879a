/**
 * A face of a picture as a scene: turned upright and brought to the model's size by an affine map, and its completion warped
 * back into the picture's own pixels. What of the hole lies beyond the face's square is filled smoothly.
 */
import type { Mask } from "@kintsugi/completion";
import {
  type Affine,
  alignBy,
  bytesToValues,
  invertAffine,
  sampleCubic,
  transformPoint,
  valuesToBytes,
} from "@kintsugi/images";
import { type Picture, withChannels } from "@kintsugi/images/node";
import { type Box, blended, boxAround, type Cutting, cut, putBack, smoothed } from "./cutting.js";
import type { ModelShape, Scene } from "./scene.js";

/** @param map from the picture's pixels to the model's */
export function faceScene(picture: Picture, map: Affine, missing: Uint8Array, { size, channels }: ModelShape): Scene {
  const back = invertAffine(map);
  const [a, b, , d, e] = back;
  const box = boxAround(missing, picture);
  // With a rim of what is known, where the picture has one.
  const cutting = box && cut(picture, widened(box, picture), missing);
  return {
    beyond: cutting ? shareBeyond(cutting, map, size) : 0,
    async shrink() {
      const whole = cutting ? putBack(picture, cutting, smoothed(cutting)) : picture;
      const small = alignBy(whole, map, { size });
      const values = bytesToValues(withChannels(small, picture.channels, channels));
      return { values, mask: { size, pixels: knownPixels(missing, picture, map, back, size) } };
    },
    async paste(hat, blend) {
      if (!cutting) return picture;
      const small = bytesToValues(withChannels(valuesToBytes(hat), channels, picture.channels));
      const g = warpedBack(small, size, cutting, map);
      return putBack(picture, cutting, blended(cutting, g, blend, Math.sqrt(Math.abs(a * e - b * d))));
    },
  };
}

/** [height, width] of the picture: 1 where a mask of the model's size, laid over the face, says that a pixel is missing. */
export function faceHoles({ size, pixels }: Mask, { width, height }: Picture, map: Affine): Uint8Array {
  return Uint8Array.from({ length: width * height }, (_, p) => {
    const at = cellOf(map, p % width, Math.floor(p / width), size);
    return at === undefined ? 0 : 1 - pixels[at]!;
  });
}

/** The model's pixel over a pixel of the picture; undefined beyond the face's square. */
function cellOf(map: Affine, x: number, y: number, size: number): number | undefined {
  const [u, v] = transformPoint(map, [x, y]).map(Math.round) as [number, number];
  return u < 0 || v < 0 || u >= size || v >= size ? undefined : v * size + u;
}

function widened({ left, top, width, height }: Box, picture: Picture): Box {
  const [x, y] = [Math.max(0, left - 1), Math.max(0, top - 1)];
  return {
    ...{ left: x, top: y },
    width: Math.min(picture.width, left + width + 1) - x,
    height: Math.min(picture.height, top + height + 1) - y,
  };
}

function shareBeyond({ box, known }: Cutting, map: Affine, size: number): number {
  let [all, beyond] = [0, 0];
  known.forEach((there, p) => {
    if (there !== 0) return;
    all++;
    const [x, y] = [box.left + (p % box.width), box.top + Math.floor(p / box.width)];
    if (cellOf(map, x, y, size) === undefined) beyond++;
  });
  return beyond / all;
}

/** [size, size]: 1 where no pixel of the picture below is missing, and none of those that it is sampled from, or outside. */
function knownPixels(missing: Uint8Array, { width, height }: Picture, map: Affine, back: Affine, size: number) {
  const pixels = new Float32Array(size * size).fill(1);
  missing.forEach((hole, p) => {
    if (hole === 0) return;
    const at = cellOf(map, p % width, Math.floor(p / width), size);
    if (at !== undefined) pixels[at] = 0;
  });
  const known = (x: number, y: number) =>
    x >= 0 && y >= 0 && x < width && y < height && missing[y * width + x] === 0 ? 1 : 0;
  for (let v = 0; v < size; v++) {
    for (let u = 0; u < size; u++) {
      const [left, top] = transformPoint(back, [u, v]).map(Math.floor) as [number, number];
      const around = known(left, top) & known(left + 1, top) & known(left, top + 1) & known(left + 1, top + 1);
      if (around === 0) pixels[v * size + u] = 0;
    }
  }
  return pixels;
}

/** G(z) at the pixels of a box that are missing or beside one that is; beyond the face's square its border goes on. */
function warpedBack(hat: Float32Array, size: number, { box, known, shape }: Cutting, map: Affine): Float32Array {
  const [height, width, channels] = shape;
  const g = new Float32Array(height * width * channels);
  for (let p = 0; p < known.length; p++) {
    const beside = known[p - 1] === 0 || known[p + 1] === 0 || known[p - width] === 0 || known[p + width] === 0;
    if (known[p] !== 0 && !beside) continue;
    const [u, v] = transformPoint(map, [box.left + (p % width), box.top + Math.floor(p / width)]);
    sampleCubic(hat, [size, size, channels], u, v, g.subarray(p * channels, (p + 1) * channels));
  }
  return g;
}
