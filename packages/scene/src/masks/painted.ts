import type { Mask } from "./mask.js";

/** Where a painted mask is split: the soft rim of a brush is one or the other, and leaves no seam. */
export const SPLIT = 128;

/**
 * A painted mask of the model's size: white or transparent = missing.
 *
 * @param grey size×size bytes
 * @param alpha the same, where the mask has transparency
 */
export function fromPixels(size: number, grey: Uint8Array, alpha?: Uint8Array): Mask {
  for (const [name, bytes] of Object.entries({ grey, alpha })) {
    if (bytes && bytes.length !== size * size) {
      throw new RangeError(
        `fromPixels: ${name} has ${bytes.length} bytes, a mask of ${size}×${size} has ${size * size}`,
      );
    }
  }
  const pixels = Float32Array.from(grey, (value, at) => (isPainted(value, alpha?.[at]) ? 0 : 1));
  return { size, pixels };
}

/** Whether a pixel of a mask file says that something is missing: white or transparent. */
export const isPainted = (grey: number, alpha = 255, colour: "white" | "black" = "white"): boolean =>
  alpha < SPLIT || (colour === "white" ? grey >= SPLIT : grey < SPLIT);
