/** How a generated picture meets the known one at the edge of a hole. Known pixels are copied, whatever the way. */
import { compose } from "./compose.js";
import type { Mask } from "./masks.js";
import { poissonBlend } from "./poisson.js";

/**
 * `poisson`: the hole keeps the gradients of G(z) and takes its colours from its edge (Pérez et al. 2003; Yeh et al. 2017,
 * equation 6). `graded`: the same deep in the hole, and near known pixels, which tell more than any model, the smooth fill
 * between them. `alpha`: the difference at the edge fades out over some pixels into the hole. `none`: G(z) as it is.
 */
export type Blend = "graded" | "poisson" | "alpha" | "none";

export const BLENDS: readonly Blend[] = ["graded", "poisson", "alpha", "none"];

/** Sizes of a picture: [height, width, channels]. */
export type PictureShape = readonly [height: number, width: number, channels: number];

/**
 * Blends a batch on the host.
 *
 * @param images [N, size, size, channels] in [−1, 1]; what is missing may hold anything
 * @param hats G(z), the same shape
 */
export function blend(kind: Blend, images: Float32Array, hats: Float32Array, masks: readonly Mask[]): Float32Array {
  if (kind === "none") return compose(images, hats, masks);
  const stride = images.length / masks.length;
  const blended = new Float32Array(images.length);
  masks.forEach(({ size, pixels }, n) => {
    const of = (values: Float32Array) => values.subarray(n * stride, (n + 1) * stride);
    const shape: PictureShape = [size, size, stride / size ** 2];
    const one = { graded: gradedBlend, poisson: poissonBlend, alpha: alphaBlend }[kind];
    blended.set(one(of(images), of(hats), pixels, shape), n * stride);
  });
  return blended;
}

/** Where the model counts as much as the smooth fill, in pixels from what is known: in a hole of endless depth, and … */
const FAR = 0.7;
/** … added to it, divided by the hole's depth nearby. */
const THIN = 1.8;
/** How far from a pixel the hole's depth is looked for. */
const REACH = 4;

/**
 * x = s·p + (1 − s)·h with p by `poissonBlend` of g and h by that of a constant, the harmonic fill; s = d/(d + u), d the distance
 * to the nearest known pixel and u = 0.7 + 1.8/T, T the greatest such distance within 4 pixels. So where holes are thin the
 * neighbours lead: a pixel missing alone has s = 0.29, the edge of a large hole 0.49, its depths almost 1. Fitted on completions
 * of faces; see the README.
 *
 * @param scale pixels of this picture for one of those that the model paints. Default 1
 */
export function gradedBlend(
  y: Float32Array,
  g: Float32Array,
  mask: ArrayLike<number>,
  shape: PictureShape,
  scale = 1,
): Float32Array {
  const smooth = poissonBlend(y, new Float32Array(y.length), mask, shape);
  return graded(poissonBlend(y, g, mask, shape), smooth, mask, shape, scale);
}

/** Mixes the two pictures of `gradedBlend`, of one image. */
export function graded(
  poisson: Float32Array,
  smooth: Float32Array,
  mask: ArrayLike<number>,
  [height, width, channels]: PictureShape,
  scale = 1,
): Float32Array {
  const depth = depths(mask, height, width);
  const deepest = greatestNear(depth, height, width, Math.round(REACH * scale));
  return poisson.map((value, at) => {
    const p = Math.floor(at / channels);
    const d = depth[p]! / scale;
    // Known pixels are the same in both, and where nothing is known nothing is near.
    const share = d === Number.POSITIVE_INFINITY ? 1 : d / (d + FAR + (THIN * scale) / deepest[p]!);
    return d === 0 ? value : share * value + (1 - share) * smooth[at]!;
  });
}

