/** Twin of pick_images: images of a set of bytes, by their places. */
import type { ImageShape } from "@kintsugi/geometry";

/** y[n,h,w,c] = values[images[picks[n,0], h, picks[n,1] = 1 ? W−1−w : w, c]]; `shape` is that of y */
export function pickImages(
  images: Uint8Array,
  picks: ArrayLike<number>,
  values: ArrayLike<number>,
  [batch, height, width, channels]: ImageShape,
): Float64Array {
  const y = new Float64Array(batch * height * width * channels);
  let at = 0;
  for (let n = 0; n < batch; n++)
    for (let h = 0; h < height; h++)
      for (let w = 0; w < width; w++)
        for (let c = 0; c < channels; c++) {
          const column = picks[2 * n + 1] === 1 ? width - 1 - w : w;
          y[at++] = values[images[((picks[2 * n]! * height + h) * width + column) * channels + c]!]!;
        }
  return y;
}
