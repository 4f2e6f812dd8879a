/** Pictures made of known and made-up pixels. All arrays are [N, size, size, channels] in [−1, 1]. */
import type { Mask } from "./masks/mask.js";

/**
 * M·y + (1 − M)·G: known pixels are copied and keep every bit.
 *
 * @param hats G(z)
 */
export function compose(images: Float32Array, hats: Float32Array, masks: readonly Mask[]): Float32Array {
  return choose(images, masks, (at) => hats[at]!);
}

/** What is known, mid-grey elsewhere: 0 in [−1, 1]. */
export function masked(images: Float32Array, masks: readonly Mask[]): Float32Array {
  return choose(images, masks, () => 0);
}

function choose(images: Float32Array, masks: readonly Mask[], other: (at: number) => number): Float32Array {
  const stride = images.length / masks.length;
  const chosen = new Float32Array(images.length);
  masks.forEach(({ size, pixels }, n) => {
    const channels = stride / (size * size);
    if (!Number.isInteger(channels)) {
      throw new RangeError(`${masks.length} masks of ${size}×${size} do not fit ${images.length} values`);
    }
    for (let i = 0; i < stride; i++) {
      const at = n * stride + i;
      chosen[at] = pixels[Math.floor(i / channels)] === 1 ? images[at]! : other(at);
    }
  });
  return chosen;
}

/** Every block×block square filled with its mean: what a low-resolution mask knows. */
export function pixelate(images: Float32Array, size: number, channels: number, block: number): Float32Array {
  const coarse = new Float32Array(images.length);
  const index = (n: number, row: number, column: number, c: number) =>
    ((n * size + row) * size + column) * channels + c;
  const count = images.length / (size * size * channels);
  for (let n = 0; n < count; n++) {
    for (let i = 0; i < size; i += block) {
      for (let j = 0; j < size; j += block) {
        for (let c = 0; c < channels; c++) {
          let sum = 0;
          for (let a = 0; a < block; a++) for (let b = 0; b < block; b++) sum += images[index(n, i + a, j + b, c)]!;
          for (let a = 0; a < block; a++) {
            for (let b = 0; b < block; b++) coarse[index(n, i + a, j + b, c)] = sum / block ** 2;
          }
        }
      }
    }
  }
  return coarse;
}
