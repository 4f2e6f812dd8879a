/**
 * Float64 twin of poisson: blends the generated image g into the hole of y so that the gradients are g's.
 * Source: Pérez et al. 2003, with natural boundary: neighbours beyond the image are left out on both sides.
 */

const NEIGHBOURS = [
  [-1, 0],
  [1, 0],
  [0, -1],
  [0, 1],
] as const;

/**
 * x = y where mask ≠ 0; elsewhere Σ_q (x_p − x_q) − (g_p − g_q) = 0 over the 4-neighbours q of p inside the image.
 * y, g [H, W, C], mask [H, W]. Gauss–Seidel sweeps from y until no value moves by more than `tolerance`.
 */
export function poissonBlend(
  y: ArrayLike<number>,
  g: ArrayLike<number>,
  mask: ArrayLike<number>,
  [height, width, channels]: readonly [height: number, width: number, channels: number],
  { tolerance = 1e-13, maxSweeps = 100_000 }: { readonly tolerance?: number; readonly maxSweeps?: number } = {},
): Float64Array {
  if (!Array.from(mask).some((known) => known !== 0)) throw new RangeError("poissonBlend: no pixel is known");
  const x = Float64Array.from(y);
  for (let sweep = 0; sweep < maxSweeps; sweep++) {
    let moved = 0;
    for (let i = 0; i < height; i++)
      for (let j = 0; j < width; j++) {
        if (mask[i * width + j] !== 0) continue;
        for (let c = 0; c < channels; c++) {
          const p = (i * width + j) * channels + c;
          let sum = 0;
          let count = 0;
          for (const [down, right] of NEIGHBOURS) {
            const a = i + down;
            const b = j + right;
            if (a < 0 || a >= height || b < 0 || b >= width) continue;
            const q = (a * width + b) * channels + c;
            sum += x[q]! + g[p]! - g[q]!;
            count++;
          }
          moved = Math.max(moved, Math.abs(sum / count - x[p]!));
          x[p] = sum / count;
        }
      }
    if (moved <= tolerance) return x;
  }
  throw new Error(`poissonBlend: still moving after ${maxSweeps} sweeps`);
}
