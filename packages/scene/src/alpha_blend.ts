/** Blending by a feathered seam. */
import { depthsOf, ENDLESS } from "./fill/depth.js";
import { domainOf, pixelAt } from "./fill/domain.js";
import type { PictureShape } from "./fill/fill.js";
import type { Known } from "./polarity.js";

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
