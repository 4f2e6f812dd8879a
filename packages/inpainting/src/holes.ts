/** The masks that an inpainting network is trained with: every kind of damage, each in its share, of sizes by chance. */

import { PURPOSE, uniform } from "@kintsugi/nn";
import { type Mask, masks } from "@kintsugi/scene";

const HALVES = ["left", "right", "top", "bottom"] as const;

/**
 * The mask of one image of a training, a function of the seed and the image's number alone.
 *
 * @param image counts all images of all steps
 */
export function trainingMask(size: number, seed: number, image: number): Mask {
  const drawn = uniform({ seed, purpose: PURPOSE.masks, index: image }, 8);
  const [kind, share, ...places] = Array.from(drawn, (value) => (value + 1) / 2) as [number, number, ...number[]];
  // Other counters than those of the numbers above.
  const region = { seed: seed + 1, image };
  if (kind < 0.2) return masks.center(size, 0.15 + 0.2 * share);
  if (kind < 0.32) return rectangles(size, 1 + Math.floor(3 * share), places);
  if (kind < 0.44) return masks.PLAIN_MASKS[HALVES[Math.floor(4 * share)]!](size);
  if (kind < 0.6) return masks.pattern(size, { fraction: 0.05 + 0.5 * share, ...region });
  if (kind < 0.72) return masks.strokes(size, { fraction: 0.05 + 0.35 * share, ...region });
  return masks.random(size, { fraction: 0.05 + 0.9 * share, ...region });
}

/** Rectangles anywhere, each between an eighth and a half of the picture's side. */
function rectangles(size: number, count: number, places: readonly number[]): Mask {
  const pixels = new Float32Array(size * size).fill(1);
  for (let i = 0; i < count; i++) {
    const [down, across, tall] = [0, 1, 2].map((at) => places[(2 * i + at) % places.length]!) as [
      number,
      number,
      number,
    ];
    const height = Math.round(size * (0.125 + 0.375 * tall));
    const width = Math.round(size * (0.125 + 0.375 * ((down + across + tall) % 1)));
    const [top, left] = [Math.floor(down * (size - height)), Math.floor(across * (size - width))];
    for (let y = top; y < top + height; y++) pixels.fill(0, y * size + left, y * size + left + width);
  }
  return { size, pixels };
}
