/**
 * Numbers to multiply, and single elements of the products in float64: enough to prove at full size that a kernel computes
 * what it should, in a moment. The twins in `packages/kernels/reference` compute whole results; a test holds the two
 * against each other.
 */

import type { ConvGeometry } from "@kintsugi/geometry";
import type { MatmulGeometry } from "@kintsugi/kernels";
import { WrongResultError } from "./suite.js";

/** Reproducible numbers in [−1, 1), by a linear congruential generator (Numerical Recipes' constants). */
export function numbers(length: number, seed: number): Float32Array {
  const values = new Float32Array(length);
  let state = (seed * 2654435761 + 12345) >>> 0;
  for (let i = 0; i < length; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    values[i] = state / 2 ** 31 - 1;
  }
  return values;
}

/** A sum of products, and the sum of their magnitudes, by which its rounding error is bounded. */
export interface Sum {
  value: number;
  magnitude: number;
  terms: number;
}

/** The sum for one element of a result. */
export type Element = (index: number) => Sum;

function add(sum: Sum, a: number, b: number): void {
  sum.value += a * b;
  sum.magnitude += Math.abs(a * b);
  sum.terms++;
}

const zero = (): Sum => ({ value: 0, magnitude: 0, terms: 0 });

/** One element of the coarse image, of the fine image, or of the weight's gradient, from the other two. */
export function convElements(g: ConvGeometry, fine: Float32Array, coarse: Float32Array, weight: Float32Array) {
  const { fineHeight: H, fineWidth: W, fineChannels: Q, coarseHeight: I, coarseWidth: J, coarseChannels: P } = g;
  const K = g.kernel;
  const inside = (v: number, h: number) => v >= 0 && v < H && h >= 0 && h < W;
  const fineAt = (n: number, v: number, h: number, q: number) => fine[((n * H + v) * W + h) * Q + q]!;
  const coarseAt = (n: number, i: number, j: number, p: number) => coarse[((n * I + i) * J + j) * P + p]!;
  const weightAt = (a: number, b: number, q: number, p: number) => weight[((a * K + b) * Q + q) * P + p]!;

  const forward: Element = (index) => {
    const [n, i, j, p] = unravel(index, [g.batch, I, J, P]);
    const sum = zero();
    for (let a = 0; a < K; a++) {
      for (let b = 0; b < K; b++) {
        const [v, h] = [i * g.stride - g.padTop + a, j * g.stride - g.padLeft + b];
        if (!inside(v, h)) continue;
        for (let q = 0; q < Q; q++) add(sum, fineAt(n, v, h, q), weightAt(a, b, q, p));
      }
    }
    return sum;
  };
  const gradInput: Element = (index) => {
    const [n, v, h, q] = unravel(index, [g.batch, H, W, Q]);
    const sum = zero();
    for (let a = 0; a < K; a++) {
      for (let b = 0; b < K; b++) {
        const [i, j] = [(v + g.padTop - a) / g.stride, (h + g.padLeft - b) / g.stride];
        if (!Number.isInteger(i) || !Number.isInteger(j) || i < 0 || i >= I || j < 0 || j >= J) continue;
        for (let p = 0; p < P; p++) add(sum, coarseAt(n, i, j, p), weightAt(a, b, q, p));
      }
    }
    return sum;
  };
  const gradWeight: Element = (index) => {
    const [a, b, q, p] = unravel(index, [K, K, Q, P]);
    const sum = zero();
    for (let n = 0; n < g.batch; n++) {
      for (let i = 0; i < I; i++) {
        for (let j = 0; j < J; j++) {
          const [v, h] = [i * g.stride - g.padTop + a, j * g.stride - g.padLeft + b];
          if (inside(v, h)) add(sum, coarseAt(n, i, j, p), fineAt(n, v, h, q));
        }
      }
    }
    return sum;
  };
  return { forward, gradInput, gradWeight };
}

/** One element of a dense product of untransposed factors. */
export function matmulElement({ n, k }: MatmulGeometry, a: Float32Array, b: Float32Array): Element {
  return (index) => {
    const [row, column] = [Math.floor(index / n), index % n];
    const sum = zero();
    for (let i = 0; i < k; i++) add(sum, a[row * k + i]!, b[i * n + column]!);
    return sum;
  };
}

const SAMPLES = 48;

/** Positions spread over a result: the first, the last, and pseudo-random ones between. */
export function positions(length: number, count = SAMPLES): number[] {
  const between = Array.from(numbers(Math.max(0, count - 2), length), (x) => Math.floor(((x + 1) / 2) * length));
  return [0, length - 1, ...between];
}

/**
 * Throws unless the sampled elements are what they should be: |error| ≤ (8 + √terms/2)·2⁻²⁴·Σ|products|, the bound that
 * the kernels' tests use.
 *
 * @param rounding by so much of itself each product may be off beside, where its factors were rounded
 */
export function verify(label: string, result: Float32Array, element: Element, rounding = 0): string {
  const sampled = positions(result.length);
  for (const index of sampled) {
    const { value, magnitude, terms } = element(index);
    const bound = ((8 + Math.sqrt(terms) / 2) * 2 ** -24 + rounding) * magnitude;
    if (!(Math.abs(result[index]! - value) <= bound)) {
      throw new WrongResultError(`${label}: element ${index} is ${result[index]}, and should be ${value}`);
    }
  }
  return `${sampled.length} elements in float64`;
}

function unravel(index: number, shape: readonly [number, number, number, number]): [number, number, number, number] {
  const [, b, c, d] = shape;
  return [Math.floor(index / (b * c * d)), Math.floor(index / (c * d)) % b, Math.floor(index / d) % c, index % d];
}
