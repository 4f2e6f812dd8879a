/** Float64 twin of matmul: row-major matrices, either factor stored transposed. */

export interface MatmulShape {
  /** Rows of the product. */
  readonly m: number;
  /** Columns of the product. */
  readonly n: number;
  /** The summed axis. */
  readonly k: number;
  /** a is stored [k, m] instead of [m, k]. */
  readonly transposeA?: boolean;
  /** b is stored [n, k] instead of [k, n]. */
  readonly transposeB?: boolean;
}

/** y[row,col] = Σ_t A[row,t] · B[t,col], A = a or aᵀ, B = b or bᵀ */
export function matmul(
  { m, n, k, transposeA = false, transposeB = false }: MatmulShape,
  a: ArrayLike<number>,
  b: ArrayLike<number>,
): Float64Array {
  const y = new Float64Array(m * n);
  for (let row = 0; row < m; row++)
    for (let col = 0; col < n; col++) {
      let sum = 0;
      for (let t = 0; t < k; t++)
        sum += a[transposeA ? t * m + row : row * k + t]! * b[transposeB ? col * k + t : t * n + col]!;
      y[row * n + col] = sum;
    }
  return y;
}
