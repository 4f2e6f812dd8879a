/** What a model may look at when a hole lies in the picture's own pixels, and the other way round. */
import { type Affine, invertAffine, transformPoint } from "@kintsugi/images";
import type { Mask } from "../masks/mask.js";
import type { Known, Missing } from "../polarity.js";

interface Extent {
  readonly width: number;
  readonly height: number;
}

/** Rounding must not carry a pixel over an edge that it ends at. */
const EDGE = 1e-6;

/**
 * [size, size]: a pixel of the model is known if everything under it is. Missing is what any missing pixel of the picture touches or
 * is interpolated into, and what lies outside of the picture.
 *
 * @param map from the picture's pixels to the model's, centres at whole numbers
 */
export function knownUnder(
  missing: Missing,
  { width, height }: Extent,
  map: Affine,
  size: number,
): Known<Float32Array<ArrayBuffer>> {
  const known = new Float32Array(size * size).fill(1);
  const [a, b, , d, e] = map;
  // Half a pixel's shadow; where the model is finer, as far as interpolation carries.
  const reach = (across: number) => Math.max(across / 2, across - 0.5) + 0.5 - EDGE;
  const [right, down] = [reach(Math.abs(a) + Math.abs(b)), reach(Math.abs(d) + Math.abs(e))];
  const clamp = (at: number) => Math.min(size, Math.max(0, at));
  for (let y = 0, p = 0; y < height; y++) {
    for (let x = 0; x < width; x++, p++) {
      if (missing[p] === 0) continue;
      const [u, v] = transformPoint(map, [x, y]);
      const [first, end] = [clamp(Math.ceil(u - right)), clamp(Math.floor(u + right) + 1)];
      const last = clamp(Math.floor(v + down) + 1);
      for (let i = clamp(Math.ceil(v - down)); i < last && first < end; i++)
        known.fill(0, i * size + first, i * size + end);
    }
  }
  const back = invertAffine(map);
  for (let at = 0; at < known.length; at++) {
    const [x, y] = transformPoint(back, [at % size, Math.floor(at / size)]);
    if (x < -0.5 || y < -0.5 || x > width - 0.5 || y > height - 0.5) known[at] = 0;
  }
  return known;
}

/** [height, width]: what of a picture is missing where a mask of the model's size says so. */
export function missingUnder({ size, pixels }: Mask, { width, height }: Extent, map: Affine): Missing {
  return Uint8Array.from({ length: width * height }, (_, p) => {
    const at = cellOf(map, p % width, Math.floor(p / width), size);
    return at === undefined ? 0 : 1 - pixels[at]!;
  });
}

/** The model's pixel over a pixel of the picture; undefined beyond what the model sees. */
export function cellOf(map: Affine, x: number, y: number, size: number): number | undefined {
  const [u, v] = transformPoint(map, [x, y]).map((at) => Math.floor(at + 0.5 + EDGE)) as [number, number];
  return u < 0 || v < 0 || u >= size || v >= size ? undefined : v * size + u;
}

/** The map of a square's pixels to a model's: edge upon edge. */
export function squareMap({ left, top, side }: { left: number; top: number; side: number }, size: number): Affine {
  const scale = size / side;
  return [scale, 0, (0.5 - left) * scale - 0.5, 0, scale, (0.5 - top) * scale - 0.5];
}
