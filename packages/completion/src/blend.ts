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

const EQUAL = 1.5;

/**
 * x = s·p + (1 − s)·h with p by `poissonBlend` of g and h by that of a constant, the harmonic fill; s = d/(d + unit), d the
 * distance to the nearest known pixel. Fitted on pictures of faces, the s of least squared error goes from 0.3 (one pixel
 * missing here and there) and 0.6 (the edge of a large hole) at d = 1 to 0.85 at d = 10; here it goes on to 1.
 *
 * @param unit the distance at which both count the same; by default 1.5 pixels
 */
export function gradedBlend(
  y: Float32Array,
  g: Float32Array,
  mask: ArrayLike<number>,
  shape: PictureShape,
  unit = EQUAL,
): Float32Array {
  const smooth = poissonBlend(y, new Float32Array(y.length), mask, shape);
  return graded(poissonBlend(y, g, mask, shape), smooth, mask, shape, unit);
}

/** Mixes the two pictures of `gradedBlend`, of one image. */
export function graded(
  poisson: Float32Array,
  smooth: Float32Array,
  mask: ArrayLike<number>,
  [height, width, channels]: PictureShape,
  unit = EQUAL,
): Float32Array {
  const depth = depths(mask, height, width);
  return poisson.map((value, at) => {
    const d = depth[Math.floor(at / channels)]!;
    // Known pixels are the same in both, and where nothing is known nothing is near.
    const share = d === Number.POSITIVE_INFINITY ? 1 : d / (d + unit);
    return d === 0 ? value : share * value + (1 - share) * smooth[at]!;
  });
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
