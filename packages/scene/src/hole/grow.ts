/** A hole made larger all around, and how far its surroundings are from it. */
import type { Missing } from "../polarity.js";

interface Extent {
  readonly width: number;
  readonly height: number;
}

/** Chamfer weights of a step and of a diagonal one: distances to within 8 %. Source: Borgefors 1986. */
const [STEP, DIAGONAL] = [3, 4];

/** Farther than was asked for. */
export const FAR = 255;

/**
 * [height, width]: three times the distance of each pixel to the nearest missing one, in pixels; 0 where one is missing, and `FAR`
 * beyond `reach` ≤ 84 pixels.
 */
export function distances(missing: Missing, { width, height }: Extent, reach: number): Uint8Array {
  const far = new Uint8Array(width * height).fill(FAR);
  const most = Math.min(FAR - 1, Math.ceil(STEP * reach));
  const closer = (p: number, q: number, step: number) => {
    const way = far[q]! + step;
    if (way < far[p]! && way <= most) far[p] = way;
  };
  for (let y = 0, p = 0; y < height; y++) {
    for (let x = 0; x < width; x++, p++) {
      if (missing[p] !== 0) {
        far[p] = 0;
        continue;
      }
      if (x > 0) closer(p, p - 1, STEP);
      if (y === 0) continue;
      closer(p, p - width, STEP);
      if (x > 0) closer(p, p - width - 1, DIAGONAL);
      if (x + 1 < width) closer(p, p - width + 1, DIAGONAL);
    }
  }
  for (let y = height - 1, p = width * height - 1; y >= 0; y--) {
    for (let x = width - 1; x >= 0; x--, p--) {
      if (far[p] === 0) continue;
      if (x + 1 < width) closer(p, p + 1, STEP);
      if (y + 1 === height) continue;
      closer(p, p + width, STEP);
      if (x > 0) closer(p, p + width - 1, DIAGONAL);
      if (x + 1 < width) closer(p, p + width + 1, DIAGONAL);
    }
  }
  return far;
}

/** The most that a hole is made larger by, in pixels. */
export const MOST_GROWTH = 84;

/** The hole and all pixels within `by` ≤ 84 of it. */
export function grow(missing: Missing, extent: Extent, by: number): Missing {
  if (by === 0) return missing;
  return distances(missing, extent, Math.min(by, MOST_GROWTH)).map((far) => (far === FAR ? 0 : 1));
}
