/**
 * Training images that stay in the back end as bytes: uploaded once, a quarter of their size as values, and a step is told
 * only which ones it takes. Which back ends can: see `Backend.lacks` and `Backend.largest`.
 */
import { type Backend, constant, input, pickImages, type Tensor, variable } from "@kintsugi/autodiff";
import type { DcganConfig } from "./config.js";

/** Byte b as a value: b/127.5 − 1. */
const VALUES = Float32Array.from({ length: 256 }, (_, byte) => byte / 127.5 - 1);

/** Room for so many images: their bytes, four in the place of a float. Sides are multiples of 16, so that none is left over. */
export function residentImages({ size, channels }: DcganConfig, count: number): Tensor {
  return variable("training images", [count, (size * size * channels) / 4]);
}

/**
 * Gives a back end the images that it keeps.
 *
 * @param bytes [count, size, size, channels]
 */
export function placeImages(backend: Backend, config: DcganConfig, bytes: Uint8Array): Tensor {
  const images = residentImages(config, bytes.length / (config.size ** 2 * config.channels));
  // A view where the bytes lie as floats do, else a copy. Nobody looks at what floats they would be.
  const { buffer, byteOffset, length } = bytes.byteOffset % 4 === 0 ? bytes : bytes.slice();
  backend.write(images, new Float32Array(buffer, byteOffset, length / 4));
  return images;
}

/** The images [count, size, size, channels] of a step as values, by its input `picks` [count, 2]. */
export function pickResident({ size, channels }: DcganConfig, images: Tensor, count: number): Tensor {
  const picks = input("picks", [count, 2]);
  return pickImages(images, picks, constant(VALUES, [256]), [count, size, size, channels]);
}
