/** Damages to try the completer on: what is left of a square of `size` pixels, 1 = known. Knows no page. */
import { masks } from "@kintsugi/completion";

export type Damage = (size: number) => Float32Array;

/** By name, in the order of the page. */
export const DAMAGES: Readonly<Record<string, Damage>> = {
  Scratches: scratches,
  Hole: hole,
  "Missing half": (size) => masks.left(size).pixels,
  "Torn corner": torn,
  Specks: (size) => masks.random(size / 4, { fraction: 0.35, seed: 4 }).pixels,
};

/** Keeps the pixels whose centre, 0…1 across and down, is not missing. */
function known(size: number, missing: (x: number, y: number) => boolean): Float32Array {
  return Float32Array.from({ length: size * size }, (_, at) =>
    missing(((at % size) + 0.5) / size, (Math.floor(at / size) + 0.5) / size) ? 0 : 1,
  );
}

/** Where eyes, nose and mouth are, with a ragged edge. */
function hole(size: number): Float32Array {
  return known(size, (x, y) => {
    const [dx, dy] = [x - 0.5, y - 0.55];
    const angle = Math.atan2(dy, dx);
    const edge = 0.25 + 0.025 * Math.sin(5 * angle + 1) + 0.018 * Math.sin(11 * angle);
    return Math.hypot(dx, dy) < edge;
  });
}

/** The upper right, along a crooked line. */
function torn(size: number): Float32Array {
  return known(size, (x, y) => {
    const along = x + y;
    const sway = 0.03 * Math.sin(21 * along) + 0.02 * Math.sin(53 * along);
    return x - y + sway > 0.18;
  });
}

/** Three crooked lines across the picture. */
function scratches(size: number): Float32Array {
  const lines = [
    [0.28, 0, 0.46, 1],
    [0.8, 0.05, 0.55, 0.95],
    [0, 0.62, 1, 0.5],
  ] as const;
  const left = new Float32Array(size * size).fill(1);
  const radius = size / 36;
  for (const [x0, y0, x1, y1] of lines) {
    for (let step = 0; step <= 4 * size; step++) {
      const t = step / (4 * size);
      const sway = 0.02 * Math.sin(19 * t) + 0.015 * Math.sin(47 * t);
      const [x, y] = [(x0 + (x1 - x0) * t + sway) * size, (y0 + (y1 - y0) * t + sway) * size];
      for (let row = Math.floor(y - radius); row <= y + radius; row++) {
        for (let column = Math.floor(x - radius); column <= x + radius; column++) {
          if (row < 0 || column < 0 || row >= size || column >= size) continue;
          if ((row + 0.5 - y) ** 2 + (column + 0.5 - x) ** 2 < radius ** 2) left[row * size + column] = 0;
        }
      }
    }
  }
  return left;
}
