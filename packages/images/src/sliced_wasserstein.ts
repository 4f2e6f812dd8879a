/**
 * Sliced Wasserstein distance of Laplacian patches (Karras et al. 2018, "Progressive Growing of GANs", §5): how far two
 * sets of images are apart in their local structure, scale by scale, without any network. Each level of a Laplacian
 * pyramid gives patches of 7×7 pixels, normalised per channel to mean 0 and deviation 1 over the set. Along a random
 * direction the patches are numbers, and the Wasserstein distance of two sets of numbers is the mean difference of the
 * sorted ones; the distance is its mean over many directions. The paper multiplies by 10³, and so do we.
 */
import type { BatchShape } from "./batch.js";
import { ImageError } from "./error.js";
import { checkLength } from "./image.js";
import { drawsOf } from "./toy-random.js";

const PATCH = 7;
/** The coarsest level has this side, or is the picture itself where it is no larger. */
const COARSEST = 16;

export interface SliceOptions {
  /** Of the patches' places and the directions: only distances with the same seed compare. Default 0. */
  readonly seed?: number;
  /** Directions. Default 512, as in the paper. */
  readonly directions?: number;
  /** Patches of one level, spread evenly over the images, but 128 of one image at most, as in the paper. Default 4096. */
  readonly patches?: number;
}

/** A set of images, level by level from the finest, as sorted projections: [directions, patches] each. */
export interface Slices {
  readonly sides: readonly number[];
  readonly levels: readonly Float32Array[];
  /** What must be equal for two sets to be compared. */
  readonly key: string;
}

/**
 * Prepares one side of a comparison. Both sides must have as many images of one shape. Throws ImageError.
 *
 * @param values images [N, size, size, C] in [−1, 1]
 */
export const slices = (
  values: Float32Array,
  shape: BatchShape,
  { seed = 0, directions = 512, patches = 4096 }: SliceOptions = {},
): Slices => {
  const [count, height, width, channels] = shape;
  if (height !== width || height < PATCH)
    throw new ImageError(`slices: images of ${width}×${height}; give squares of 7 pixels or more`);
  checkLength(values.length, count * height, width, channels);
  const each = Math.min(128, Math.max(1, Math.floor(patches / count)));
  const levels = laplacianPyramid(values, count, height, channels).map(({ pixels, side }, level) => {
    const found = patchesOf(pixels, { count, side, channels, each, seed: seed + level });
    normalise(found, channels);
    return project(found, PATCH * PATCH * channels, directionsOf(seed + level, directions, PATCH * PATCH * channels));
  });
  const sides = levels.map((_, level) => height >> level);
  return { sides, levels, key: [...shape, seed, directions, each].join() };
};

/** The distance ×10³: of each level, and the mean of them. 0 for identical sets. Throws ImageError. */
export const slicedWasserstein = (
  a: Slices,
  b: Slices,
): { readonly mean: number; readonly levels: readonly number[] } => {
  if (a.key !== b.key) throw new ImageError(`slicedWasserstein: sets of ${a.key} and ${b.key}; prepare both alike`);
  const levels = a.levels.map((sorted, level) => {
    const other = b.levels[level]!;
    let total = 0;
    for (let i = 0; i < sorted.length; i++) total += Math.abs(sorted[i]! - other[i]!);
    return (1000 * total) / sorted.length;
  });
  return { mean: levels.reduce((total, level) => total + level, 0) / levels.length, levels };
};

interface Level {
  readonly pixels: Float32Array;
  readonly side: number;
}

/** What each level has beyond the next one enlarged; the last level is what remains. */
const laplacianPyramid = (values: Float32Array, count: number, side: number, channels: number): Level[] => {
  const levels: Level[] = [];
  let pixels = values;
  let here = side;
  while (here / 2 >= COARSEST) {
    const smaller = shrink(pixels, count, here, channels);
    const enlarged = enlarge(smaller, count, here / 2, channels);
    levels.push({ pixels: enlarged.map((value, i) => pixels[i]! - value), side: here });
    pixels = smaller;
    here /= 2;
  }
  return [...levels, { pixels, side: here }];
};

/** The binomial filter, of both directions. */
const FILTER = [1 / 16, 4 / 16, 6 / 16, 4 / 16, 1 / 16];

/** An index beyond the edge, mirrored at the edge pixel. */
const mirror = (i: number, side: number): number => (i < 0 ? -i : i >= side ? 2 * side - 2 - i : i);

/** Filters, and keeps every second pixel: one axis at a time. */
const shrink = (pixels: Float32Array, count: number, side: number, channels: number): Float32Array => {
  const half = side / 2;
  const along = (from: Float32Array, outer: number, inner: number): Float32Array => {
    const to = new Float32Array(outer * half * inner);
    for (let o = 0; o < outer; o++)
      for (let i = 0; i < half; i++)
        for (let tap = -2; tap <= 2; tap++) {
          const source = (o * side + mirror(2 * i + tap, side)) * inner;
          const weight = FILTER[tap + 2]!;
          for (let j = 0; j < inner; j++) to[(o * half + i) * inner + j]! += weight * from[source + j]!;
        }
    return to;
  };
  return along(along(pixels, count, side * channels), count * half, channels);
};

