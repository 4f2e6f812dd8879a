/** How a generated picture meets the known one at the edge of a hole. Known pixels are copied, whatever the way. */
import { compose } from "./compose.js";
import { depthsOf, ENDLESS, greatestNear } from "./fill/depth.js";
import { domainOf, pixelAt } from "./fill/domain.js";
import { type PictureShape, poissonBlend } from "./fill/fill.js";
import type { Mask } from "./masks/mask.js";
import type { Known } from "./polarity.js";

/**
 * `poisson`: the hole keeps the gradients of G(z) and takes its colours from its edge (Pérez et al. 2003; Yeh et al. 2017,
 * equation 6). `graded`: the same deep in the hole, and near known pixels, which tell more than any model, the smooth fill
 * between them. `alpha`: the difference at the edge fades out over some pixels into the hole. `none`: G(z) as it is.
 */
export type Blend = "graded" | "poisson" | "alpha" | "none";

export const BLENDS: readonly Blend[] = ["graded", "poisson", "alpha", "none"];

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
  mask: Known<ArrayLike<number>>,
  shape: PictureShape,
  scale = 1,
): Float32Array {
  const smooth = poissonBlend(y, undefined, mask, shape);
  return graded(poissonBlend(y, g, mask, shape), smooth, mask, shape, scale);
}

/** Mixes the two pictures of `gradedBlend`, of one image. */
export function graded(
  poisson: Float32Array,
  smooth: Float32Array,
  mask: Known<ArrayLike<number>>,
  [height, width, channels]: PictureShape,
  scale = 1,
): Float32Array {
  const mixed = poisson.slice();
  const domain = domainOf(mask, height, width);
  if (!domain) return mixed;
  const depth = depthsOf(domain);
  const deepest = greatestNear(depth, domain, Math.round(REACH * scale));
  for (const place of domain.cells) {
    // Where nothing is known nothing is near.
    if (depth[place] === ENDLESS) continue;
    const d = depth[place]! / scale;
    const share = d / (d + FAR + (THIN * scale) / deepest[place]!);
    const from = pixelAt(domain, place, width) * channels;
    for (let at = from; at < from + channels; at++) mixed[at] = share * mixed[at]! + (1 - share) * smooth[at]!;
  }
  return mixed;
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
  mask: Known<ArrayLike<number>>,
  [height, width, channels]: PictureShape,
  reach = Math.max(height, width) / 8,
): Float32Array {
  const x = y.slice();
  const domain = domainOf(mask, height, width);
  if (!domain) return x;
  const depth = depthsOf(domain);
  // y − g, carried inwards ring by ring.
  const gap = new Float32Array(depth.length * channels);
  const outside = [
    -domain.width - 1,
    -domain.width,
    -domain.width + 1,
    -1,
    1,
    domain.width - 1,
    domain.width,
    domain.width + 1,
  ];
  for (let place = 0; place < depth.length; place++) {
    if (depth[place] !== 0) continue;
    const from = pixelAt(domain, place, width) * channels;
    for (let c = 0; c < channels; c++) gap[place * channels + c] = y[from + c]! - g[from + c]!;
  }
  for (const place of domain.cells.slice().sort((p, q) => depth[p]! - depth[q]! || p - q)) {
    const share = depth[place] === ENDLESS ? 0 : Math.max(0, 1 - depth[place]! / (reach + 1));
    const nearer = share === 0 ? [] : outside.filter((step) => depth[place + step] === depth[place]! - 1);
    const from = pixelAt(domain, place, width) * channels;
    for (let c = 0; c < channels; c++) {
      let sum = 0;
      for (const step of nearer) sum += gap[(place + step) * channels + c]!;
      const own = nearer.length === 0 ? 0 : sum / nearer.length;
      gap[place * channels + c] = own;
      x[from + c] = g[from + c]! + share * own;
    }
  }
  return x;
}
