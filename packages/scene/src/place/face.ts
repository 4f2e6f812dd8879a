/**
 * A face of a picture: turned upright and brought to the model's size by an affine map, and its completion warped back into the
 * picture's own pixels.
 */
import { type Affine, alignBy, bytesToValues, invertAffine, sampleCubic, transformPoint } from "@kintsugi/images";
import type { Cutting } from "./cutting.js";
import type { View } from "./view.js";

/** @param map from the picture's pixels to the model's */
export function faceView(map: Affine, size: number): View {
  const [a, b, , d, e] = invertAffine(map);
  return {
    map,
    scale: Math.sqrt(Math.abs(a * e - b * d)),
    shrink: async (picture) => alignBy(picture, map, { size }),
    enlarge: async (small, cutting) => warpedBack(bytesToValues(small), size, cutting, map),
  };
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