/** Puts zeros between the pixels and filters with twice the weight: one axis at a time. */
const enlarge = (pixels: Float32Array, count: number, side: number, channels: number): Float32Array => {
  const double = side * 2;
  const along = (from: Float32Array, outer: number, inner: number): Float32Array => {
    const to = new Float32Array(outer * double * inner);
    for (let o = 0; o < outer; o++)
      for (let i = 0; i < double; i++)
        for (let tap = -2; tap <= 2; tap++) {
          const at = mirror(i + tap, double);
          if (at % 2 === 1) continue;
          const source = (o * side + at / 2) * inner;
          const weight = 2 * FILTER[tap + 2]!;
          for (let j = 0; j < inner; j++) to[(o * double + i) * inner + j]! += weight * from[source + j]!;
        }
    return to;
  };
  return along(along(pixels, count, side * channels), count * double, channels);
};

interface PatchOptions {
  readonly count: number;
  readonly side: number;
  readonly channels: number;
  /** Patches of one image. */
  readonly each: number;
  readonly seed: number;
}

/** Patches at random places, the same places for every set: [count·each, 7·7·channels]. */
const patchesOf = (pixels: Float32Array, { count, side, channels, each, seed }: PatchOptions): Float32Array => {
  const row = PATCH * channels;
  const out = new Float32Array(count * each * PATCH * row);
  for (let n = 0; n < count; n++) {
    const draws = drawsOf(seed, n);
    for (let k = 0; k < each; k++) {
      const top = Math.floor(draws.between(0, side - PATCH + 1));
      const left = Math.floor(draws.between(0, side - PATCH + 1));
      for (let y = 0; y < PATCH; y++) {
        const from = ((n * side + top + y) * side + left) * channels;
        out.set(pixels.subarray(from, from + row), ((n * each + k) * PATCH + y) * row);
      }
    }
  }
  return out;
};

/** Mean 0 and deviation 1 of each channel over all patches. A channel that never changes becomes 0. */
const normalise = (patches: Float32Array, channels: number): void => {
  const count = patches.length / channels;
  for (let c = 0; c < channels; c++) {
    let sum = 0;
    for (let i = c; i < patches.length; i += channels) sum += patches[i]!;
    const mean = sum / count;
    let squares = 0;
    for (let i = c; i < patches.length; i += channels) squares += (patches[i]! - mean) ** 2;
    const deviation = Math.sqrt(squares / count);
    const scale = deviation > 1e-6 ? 1 / deviation : 0;
    for (let i = c; i < patches.length; i += channels) patches[i] = (patches[i]! - mean) * scale;
  }
};

/** Unit vectors, evenly spread: normal numbers (Box and Muller) over their length. [count, length] */
const directionsOf = (seed: number, count: number, length: number): Float32Array => {
  const out = new Float32Array(count * length);
  for (let d = 0; d < count; d++) {
    // Beyond any image's index, so that places and directions share no draws.
    const draws = drawsOf(seed, 2 ** 31 + d);
    const vector = out.subarray(d * length, (d + 1) * length);
    let squares = 0;
    for (let i = 0; i < length; i++) {
      const radius = Math.sqrt(-2 * Math.log(1 - draws.between(0, 1)));
      vector[i] = radius * Math.cos(draws.between(0, 2 * Math.PI));
      squares += vector[i]! ** 2;
    }
    for (let i = 0; i < length; i++) vector[i]! /= Math.sqrt(squares);
  }
  return out;
};

/** All patches along all directions, each direction sorted: [directions, patches]. */
const project = (patches: Float32Array, length: number, directions: Float32Array): Float32Array => {
  const rows = patches.length / length;
  const count = directions.length / length;
  const out = new Float32Array(count * rows);
  // Four directions at a time: each number of a patch is fetched once for the four, which makes it twice as fast.
  for (let d = 0; d < count; d += 4) {
    const [a, b, c, e] = [0, 1, 2, 3].map((i) => Math.min(d + i, count - 1) * length) as [
      number,
      number,
      number,
      number,
    ];
    for (let n = 0; n < rows; n++) {
      const from = n * length;
      let [sumA, sumB, sumC, sumE] = [0, 0, 0, 0];
      for (let i = 0; i < length; i++) {
        const value = patches[from + i]!;
        sumA += directions[a + i]! * value;
        sumB += directions[b + i]! * value;
        sumC += directions[c + i]! * value;
        sumE += directions[e + i]! * value;
      }
      out[(a / length) * rows + n] = sumA;
      out[(b / length) * rows + n] = sumB;
      out[(c / length) * rows + n] = sumC;
      out[(e / length) * rows + n] = sumE;
    }
  }
  for (let d = 0; d < count; d++) out.subarray(d * rows, (d + 1) * rows).sort();
  return out;
};
