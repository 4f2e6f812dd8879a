/** How a generated picture meets the known one at the edge of a hole. Known pixels are copied, whatever the way. */
import { alphaBlend } from "./alpha_blend.js";
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
