/** Float64 twin of block_mean: the r×r box average by which a low-resolution image constrains a completion. */
import type { ImageShape } from "@kintsugi/geometry";

/** y[n,i,j,c] = Σ_{a,b<r} x[n, i·r + a, j·r + b, c] / r² */
export function blockMean(x: ArrayLike<number>, [batch, height, width, channels]: ImageShape, r: number): Float64Array {
  if (height % r !== 0 || width % r !== 0)
    throw new RangeError(`blockMean: blocks of ${r} do not tile ${height}×${width}`);
  const y = new Float64Array((batch * height * width * channels) / (r * r));
  let at = 0;
  for (let n = 0; n < batch; n++)
    for (let i = 0; i < height / r; i++)
      for (let j = 0; j < width / r; j++)
        for (let c = 0; c < channels; c++) {
          let sum = 0;
          for (let a = 0; a < r; a++)
            for (let b = 0; b < r; b++) sum += x[((n * height + i * r + a) * width + j * r + b) * channels + c]!;
          y[at++] = sum / (r * r);
        }
  return y;
}
