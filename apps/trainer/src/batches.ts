/** Which images a step sees. */
import { PURPOSE, permutation, words } from "@kintsugi/nn";

/** Bytes in memory, or in a file that is read as they are asked for; a `Uint8Array` is one. */
export interface ImageBytes {
  readonly length: number;
  subarray(from?: number, to?: number): Uint8Array;
}

/** Images of one size as bytes: [count, size, size, channels]; more may follow. */
export interface TrainingImages {
  readonly count: number;
  readonly size: number;
  readonly channels: number;
  readonly bytes: ImageBytes;
  /** Of what class each image is, where they have classes. */
  readonly labels?: Uint16Array;
}

/** The bytes of a set, without what may follow. */
export function bytesOf({ bytes, count, size, channels }: TrainingImages): ImageBytes {
  const length = count * size * size * channels;
  return { length, subarray: (from = 0, to = length) => bytes.subarray(from, to) };
}

export interface BatchOptions {
  /** Images in a step. */
  readonly perStep: number;
  readonly seed: number;
  /** Mirror each image with probability ½. */
  readonly flip: boolean;
}

/** Whole steps in an epoch; what is left over is dropped, and drawn anew in the next. */
export function stepsPerEpoch(images: TrainingImages, perStep: number): number {
  return Math.floor(images.count / perStep);
}

/** Byte b as a value: b/127.5 − 1. */
const VALUES = Float32Array.from({ length: 256 }, (_, byte) => byte / 127.5 - 1);

/**
 * The images of each step as values [perStep, size, size, channels]: every epoch is a permutation drawn from the seed and
 * the epoch alone, and who is mirrored follows from the seed and the step alone. The values are good until the call after
 * the next one: one batch is prepared while another is in use.
 */
export function createBatches(
  images: TrainingImages,
  { perStep, seed, flip }: BatchOptions,
): (step: number) => Float32Array {
  const { size, channels } = images;
  const stride = size * size * channels;
  const memory = [new Float32Array(perStep * stride), new Float32Array(perStep * stride)] as const;
  const pick = createPicks(images, { perStep, seed, flip });
  return (step) => {
    const picks = pick(step);
    const values = memory[step % 2 === 0 ? 0 : 1];
    for (let i = 0; i < perStep; i++) {
      const from = picks[2 * i]! * stride;
      const bytes = images.bytes.subarray(from, from + stride);
      if (picks[2 * i + 1] === 1) copyMirrored(bytes, images, values, i * stride);
      else for (let j = 0; j < stride; j++) values[i * stride + j] = VALUES[bytes[j]!]!;
    }
    return values;
  };
}

/** The same batches as places and mirrors, [perStep, 2]: what a step takes where the images stay on the device. */
export function createPicks(
  images: TrainingImages,
  { perStep, seed, flip }: BatchOptions,
): (step: number) => Float32Array {
  const choose = createOrder(images, perStep, seed);
  return (step) => {
    const coins = flip ? words({ seed, purpose: PURPOSE.flips, index: step }, perStep) : undefined;
    const picks = new Float32Array(2 * perStep);
    for (const [i, place] of choose(step).entries()) {
      picks[2 * i] = place;
      picks[2 * i + 1] = coins === undefined ? 0 : coins[i]! & 1;
    }
    return picks;
  };
}

/** The classes of the images of each step, where they have some. */
export function createLabels(
  images: TrainingImages,
  { perStep, seed }: Omit<BatchOptions, "flip">,
): ((step: number) => Uint16Array) | undefined {
  const { labels } = images;
  if (!labels) return undefined;
  const choose = createOrder(images, perStep, seed);
  return (step) => Uint16Array.from(choose(step), (image) => labels[image]!);
}

/** Which images a step sees, by their places. */
function createOrder(images: TrainingImages, perStep: number, seed: number): (step: number) => Uint32Array {
  const perEpoch = stepsPerEpoch(images, perStep);
  let epoch = -1;
  let order = new Uint32Array();
  return (step) => {
    if (Math.floor(step / perEpoch) !== epoch) {
      epoch = Math.floor(step / perEpoch);
      order = permutation({ seed, purpose: PURPOSE.order, index: epoch }, images.count);
    }
    const first = (step % perEpoch) * perStep;
    return order.subarray(first, first + perStep);
  };
}

function copyMirrored(bytes: Uint8Array, { size, channels }: TrainingImages, to: Float32Array, at: number): void {
  for (let y = 0; y < size; y++) {
    for (let x = 0; x < size; x++) {
      const source = (y * size + size - 1 - x) * channels;
      const target = at + (y * size + x) * channels;
      for (let c = 0; c < channels; c++) to[target + c] = VALUES[bytes[source + c]!]!;
    }
  }
}
