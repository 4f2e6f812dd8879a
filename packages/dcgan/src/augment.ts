/**
 * Differentiable augmentation (DiffAugment, Zhao et al. 2020): all that D sees, real images and fakes alike, is distorted at
 * random, and G's gradient goes through the distortion. D cannot learn few images by heart then, and the fakes do not learn to
 * look distorted, since both kinds are.
 *
 * Colour: brightness +U(−½, ½), where white is 1 and black −1, saturation by U(0, 2), contrast by U(½, 3/2), in this order.
 * Translation: by up to ⅛ of each side, black-and-white's middle (0) behind. Cutout: a box of half the sides becomes 0; its
 * middle lies anywhere. As the authors have it.
 */
import {
  add,
  cutout,
  input,
  mean,
  multiply,
  saturate,
  slice,
  spread,
  type Tensor,
  translate,
} from "@kintsugi/autodiff";
import { PURPOSE, words } from "@kintsugi/nn";
import type { DcganConfig } from "./config.js";

/** Of each distortion the share of images that get it, from 0 to 1. */
export interface Augment {
  readonly colour: number;
  readonly translation: number;
  readonly cutout: number;
}

export const NO_AUGMENT: Augment = { colour: 0, translation: 0, cutout: 0 };

/** Numbers for each image by which `augment` distorts it, each under the name of its input. */
type Draws<T> = Readonly<Record<string, T>>;

/** What is drawn for an image: numbers of each input. */
const INPUTS: readonly {
  readonly name: string;
  readonly of: keyof Augment;
  readonly shape: (n: number) => number[];
}[] = [
  { name: "augmentBrightness", of: "colour", shape: (n) => [n] },
  { name: "augmentContrast", of: "colour", shape: (n) => [n] },
  { name: "augmentSaturation", of: "colour", shape: (n) => [n, 2] },
  { name: "augmentOffsets", of: "translation", shape: (n) => [n, 2] },
  { name: "augmentCorners", of: "cutout", shape: (n) => [n, 2] },
];

export function augments({ colour, translation, cutout }: Augment): boolean {
  return colour > 0 || translation > 0 || cutout > 0;
}

/** The inputs of a step for so many images; none of a distortion whose share is 0. */
export function augmentInputs(shares: Augment, count: number): Draws<Tensor> {
  const used = INPUTS.filter(({ of }) => shares[of] > 0);
  return Object.fromEntries(used.map(({ name, shape }) => [name, input(name, shape(count))]));
}

export function sliceDraws(draws: Draws<Tensor>, start: number, end: number): Draws<Tensor> {
  return Object.fromEntries(Object.entries(draws).map(([name, tensor]) => [name, slice(tensor, start, end)]));
}

/** @param x images [N, H, W, C] */
export function augment(x: Tensor, draws: Draws<Tensor>): Tensor {
  const [n, height, width] = x.shape as readonly [number, number, number];
  const { augmentBrightness: lift, augmentContrast: contrast, augmentSaturation: saturation } = draws;
  let y = x;
  if (lift && contrast && saturation) {
    // Saturation keeps the mean of an image, M. So with brightness b and contrast k, k·(x + b) + (1 − k)·(M + b) is all of it.
    const middle = add(multiply(contrast, mean(x, n)), lift);
    y = add(saturate(x, saturation), spread(middle, x.shape));
  }
  if (draws.augmentOffsets) y = translate(y, draws.augmentOffsets);
  return draws.augmentCorners ? cutout(y, draws.augmentCorners, boxOf(height, width)) : y;
}

/**
 * The values of these inputs for a step: functions of seed and step alone.
 *
 * @param count images
 */
export function drawAugment(
  { size }: DcganConfig,
  shares: Augment,
  count: number,
  { seed, step }: { readonly seed: number; readonly step: number },
): Draws<Float32Array> {
  const drawn = words({ seed, purpose: PURPOSE.augment, index: step }, count * DRAWN);
  const [boxHeight, boxWidth] = boxOf(size, size);
  const reach = Math.floor(size / 8 + 0.5);
  const images = Array.from({ length: count }, (_, n) => {
    const unit = (i: number) => drawn[n * DRAWN + i]! / 2 ** 32;
    /** A whole number from −most to most. */
    const whole = (i: number, least: number, most: number) => least + Math.floor(unit(i) * (most - least + 1));
    const [coloured, moved, cut] = [unit(0) < shares.colour, unit(1) < shares.translation, unit(2) < shares.cutout];
    const [brightness, saturation, contrast] = coloured ? [unit(3) - 0.5, 2 * unit(4), 0.5 + unit(5)] : [0, 1, 1];
    const corner = (i: number, box: number) => whole(i, 0, size - (box % 2)) - Math.floor(box / 2);
    return {
      augmentBrightness: [brightness],
      augmentContrast: [1 - contrast],
      augmentSaturation: [contrast * saturation, contrast * (1 - saturation)],
      augmentOffsets: moved ? [whole(6, -reach, reach), whole(7, -reach, reach)] : [0, 0],
      augmentCorners: cut ? [corner(8, boxHeight), corner(9, boxWidth)] : [size, size],
    } as Readonly<Record<string, readonly number[]>>;
  });
  const used = INPUTS.filter(({ of }) => shares[of] > 0);
  return Object.fromEntries(used.map(({ name }) => [name, Float32Array.from(images.flatMap((image) => image[name]!))]));
}

/** Numbers drawn for an image. */
const DRAWN = 10;

function boxOf(height: number, width: number): [number, number] {
  return [Math.floor(height / 2 + 0.5), Math.floor(width / 2 + 0.5)];
}
