/** Values between the pixels of a picture: for bringing a small picture back into a large one. */

/** Weights of the cubic through four equally spaced values, at t in [0, 1] between the middle two: Catmull and Rom 1974. */
const weights = (t: number): [number, number, number, number] => [
  ((-0.5 * t + 1) * t - 0.5) * t,
  (1.5 * t - 2.5) * t * t + 1,
  ((-1.5 * t + 2) * t + 0.5) * t,
  (0.5 * t - 0.5) * t * t,
];

/**
 * Bicubic value at (x, y), pixel (0, 0) having its centre at (0, 0); beyond the border its pixels go on.
 *
 * @param values [height, width, channels]
 * @param out takes the channels
 */
export const sampleCubic = (
  values: ArrayLike<number>,
  [height, width, channels]: readonly [height: number, width: number, channels: number],
  x: number,
  y: number,
  out: Float64Array | Float32Array,
): void => {
  const inside = (at: number, length: number) => Math.min(length - 1, Math.max(0, at));
  const [u, v] = [inside(x, width), inside(y, height)];
  const [left, top] = [Math.floor(u), Math.floor(v)];
  const [across, down] = [weights(u - left), weights(v - top)];
  for (let c = 0; c < channels; c++) out[c] = 0;
  for (let i = 0; i < 4; i++) {
    const row = inside(top - 1 + i, height) * width;
    for (let j = 0; j < 4; j++) {
      const at = (row + inside(left - 1 + j, width)) * channels;
      const share = down[i]! * across[j]!;
      for (let c = 0; c < channels; c++) out[c] = out[c]! + share * values[at + c]!;
    }
  }
};
