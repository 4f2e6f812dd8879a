/** Masks of irregular regions, drawn by chance. Every image has its own, a function of the seed and the image's number. */
import { PURPOSE, uniform } from "@kintsugi/nn";
import type { Mask } from "./mask.js";

export interface RegionOptions {
  /** Share of the picture that is missing, 0 to 1. Default 0.25. */
  readonly fraction?: number;
  readonly seed: number;
  /** Which image of a run this is for. Default 0. */
  readonly image?: number;
}

/** Side of the noise's cells, as a share of the picture's. */
const CELLS = 6;

/**
 * Smooth blots anywhere, with exactly the asked share of pixels (rounded): noise between random numbers on a coarse grid, cut
 * off at the height that leaves so many. The "random region" of Pathak et al. 2016, "Context Encoders", section 3.3.
 */
export function pattern(size: number, { fraction = 0.25, seed, image = 0 }: RegionOptions): Mask {
  checkFraction("pattern", fraction);
  const side = CELLS + 2;
  const random = uniform({ seed, purpose: PURPOSE.masks, index: image }, side * side + 2);
  const [down, right] = [(random[side * side]! + 1) / 2, (random[side * side + 1]! + 1) / 2];
  const ease = (t: number) => t * t * (3 - 2 * t);
  const height = Float64Array.from({ length: size * size }, (_, p) => {
    const u = ((Math.floor(p / size) + 0.5) / size) * CELLS + down;
    const v = (((p % size) + 0.5) / size) * CELLS + right;
    const [i, j] = [Math.floor(u), Math.floor(v)];
    const [a, b] = [ease(u - i), ease(v - j)];
    const at = (row: number, column: number) => random[row * side + column]!;
    return (1 - a) * ((1 - b) * at(i, j) + b * at(i, j + 1)) + a * ((1 - b) * at(i + 1, j) + b * at(i + 1, j + 1));
  });
  const pixels = new Float32Array(size * size).fill(1);
  const highest = [...height.keys()].sort((p, q) => height[q]! - height[p]! || p - q);
  for (const p of highest.slice(0, Math.round(fraction * size * size))) pixels[p] = 0;
  return { size, pixels };
}

/**
 * Free-form strokes of a round brush, bent at random, one after the other until the asked share of pixels is covered; the
 * last may go beyond it by what one dab covers. As people paint out what they want to be rid of.
 */
export function strokes(size: number, { fraction = 0.25, seed, image = 0 }: RegionOptions): Mask {
  checkFraction("strokes", fraction);
  const numbers = draw(seed, image);
  const pixels = new Float32Array(size * size).fill(1);
  const wanted = fraction * size * size;
  let covered = 0;
  while (covered < wanted) {
    let [row, column, angle] = [numbers() * size, numbers() * size, numbers() * 2 * Math.PI];
    const radius = size * (0.02 + 0.05 * numbers());
    const bends = 3 + Math.floor(numbers() * 6);
    for (let bend = 0; bend < bends && covered < wanted; bend++) {
      const length = size * (0.05 + 0.2 * numbers());
      for (let gone = 0; gone < length && covered < wanted; gone++) {
        covered += dab(pixels, size, row, column, radius);
        row = Math.min(size - 1, Math.max(0, row + Math.sin(angle)));
        column = Math.min(size - 1, Math.max(0, column + Math.cos(angle)));
      }
      angle += (numbers() - 0.5) * Math.PI;
    }
  }
  return { size, pixels };
}

/** Takes away a disc; returns how many pixels that were known. */
function dab(pixels: Float32Array, size: number, row: number, column: number, radius: number): number {
  let taken = 0;
  for (let i = Math.max(0, Math.ceil(row - radius)); i <= Math.min(size - 1, row + radius); i++) {
    for (let j = Math.max(0, Math.ceil(column - radius)); j <= Math.min(size - 1, column + radius); j++) {
      if ((i - row) ** 2 + (j - column) ** 2 > radius ** 2) continue;
      taken += pixels[i * size + j]!;
      pixels[i * size + j] = 0;
    }
  }
  // A brush thinner than a pixel still leaves its mark.
  const under = Math.min(size - 1, Math.round(row)) * size + Math.min(size - 1, Math.round(column));
  taken += pixels[under]!;
  pixels[under] = 0;
  return taken;
}

/** An endless row of numbers in [0, 1). */
function draw(seed: number, image: number): () => number {
  let values = uniform({ seed, purpose: PURPOSE.masks, index: image }, 1024);
  let next = 0;
  return () => {
    if (next === values.length) values = uniform({ seed, purpose: PURPOSE.masks, index: image }, 2 * values.length);
    return (values[next++]! + 1) / 2;
  };
}

function checkFraction(name: string, fraction: number): void {
  if (!(fraction >= 0 && fraction <= 1)) throw new RangeError(`${name}: a fraction of ${fraction} is not from 0 to 1`);
}
