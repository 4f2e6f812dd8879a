/** How near a completion is to the truth. Pictures are [size, size, channels] in [−1, 1]; values beyond are clipped. */
import type { Mask } from "@kintsugi/scene";

export interface Measures {
  /** Peak signal to noise ratio, 10·log10(1/mean squared error), in dB; pictures on [0, 1]. */
  readonly psnr: number;
  /** Structural similarity, at most 1. */
  readonly ssim: number;
  /** Mean absolute difference, in levels of 255. */
  readonly l1: number;
}

/** A picture against the truth: over the hole (missing without a hole), and over the whole image. */
export interface Comparison {
  readonly hole: Measures | undefined;
  readonly whole: Measures;
}

export function compare(picture: Float32Array, truth: Float32Array, mask: Mask): Comparison {
  const { size, pixels } = mask;
  const channels = picture.length / size ** 2;
  const [x, y] = [picture, truth].map((values) =>
    Float64Array.from(values, (value) => (Math.min(1, Math.max(-1, value)) + 1) / 2),
  ) as [Float64Array, Float64Array];
  const similarity = ssimMap(x, y, size, channels);
  const over = (counts: (pixel: number) => boolean): Measures | undefined => {
    let [squared, absolute, similar, number] = [0, 0, 0, 0];
    x.forEach((value, at) => {
      if (!counts(Math.floor(at / channels))) return;
      squared += (value - y[at]!) ** 2;
      absolute += Math.abs(value - y[at]!);
      similar += similarity[at]!;
      number++;
    });
    if (number === 0) return undefined;
    return {
      psnr: -10 * Math.log10(squared / number),
      ssim: similar / number,
      l1: (255 * absolute) / number,
    };
  };
  return { hole: over((p) => pixels[p] === 0), whole: over(() => true)! };
}

/** The window of the paper: 11 pixels, a normal curve of deviation 1.5. */
const REACH = 5;
const WINDOW = Array.from({ length: 2 * REACH + 1 }, (_, i) => Math.exp(-((i - REACH) ** 2) / (2 * 1.5 ** 2)));
const [C1, C2] = [0.01 ** 2, 0.03 ** 2];

/**
 * Structural similarity around every value, each channel by itself; the window is cut off at the border, and its weights sum
 * to 1 again. Source: Wang et al. 2004, equation 13, with values on [0, 1].
 */
function ssimMap(x: Float64Array, y: Float64Array, size: number, channels: number): Float64Array {
  const smooth = (values: Float64Array) => along(along(values, size, channels, true), size, channels, false);
  const product = (a: Float64Array, b: Float64Array) => a.map((value, at) => value * b[at]!);
  const [mx, my] = [smooth(x), smooth(y)];
  const [xx, yy, xy] = [smooth(product(x, x)), smooth(product(y, y)), smooth(product(x, y))];
  return mx.map((m, at) => {
    const n = my[at]!;
    const [vx, vy, covariance] = [xx[at]! - m * m, yy[at]! - n * n, xy[at]! - m * n];
    return ((2 * m * n + C1) * (2 * covariance + C2)) / ((m * m + n * n + C1) * (vx + vy + C2));
  });
}

function along(values: Float64Array, size: number, channels: number, rows: boolean): Float64Array {
  const step = rows ? channels : size * channels;
  return values.map((_, at) => {
    const pixel = Math.floor(at / channels);
    const place = rows ? pixel % size : Math.floor(pixel / size);
    let [sum, weights] = [0, 0];
    for (let k = Math.max(-REACH, -place); k <= Math.min(REACH, size - 1 - place); k++) {
      const weight = WINDOW[k + REACH]!;
      sum += weight * values[at + k * step]!;
      weights += weight;
    }
    return sum / weights;
  });
}