/** The greatest value within a square around each place. */
function greatestNear(values: Float64Array, height: number, width: number, reach: number): Float64Array {
  const along = (from: Float64Array, length: number, step: number, lines: number, across: number) => {
    const most = new Float64Array(from.length);
    for (let line = 0; line < lines; line++) {
      for (let at = 0; at < length; at++) {
        let greatest = 0;
        for (let near = Math.max(0, at - reach); near <= Math.min(length - 1, at + reach); near++) {
          greatest = Math.max(greatest, from[line * across + near * step]!);
        }
        most[line * across + at * step] = greatest;
      }
    }
    return most;
  };
  return along(along(values, width, 1, height, width), height, width, width, 1);
}

/** `graded` for a batch; `smooth` may be longer. */
export function gradedBatch(poisson: Float32Array, smooth: Float32Array, masks: readonly Mask[]): Float32Array {
  const stride = poisson.length / masks.length;
  const mixed = new Float32Array(poisson.length);
  masks.forEach(({ size, pixels }, n) => {
    const of = (values: Float32Array) => values.subarray(n * stride, (n + 1) * stride);
    mixed.set(graded(of(poisson), of(smooth), pixels, [size, size, stride / size ** 2]), n * stride);
  });
  return mixed;
}

/** The distance of each pixel to the nearest known one, steps in eight directions; infinite where nothing is known. */
function depths(mask: ArrayLike<number>, height: number, width: number): Float64Array {
  const depth = Float64Array.from({ length: height * width }, (_, p) => (mask[p] !== 0 ? 0 : Number.POSITIVE_INFINITY));
  const pass = (order: (p: number) => number) => {
    for (let k = 0; k < depth.length; k++) {
      const p = order(k);
      for (const q of neighbours(p, height, width)) depth[p] = Math.min(depth[p]!, depth[q]! + 1);
    }
  };
  pass((k) => k);
  pass((k) => depth.length - 1 - k);
  return depth;
}

/**
 * x = y where it is known; in the hole x = g + w·d, where d is y − g at the nearest known pixels and w falls from 1 at the
 * edge to 0 after `reach` pixels. So the seam goes without a known pixel being touched, as a feathered mask would.
 *
 * @param mask [height, width], 0 = missing
 * @param reach pixels; by default an eighth of the longer side
 */
export function alphaBlend(
  y: Float32Array,
  g: Float32Array,
  mask: ArrayLike<number>,
  [height, width, channels]: PictureShape,
  reach = Math.max(height, width) / 8,
): Float32Array {
  const gap = y.map((value, at) => value - g[at]!);
  const x = y.slice();
  const depth = Int32Array.from({ length: height * width }, (_, p) => (mask[p] !== 0 ? 0 : -1));
  let ring = [...depth.keys()].filter((p) => depth[p] === -1);
  for (let far = 1; ring.length > 0; far++) {
    const next: number[] = [];
    const reached: number[] = [];
    const share = Math.max(0, 1 - far / (reach + 1));
    for (const p of ring) {
      const near = neighbours(p, height, width).filter((q) => depth[q] === far - 1);
      (near.length > 0 ? reached : next).push(p);
      for (let c = 0; c < channels && near.length > 0; c++) {
        const at = p * channels + c;
        gap[at] = near.reduce((sum, q) => sum + gap[q * channels + c]!, 0) / near.length;
        x[at] = g[at]! + share * gap[at];
      }
    }
    if (reached.length === 0) {
      // No way leads there from a known pixel.
      for (const p of next) for (let at = p * channels; at < (p + 1) * channels; at++) x[at] = g[at]!;
      break;
    }
    for (const p of reached) depth[p] = far;
    ring = next;
  }
  return x;
}

/** The up to eight pixels around one. */
function neighbours(p: number, height: number, width: number): number[] {
  const [i, j] = [Math.floor(p / width), p % width];
  const found: number[] = [];
  for (let a = Math.max(0, i - 1); a <= Math.min(height - 1, i + 1); a++) {
    for (let b = Math.max(0, j - 1); b <= Math.min(width - 1, j + 1); b++)
      if (a !== i || b !== j) found.push(a * width + b);
  }
  return found;
}
