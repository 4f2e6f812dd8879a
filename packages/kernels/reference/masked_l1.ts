/**
 * Float64 twins of the contextual loss, one number per image. NHWC images x and y; `weight` is [N, H, W], the same for
 * all channels: a mask, or the importance weights. Source: Yeh et al. 2017, eq. 4 (L1); the squared form is its L2 variant.
 */
import type { ImageShape } from "@kintsugi/geometry";

/** loss[n] = Σ_{h,w,c} weight[n,h,w] · |x[n,h,w,c] − y[n,h,w,c]| */
export function maskedL1(
  x: ArrayLike<number>,
  y: ArrayLike<number>,
  weight: ArrayLike<number>,
  shape: ImageShape,
): Float64Array {
  return weighted(x, y, weight, shape, Math.abs);
}

/** loss[n] = Σ_{h,w,c} weight[n,h,w] · (x[n,h,w,c] − y[n,h,w,c])² */
export function maskedL2(
  x: ArrayLike<number>,
  y: ArrayLike<number>,
  weight: ArrayLike<number>,
  shape: ImageShape,
): Float64Array {
  return weighted(x, y, weight, shape, (difference) => difference * difference);
}

function weighted(
  x: ArrayLike<number>,
  y: ArrayLike<number>,
  weight: ArrayLike<number>,
  [batch, height, width, channels]: ImageShape,
  distance: (difference: number) => number,
): Float64Array {
  const loss = new Float64Array(batch);
  for (let n = 0; n < batch; n++) {
    let sum = 0;
    for (let pixel = n * height * width; pixel < (n + 1) * height * width; pixel++)
      for (let c = 0; c < channels; c++) {
        const at = pixel * channels + c;
        sum += weight[pixel]! * distance(x[at]! - y[at]!);
      }
    loss[n] = sum;
  }
  return loss;
}
