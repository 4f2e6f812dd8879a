/** How well a model completes pictures whose truth is known, against ways that need no search. Knows no file. */
import {
  type Comparison,
  type Completer,
  compare,
  compose,
  fill,
  type ManyOptions,
  type Mask,
  masks,
  poissonBlend,
} from "@kintsugi/completion";

/** The pictures of a way to complete, in the order in which the table has them. */
export const METHODS = [
  "mean colour",
  "harmonic",
  "biharmonic",
  "nearest",
  "nearest, blended",
  "search",
  "search, blended",
] as const;
export type Method = (typeof METHODS)[number];

/** A row of the table: means over images. PSNR in dB, L1 in levels of 255; hole is missing where nothing is. */
export interface Row {
  readonly mask: string;
  readonly method: Method;
  readonly images: number;
  readonly hole?: Comparison["whole"];
  readonly whole: Comparison["whole"];
}

/** Completed pictures of one mask, [images, size, size, channels], for a sheet. */
export type Completions = ReadonlyMap<Method, Float32Array>;

export interface Evaluation {
  /** [count, size, size, channels] in [−1, 1]. */
  readonly truth: Float32Array;
  readonly count: number;
  readonly maskOf: (image: number) => Mask;
  /** Pictures to take the nearest from, as bytes [n, size, size, channels]. */
  readonly train?: Uint8Array;
}

/** Masks as `masks.parse` reads them, and `random80` as it was once written; undefined for what needs no pixel or a file. */
export function evaluationMask(name: string, size: number, seed: number): ((image: number) => Mask) | undefined {
  const kind = masks.parse(name.replace(/^random(\d+)$/, "random:$1%"));
  if (kind?.by !== "rule" || kind.block !== undefined) return undefined;
  return (image) => kind.of(size, { seed, image });
}

/** `count` of `total` numbers as evenly spaced as can be, first and last among them. */
export function evenly(count: number, total: number): number[] {
  if (count >= total) return [...Array(total).keys()];
  return Array.from({ length: count }, (_, i) => Math.round((i * (total - 1)) / Math.max(1, count - 1)));
}

/** Completes every image in every way. An abort ends the search early; its numbers then say less. */
export async function completeAll(
  completer: Completer,
  { truth, count, maskOf, train }: Evaluation,
  options: ManyOptions,
  signal?: AbortSignal,
): Promise<Completions> {
  const stride = truth.length / count;
  const all = Array.from({ length: count }, (_, i) => maskOf(i));
  const flat = perImage(truth, all, (image, mask) => meanColour(image, mask));
  const made = new Map<Method, Float32Array>([
    ["mean colour", compose(truth, flat, all)],
    ["harmonic", blended(truth, flat, all)],
    [
      "biharmonic",
      perImage(truth, all, (image, { size, pixels }) =>
        fill("biharmonic", image, pixels, [size, size, stride / size ** 2]),
      ),
    ],
  ]);
  if (train) {
    const nearest = perImage(truth, all, (image, mask) => nearestOf(image, mask, train));
    made.set("nearest", compose(truth, nearest, all)).set("nearest, blended", blended(truth, nearest, all));
  }
  const plain = new Float32Array(truth.length);
  const fitted = new Float32Array(truth.length);
  const pictures = {
    count,
    values: (first: number, number: number) => truth.subarray(first * stride, (first + number) * stride),
    mask: maskOf,
  };
  await completer.completeAll(
    pictures,
    { ...options, outInterval: 0 },
    {
      onSnapshot({ first }, [best]) {
        plain.set(best!.completed, first * stride);
        fitted.set(best!.blended, first * stride);
      },
    },
    signal,
  );
  return made.set("search", plain).set("search, blended", fitted);
}

/** Means over images of what each way is worth. */
export function measure(mask: string, { truth, count, maskOf }: Evaluation, completions: Completions): Row[] {
  const stride = truth.length / count;
  return [...completions].map(([method, pictures]) => {
    const each = Array.from({ length: count }, (_, i) => {
      const of = (values: Float32Array) => values.subarray(i * stride, (i + 1) * stride);
      return compare(of(pictures), of(truth), maskOf(i));
    });
    const holes = each.flatMap(({ hole }) => (hole ? [hole] : []));
    const whole = meanOf(each.map((comparison) => comparison.whole));
    return { mask, method, images: count, ...(holes.length > 0 ? { hole: meanOf(holes) } : {}), whole };
  });
}

function meanOf(all: readonly Comparison["whole"][]): Comparison["whole"] {
  const mean = (pick: (one: Comparison["whole"]) => number) =>
    all.reduce((sum, one) => sum + pick(one), 0) / all.length;
  return { psnr: mean(({ psnr }) => psnr), ssim: mean(({ ssim }) => ssim), l1: mean(({ l1 }) => l1) };
}

type Rule = (image: Float32Array, mask: Mask) => Float32Array;

function perImage(images: Float32Array, all: readonly Mask[], rule: Rule): Float32Array {
  const stride = images.length / all.length;
  const made = new Float32Array(images.length);
  all.forEach((mask, n) => {
    made.set(rule(images.subarray(n * stride, (n + 1) * stride), mask), n * stride);
  });
  return made;
}

function blended(truth: Float32Array, hats: Float32Array, all: readonly Mask[]): Float32Array {
  const stride = truth.length / all.length;
  let n = 0;
  return perImage(hats, all, (hat, mask) => {
    const y = truth.subarray(n * stride, ++n * stride);
    return poissonBlend(y, hat, mask.pixels, [mask.size, mask.size, stride / mask.size ** 2]);
  });
}

/** Each channel's mean over the known pixels; mid-grey where nothing is known. */
function meanColour(image: Float32Array, { pixels }: Mask): Float32Array {
  const channels = image.length / pixels.length;
  const sums = new Float64Array(channels);
  let known = 0;
  pixels.forEach((there, p) => {
    if (there === 0) return;
    known++;
    for (let c = 0; c < channels; c++) sums[c]! += image[p * channels + c]!;
  });
  return Float32Array.from(image, (_, at) => sums[at % channels]! / Math.max(1, known));
}

/** The picture of `train` with the least L1 distance over the known pixels. */
function nearestOf(image: Float32Array, { pixels }: Mask, train: Uint8Array): Float32Array {
  const stride = image.length;
  const channels = stride / pixels.length;
  const known = [...Array(stride).keys()].filter((at) => pixels[Math.floor(at / channels)] !== 0);
  const goal = image.map((value) => (value + 1) * 127.5);
  let [best, least] = [0, Number.POSITIVE_INFINITY];
  for (let n = 0; n * stride < train.length; n++) {
    let distance = 0;
    for (let k = 0; k < known.length && distance < least; k++) {
      distance += Math.abs(train[n * stride + known[k]!]! - goal[known[k]!]!);
    }
    if (distance < least) [best, least] = [n, distance];
  }
  return Float32Array.from(train.subarray(best * stride, (best + 1) * stride), (byte) => byte / 127.5 - 1);
}
