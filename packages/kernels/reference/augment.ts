/** Twins of what distorts images: saturate, translate, cutout. */
import type { ImageShape } from "@kintsugi/geometry";

/** y = shares[n,0]·x + shares[n,1]·mean over the pixel's channels */
export function saturate(x: ArrayLike<number>, shares: ArrayLike<number>, shape: ImageShape): Float64Array {
  const channels = shape[3];
  return image(shape, (n, _h, _w, _c, at) => {
    const first = at - (at % channels);
    let mean = 0;
    for (let c = 0; c < channels; c++) mean += x[first + c]! / channels;
    return shares[2 * n]! * x[at]! + shares[2 * n + 1]! * mean;
  });
}

/** y[n,h,w,c] = x[n, h − offsets[n,0], w − offsets[n,1], c], 0 where that lies outside */
export function translate(x: ArrayLike<number>, offsets: ArrayLike<number>, shape: ImageShape): Float64Array {
  const [, height, width, channels] = shape;
  return image(shape, (n, h, w, c) => {
    const [row, column] = [h - offsets[2 * n]!, w - offsets[2 * n + 1]!];
    const inside = row >= 0 && row < height && column >= 0 && column < width;
    return inside ? x[((n * height + row) * width + column) * channels + c]! : 0;
  });
}

/** y = x, and 0 where corners[n] ≤ (h, w) < corners[n] + box */
export function cutout(
  x: ArrayLike<number>,
  corners: ArrayLike<number>,
  [boxHeight, boxWidth]: readonly [number, number],
  shape: ImageShape,
): Float64Array {
  return image(shape, (n, h, w, _c, at) => {
    const [row, column] = [h - corners[2 * n]!, w - corners[2 * n + 1]!];
    return row >= 0 && row < boxHeight && column >= 0 && column < boxWidth ? 0 : x[at]!;
  });
}

function image(
  [batch, height, width, channels]: ImageShape,
  value: (n: number, h: number, w: number, c: number, at: number) => number,
): Float64Array {
  const y = new Float64Array(batch * height * width * channels);
  let at = 0;
  for (let n = 0; n < batch; n++)
    for (let h = 0; h < height; h++)
      for (let w = 0; w < width; w++) for (let c = 0; c < channels; c++, at++) y[at] = value(n, h, w, c, at);
  return y;
}
