/** The shape of an inpainting network, and what it owns. */
import type { ParameterSpec } from "@kintsugi/nn";

export interface InpainterConfig {
  /** Side of the pictures. */
  readonly size: number;
  /** 1 for grey, 3 for colour. */
  readonly channels: number;
  /** Channels at full resolution, at half of it, at a quarter …: as many levels as numbers. */
  readonly widths: readonly number[];
}

/** Negative slope of all leaky ReLUs. */
export const SLOPE = 0.2;
/** Filters of the convolutions that keep the side, and of those that halve or double it. */
const [KEEP, CHANGE] = [3, 4];

/** About two million weights: 4 MB in float16. */
export function defaultConfig(size: number, channels: number): InpainterConfig {
  const widths = size > 64 ? [12, 24, 48, 96, 104, 104] : [16, 40, 96, 112, 112];
  return { size, channels, widths: widths.slice(0, Math.max(1, Math.floor(Math.log2(size / 4)) + 1)) };
}

/** Everything that an inpainting network owns, by name. */
export function inpainterSpecs({ channels, widths }: InpainterConfig): ParameterSpec[] {
  const level = (i: number) => widths[i]!;
  const below = widths.slice(1).map((_, i) => i + 1);
  return [
    ...conv("inpainter/in", KEEP, channels, level(0)),
    // The bias is the picture's.
    ...conv("inpainter/mask", KEEP, 1, level(0)).slice(0, 1),
    ...block("inpainter/encoder0", level(0)),
    ...below.flatMap((i) => [
      ...conv(`inpainter/down${i}`, CHANGE, level(i - 1), level(i)),
      ...block(`inpainter/encoder${i}`, level(i)),
    ]),
    ...below
      .toReversed()
      .flatMap((i) => [
        ...convTranspose(`inpainter/up${i}`, level(i), level(i - 1)),
        ...block(`inpainter/decoder${i - 1}`, level(i - 1)),
      ]),
    ...conv("inpainter/out", KEEP, level(0), channels),
  ];
}

/** Two convolutions beside the identity. The second begins small, so that a deep network begins as a shallow one. */
function block(name: string, width: number): ParameterSpec[] {
  return [...conv(`${name}/1`, KEEP, width, width), ...conv(`${name}/2`, KEEP, width, width, 0.2)];
}

function conv(name: string, kernel: number, inputs: number, outputs: number, gain = 1): ParameterSpec[] {
  return weights(name, [kernel, kernel, inputs, outputs], outputs, gain * he(kernel ** 2 * inputs));
}

/** Of stride 2: each pixel of the result is met by a quarter of the filter. */
function convTranspose(name: string, inputs: number, outputs: number): ParameterSpec[] {
  return weights(name, [CHANGE, CHANGE, outputs, inputs], outputs, he((CHANGE ** 2 / 4) * inputs));
}

function weights(name: string, shape: readonly number[], outputs: number, sigma: number): ParameterSpec[] {
  return [
    { name: `${name}/w`, shape, initial: { kind: "normal", sigma }, trainable: true },
    { name: `${name}/biases`, shape: [outputs], initial: 0, trainable: true },
  ];
}

/** The deviation that keeps the variance of values through layers with leaky ReLUs (He et al. 2015, equation 15). */
function he(fanIn: number): number {
  return Math.sqrt(2 / ((1 + SLOPE ** 2) * fanIn));
}
