/**
 * Float64 twin of importance_weights: known pixels near a hole count most.
 * Source: Yeh et al. 2017, eq. 3, W_i = Σ_{j∈N(i)} (1 − M_j) / |N(i)| where M_i ≠ 0, else 0.
 */

/**
 * What the window sees beyond the image. `symmetric`: the mask mirrored with its edge repeated, always window² cells (the
 * authors' released program). `count`: nothing, and the divisor is the number of cells inside (the paper's |N(i)|).
 */
export type WindowBorder = "symmetric" | "count";

/** weight[n,i,j] = mask[n,i,j] ≠ 0 ? mean of 1 − mask over the window×window square around (i,j) : 0 */
export function importanceWeights(
  mask: ArrayLike<number>,
  [batch, height, width]: readonly [batch: number, height: number, width: number],
  window: number,
  border: WindowBorder,
): Float64Array {
  if (window % 2 !== 1) throw new RangeError(`importanceWeights: a window of ${window} has no centre`);
  const reach = (window - 1) / 2;
  const weight = new Float64Array(batch * height * width);
  for (let n = 0; n < batch; n++)
    for (let i = 0; i < height; i++)
      for (let j = 0; j < width; j++) {
        const at = (n * height + i) * width + j;
        if (mask[at] === 0) continue;
        let missing = 0;
        let cells = 0;
        for (let a = i - reach; a <= i + reach; a++)
          for (let b = j - reach; b <= j + reach; b++) {
            if (border === "count" && (a < 0 || a >= height || b < 0 || b >= width)) continue;
            missing += 1 - mask[(n * height + mirror(a, height)) * width + mirror(b, width)]!;
            cells++;
          }
        weight[at] = missing / cells;
      }
  return weight;
}

/** … 2 1 0 | 0 1 2 … size−1 | size−1 … : the index on an axis continued by reflection, edge repeated. */
function mirror(index: number, size: number): number {
  const period = ((index % (2 * size)) + 2 * size) % (2 * size);
  return period < size ? period : 2 * size - 1 - period;
}
