import type { Known } from "../polarity.js";

/** What is known of an image of the model's size, in all its channels together. */
export interface Mask {
  /** Side of the image. */
  readonly size: number;
  /** [size, size], 1 = known, 0 = to be completed. */
  readonly pixels: Known<Float32Array>;
  /** What is known of pixels that are not: the means of the block×block squares; `known` is [size/block, size/block]. */
  readonly means?: { readonly block: number; readonly known: Float32Array };
}

/** How many pixels are missing. */
export function missing({ pixels }: Mask): number {
  return pixels.reduce((count, known) => count + (known === 0 ? 1 : 0), 0);
}
