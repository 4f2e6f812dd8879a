/**
 * Fréchet distance of two sets of feature vectors, taken for normal (Heusel et al. 2017):
 * |μ₁ − μ₂|² + tr(Σ₁ + Σ₂ − 2·(Σ₁Σ₂)^½). 0 for equal sets; it falls with the number of images, so that only distances of as
 * many compare.
 */
import { ImageError } from "./error.js";

/** Mean and covariance of a set of vectors. */
export interface Moments {
  readonly mean: Float64Array;
  /** [dims, dims], row by row. */
  readonly covariance: Float64Array;
}

/**
 * The moments of `count` vectors of equal length, one after the other; of one alone, no covariance. Throws ImageError.
 *
 * @param features [count, dims]
 */
export const momentsOf = (features: ArrayLike<number>, count: number): Moments => {
  const dims = features.length / count;
  if (!Number.isInteger(dims)) throw new ImageError(`momentsOf: ${features.length} numbers are no ${count} vectors`);
  const mean = new Float64Array(dims);
  for (let i = 0; i < features.length; i++) mean[i % dims]! += features[i]! / count;
  const covariance = new Float64Array(dims * dims);
  const centred = new Float64Array(dims);
  for (let n = 0; n < count; n++) {
    for (let a = 0; a < dims; a++) centred[a] = features[n * dims + a]! - mean[a]!;
    for (let a = 0; a < dims; a++) {
      for (let b = 0; b <= a; b++) covariance[a * dims + b]! += (centred[a]! * centred[b]!) / Math.max(1, count - 1);
    }
  }
  for (let a = 0; a < dims; a++) for (let b = 0; b < a; b++) covariance[b * dims + a] = covariance[a * dims + b]!;
  return { mean, covariance };
};

/** The distance of two sets by their moments. Throws ImageError where they have other dimensions. */
export const frechetDistance = (a: Moments, b: Moments): number => {
  const dims = a.mean.length;
  if (b.mean.length !== dims)
    throw new ImageError(`frechetDistance: vectors of ${dims} and of ${b.mean.length} numbers`);
  let total = 0;
  for (let i = 0; i < dims; i++) {
    total += (a.mean[i]! - b.mean[i]!) ** 2 + a.covariance[i * dims + i]! + b.covariance[i * dims + i]!;
  }
  // tr (Σ₁Σ₂)^½ = tr (RΣ₂R)^½ with R = Σ₁^½, which is symmetric.
  const { values, vectors } = eigen(a.covariance, dims);
  const root = new Float64Array(dims * dims);
  for (let k = 0; k < dims; k++) {
    const weight = Math.sqrt(Math.max(0, values[k]!));
    for (let i = 0; i < dims; i++) {
      const part = weight * vectors[i * dims + k]!;
      for (let j = 0; j < dims; j++) root[i * dims + j]! += part * vectors[j * dims + k]!;
    }
  }
  const inner = eigen(product(product(root, b.covariance, dims), root, dims), dims).values;
  return Math.max(0, total - 2 * inner.reduce((sum, value) => sum + Math.sqrt(Math.max(0, value)), 0));
};

const product = (a: Float64Array, b: Float64Array, dims: number): Float64Array => {
  const y = new Float64Array(dims * dims);
  for (let i = 0; i < dims; i++)
    for (let k = 0; k < dims; k++)
      for (let j = 0; j < dims; j++) y[i * dims + j]! += a[i * dims + k]! * b[k * dims + j]!;
  return y;
};

const MOST_SWEEPS = 30;

/** Eigenvalues and, as columns, eigenvectors of a symmetric matrix, by Jacobi's rotations (Golub and Van Loan, §8.5). */
const eigen = (matrix: Float64Array, dims: number): { values: Float64Array; vectors: Float64Array } => {
  const a = matrix.slice();
  const vectors = Float64Array.from({ length: dims * dims }, (_, i) => (i % (dims + 1) === 0 ? 1 : 0));
  const scale = Math.hypot(...a) || 1;
  for (let sweep = 0; sweep < MOST_SWEEPS; sweep++) {
    let off = 0;
    for (let p = 0; p < dims; p++) for (let q = 0; q < p; q++) off += a[p * dims + q]! ** 2;
    if (Math.sqrt(off) <= 1e-14 * scale) break;
    for (let p = 0; p < dims; p++) for (let q = p + 1; q < dims; q++) rotate(a, vectors, dims, p, q);
  }
  return { values: Float64Array.from({ length: dims }, (_, i) => a[i * dims + i]!), vectors };
};

/** Makes a[p, q] 0. */
const rotate = (a: Float64Array, vectors: Float64Array, dims: number, p: number, q: number): void => {
  const apart = a[p * dims + q]!;
  if (apart === 0) return;
  const theta = (a[q * dims + q]! - a[p * dims + p]!) / (2 * apart);
  const t = Math.sign(theta || 1) / (Math.abs(theta) + Math.sqrt(theta * theta + 1));
  const c = 1 / Math.sqrt(t * t + 1);
  const s = t * c;
  const turn = (m: Float64Array, i: number, j: number) => {
    const [x, y] = [m[i]!, m[j]!];
    m[i] = c * x - s * y;
    m[j] = s * x + c * y;
  };
  for (let k = 0; k < dims; k++) turn(a, k * dims + p, k * dims + q);
  for (let k = 0; k < dims; k++) turn(a, p * dims + k, q * dims + k);
  for (let k = 0; k < dims; k++) turn(vectors, k * dims + p, k * dims + q);
};
