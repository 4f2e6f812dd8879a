/** What the self-test compares with: products in float64, and numbers that float16 holds exactly. */
import { type ConvGeometry, coarseShape, fineShape, weightShape } from "@kintsugi/geometry";
import type { MatmulGeometry } from "@kintsugi/kernels";

export interface Sums {
  readonly sums: Float64Array;
  /** Σ|a·b| of each. */
  readonly magnitudes: Float64Array;
}

/** Reproducible multiples of unit/1024 in [−unit, unit], the same for the same seed. */
export function steps(length: number, seed: number, unit: number): Float32Array {
  let state = seed;
  return Float32Array.from({ length }, () => {
    // The constants of Numerical Recipes; the high bits of a linear congruence are the random ones.
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (((state >>> 16) % 2049) / 1024 - 1) * unit;
  });
}

/** The one of the three products of a convolution whose operands are given; see geometry.ts. */
export function exactConvolution(
  g: ConvGeometry,
  given: { readonly fine?: Float32Array; readonly coarse?: Float32Array; readonly weight?: Float32Array },
): Sums {
  const shape = given.fine ? (given.coarse ? weightShape(g) : coarseShape(g)) : fineShape(g);
  const made = zeros(shape.reduce((product, side) => product * side, 1));
  for (let n = 0; n < g.batch; n++) {
    for (let i = 0; i < g.coarseHeight; i++) {
      for (let j = 0; j < g.coarseWidth; j++) {
        for (let a = 0; a < g.kernel; a++) {
          for (let b = 0; b < g.kernel; b++) {
            const [v, h] = [i * g.stride - g.padTop + a, j * g.stride - g.padLeft + b];
            if (v < 0 || h < 0 || v >= g.fineHeight || h >= g.fineWidth) continue;
            const places = {
              coarse: ((n * g.coarseHeight + i) * g.coarseWidth + j) * g.coarseChannels,
              fine: ((n * g.fineHeight + v) * g.fineWidth + h) * g.fineChannels,
              weight: (a * g.kernel + b) * g.fineChannels * g.coarseChannels,
            };
            addPixel(g, given, places, made);
          }
        }
      }
    }
  }
  return made;
}

/** All pairs of channels of one pair of pixels. */
function addPixel(
  { fineChannels, coarseChannels }: ConvGeometry,
  { fine, coarse, weight }: Parameters<typeof exactConvolution>[1],
  places: { readonly fine: number; readonly coarse: number; readonly weight: number },
  made: Sums,
): void {
  for (let q = 0; q < fineChannels; q++) {
    for (let p = 0; p < coarseChannels; p++) {
      const at = { fine: places.fine + q, coarse: places.coarse + p, weight: places.weight + q * coarseChannels + p };
      const term = (fine?.[at.fine] ?? 1) * (coarse?.[at.coarse] ?? 1) * (weight?.[at.weight] ?? 1);
      add(made, fine ? (coarse ? at.weight : at.coarse) : at.fine, term);
    }
  }
}

export function exactMatmul(
  { m, n, k, transposeA, transposeB }: MatmulGeometry,
  a: Float32Array,
  b: Float32Array,
): Sums {
  const made = zeros(m * n);
  for (let row = 0; row < m; row++) {
    for (let column = 0; column < n; column++) {
      for (let i = 0; i < k; i++) {
        const left = a[transposeA ? i * m + row : row * k + i]!;
        add(made, row * n + column, left * b[transposeB ? column * k + i : i * n + column]!);
      }
    }
  }
  return made;
}

function zeros(length: number): Sums {
  return { sums: new Float64Array(length), magnitudes: new Float64Array(length) };
}

function add({ sums, magnitudes }: Sums, at: number, term: number): void {
  sums[at]! += term;
  magnitudes[at]! += Math.abs(term);
}
