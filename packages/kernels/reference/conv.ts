/**
 * Float64 twins of conv2d, conv_transpose2d and conv2d_grad_weight: the three derivatives of one trilinear form,
 *
 *   T(coarse, fine, weight) = Σ coarse[n,i,j,p] · fine[n, i·stride − padTop + a, j·stride − padLeft + b, q] · weight[a,b,q,p]
 *
 * Letters: n image; i,j coarse row and column, p coarse channel; h,w fine row and column, q fine channel; a,b kernel taps.
 * NHWC, weight [K, K, fine, coarse] for both ops, cross-correlation; fine is 0 outside its bounds.
 */
import type { ConvGeometry } from "@kintsugi/geometry";

/** coarse[n,i,j,p] = Σ_{a,b,q} fine[n, i·stride − padTop + a, j·stride − padLeft + b, q] · weight[a,b,q,p] */
export function conv2d(g: ConvGeometry, fine: ArrayLike<number>, weight: ArrayLike<number>): Float64Array {
  const coarse = new Float64Array(g.batch * g.coarseHeight * g.coarseWidth * g.coarseChannels);
  let at = 0;
  for (let n = 0; n < g.batch; n++)
    for (let i = 0; i < g.coarseHeight; i++)
      for (let j = 0; j < g.coarseWidth; j++)
        for (let p = 0; p < g.coarseChannels; p++) {
          let sum = 0;
          for (let a = 0; a < g.kernel; a++) {
            const h = i * g.stride - g.padTop + a;
            if (h < 0 || h >= g.fineHeight) continue;
            for (let b = 0; b < g.kernel; b++) {
              const w = j * g.stride - g.padLeft + b;
              if (w < 0 || w >= g.fineWidth) continue;
              for (let q = 0; q < g.fineChannels; q++)
                sum += fine[fineIndex(g, n, h, w, q)]! * weight[weightIndex(g, a, b, q, p)]!;
            }
          }
          coarse[at++] = sum;
        }
  return coarse;
}

/**
 * fine[n,h,w,q] = Σ_{a,b,p} coarse[n, (h + padTop − a) / stride, (w + padLeft − b) / stride, p] · weight[a,b,q,p]
 * over the taps for which both quotients are whole and inside the coarse image.
 */
export function convTranspose2d(g: ConvGeometry, coarse: ArrayLike<number>, weight: ArrayLike<number>): Float64Array {
  const fine = new Float64Array(g.batch * g.fineHeight * g.fineWidth * g.fineChannels);
  let at = 0;
  for (let n = 0; n < g.batch; n++)
    for (let h = 0; h < g.fineHeight; h++)
      for (let w = 0; w < g.fineWidth; w++)
        for (let q = 0; q < g.fineChannels; q++) {
          let sum = 0;
          for (let a = 0; a < g.kernel; a++) {
            const i = (h + g.padTop - a) / g.stride;
            if (!Number.isInteger(i) || i < 0 || i >= g.coarseHeight) continue;
            for (let b = 0; b < g.kernel; b++) {
              const j = (w + g.padLeft - b) / g.stride;
              if (!Number.isInteger(j) || j < 0 || j >= g.coarseWidth) continue;
              for (let p = 0; p < g.coarseChannels; p++)
                sum += coarse[coarseIndex(g, n, i, j, p)]! * weight[weightIndex(g, a, b, q, p)]!;
            }
          }
          fine[at++] = sum;
        }
  return fine;
}

/** weight[a,b,q,p] = Σ_{n,i,j} coarse[n,i,j,p] · fine[n, i·stride − padTop + a, j·stride − padLeft + b, q] */
export function conv2dGradWeight(g: ConvGeometry, coarse: ArrayLike<number>, fine: ArrayLike<number>): Float64Array {
  const weight = new Float64Array(g.kernel * g.kernel * g.fineChannels * g.coarseChannels);
  let at = 0;
  for (let a = 0; a < g.kernel; a++)
    for (let b = 0; b < g.kernel; b++)
      for (let q = 0; q < g.fineChannels; q++)
        for (let p = 0; p < g.coarseChannels; p++) {
          let sum = 0;
          for (let n = 0; n < g.batch; n++)
            for (let i = 0; i < g.coarseHeight; i++) {
              const h = i * g.stride - g.padTop + a;
              if (h < 0 || h >= g.fineHeight) continue;
              for (let j = 0; j < g.coarseWidth; j++) {
                const w = j * g.stride - g.padLeft + b;
                if (w < 0 || w >= g.fineWidth) continue;
                sum += coarse[coarseIndex(g, n, i, j, p)]! * fine[fineIndex(g, n, h, w, q)]!;
              }
            }
          weight[at++] = sum;
        }
  return weight;
}

function fineIndex(g: ConvGeometry, n: number, h: number, w: number, q: number): number {
  return ((n * g.fineHeight + h) * g.fineWidth + w) * g.fineChannels + q;
}

function coarseIndex(g: ConvGeometry, n: number, i: number, j: number, p: number): number {
  return ((n * g.coarseHeight + i) * g.coarseWidth + j) * g.coarseChannels + p;
}

function weightIndex(g: ConvGeometry, a: number, b: number, q: number, p: number): number {
  return ((a * g.kernel + b) * g.fineChannels + q) * g.coarseChannels + p;
}
