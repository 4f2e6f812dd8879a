/** `kintsugi score`: how good a model is, in numbers that need no other network. */
import { FEATURES, Judge, RandomFeatures } from "@kintsugi/dcgan";
import {
  bytesToValues,
  frechetDistance,
  type Moments,
  momentsOf,
  slicedWasserstein,
  slices,
  stack,
} from "@kintsugi/images";
import { CommandError, createVerb, exitCodes, kinds, option, type VerbOptions } from "@kintsugi/terminal";
import type { Command } from "commander";
import type { TrainingImages } from "../batches.js";
import { dataOptions, loadData } from "./data_options.js";
import { MODEL_OPTIONS, withModel } from "./generator.js";

/** Images of one pass of D. */
const BATCH = 64;

const SCORE_OPTIONS = {
  count: option(kinds.positiveInteger("images"), { help: "at most so many on either side", default: 512 }),
  ...dataOptions("the folder to compare with, or toy; see --validation"),
  ...MODEL_OPTIONS,
};

type Options = VerbOptions<typeof SCORE_OPTIONS>;

export function scoreCommand(): Command {
  return createVerb({
    name: "score",
    summary: "measure a model against images it was not trained on: sliced Wasserstein distance, D(x) and D(G(z))",
    table: SCORE_OPTIONS,
    run,
  });
}

async function run(options: Options): Promise<void> {
  await withModel(options, [], async ({ config, backend, variables, reporter, label, latents, generate }) => {
    const { training, validation } = await loadData(options, config, reporter);
    // Without a division all images of the folder are taken for held out.
    const heldOut = placesOf(validation.count > 0 ? validation : training, label);
    const known = validation.count > 0 ? placesOf(training, label) : undefined;
    const count = Math.min(options.count, heldOut.places.length);
    if (count < 2) {
      throw new CommandError(`${options.data}: too few images to compare with (${count}); give two`, exitCodes.dataSet);
    }
    const real = spreadOver(heldOut, count);
    // Samples of the classes that the real images have.
    const numbers = Array.from({ length: count }, (_, i) => i);
    const made = stack(await generate(latents(numbers, real.labels))).values;
    const trained = known && known.places.length >= count ? spreadOver(known, count) : undefined;

    const { size, channels } = config;
    const sliced = (values: Float32Array) => slices(values, [count, size, size, channels]);
    const goal = sliced(real.values);
    const swd = slicedWasserstein(goal, sliced(made));
    const swdTraining = trained && slicedWasserstein(goal, sliced(trained.values)).mean;
    const features = await RandomFeatures.create(backend, config, Math.min(BATCH, count));
    const momentsFor = async (values: Float32Array) => {
      const found = await features.of(values);
      return momentsOf(found, found.length / FEATURES);
    };
    const between = (a: Moments, b: Moments) => 1000 * frechetDistance(a, b);
    const realMoments = await momentsFor(real.values);
    const frechet = between(realMoments, await momentsFor(made));
    const frechetTraining = trained && between(realMoments, await momentsFor(trained.values));
    // Every second image on either side: the first half of a sorted set may be of another kind than the second.
    const even = await momentsFor(everySecond(real.values, count, 0));
    const frechetHalves = between(even, await momentsFor(everySecond(real.values, count, 1)));
    features.destroy();
    const judge = await Judge.create(backend, config, variables, Math.min(BATCH, count));
    const judged = async (values: Float32Array, labels: Uint16Array | undefined) =>
      average(await judge.judge(values, labels));
    const dReal = await judged(real.values, real.labels);
    const dFake = await judged(made, real.labels);
    const dTraining = trained && (await judged(trained.values, trained.labels));
    judge.destroy();

    const levels = Object.fromEntries(goal.sides.map((side, i) => [side, swd.levels[i]!]));
    const measured = {
      count,
      swd: swd.mean,
      levels,
      swdTraining,
      frechet,
      frechetTraining,
      frechetHalves,
      dReal,
      dFake,
      dTraining,
    };
    reporter.emit({ t: "score", ...measured });
    if (!reporter.json) process.stdout.write(describe(measured));
  });
}

interface Measured {
  readonly count: number;
  readonly swd: number;
  readonly levels: Readonly<Record<string, number>>;
  readonly swdTraining: number | undefined;
  readonly frechet: number;
  readonly frechetTraining: number | undefined;
  /** Of one half of the real images to the other. */
  readonly frechetHalves: number;
  readonly dReal: number;
  readonly dFake: number;
  readonly dTraining: number | undefined;
}

function describe({ count, swd, levels, swdTraining, dReal, dFake, dTraining, ...frechet }: Measured): string {
  const scales = Object.entries(levels)
    .reverse()
    .map(([side, distance]) => `${side}×${side}: ${distance.toFixed(1)}`);
  const lines = [
    [`sliced Wasserstein distance ×10³, ${count} samples`, `${swd.toFixed(1)}   (${scales.join(", ")})`],
    ["  the same, of training images: chance alone", swdTraining?.toFixed(1)],
    [`Fréchet distance ×10³ over random features, ${count} samples`, frechet.frechet.toFixed(1)],
    ["  the same, of training images: chance alone", frechet.frechetTraining?.toFixed(1)],
    [`  the same, of two halves of the real images, ${Math.floor(count / 2)} each`, frechet.frechetHalves.toFixed(1)],
    ["mean D(x), held-out images", dReal.toFixed(3)],
    ["mean D(x), training images", dTraining?.toFixed(3)],
    ["mean D(G(z))", dFake.toFixed(3)],
  ] as const;
  return lines.flatMap(([what, value]) => (value === undefined ? [] : [`${what.padEnd(56)}${value}\n`])).join("");
}

interface Places {
  readonly images: TrainingImages;
  readonly places: readonly number[];
}

/** Where the images of a class are in a set; all of them where no class is asked for. */
function placesOf(images: TrainingImages, label: number | undefined): Places {
  const all = Array.from({ length: images.count }, (_, i) => i);
  return { images, places: label === undefined ? all : all.filter((i) => images.labels![i] === label) };
}

/** `count` of some images, spread evenly, so that a sorted set is represented whole. */
function spreadOver({ images: { bytes, size, channels, labels }, places }: Places, count: number) {
  const stride = size * size * channels;
  const values = new Float32Array(count * stride);
  const chosen = Array.from({ length: count }, (_, i) => places[Math.floor((i * places.length) / count)]!);
  for (const [i, place] of chosen.entries()) {
    values.set(bytesToValues(bytes.subarray(place * stride, (place + 1) * stride)), i * stride);
  }
  return { values, labels: labels && Uint16Array.from(chosen, (place) => labels[place]!) };
}

/** Every second of some images. */
function everySecond(values: Float32Array, count: number, first: number): Float32Array {
  const image = values.length / count;
  const half = new Float32Array(Math.floor(count / 2) * image);
  for (let i = 0; i < Math.floor(count / 2); i++)
    half.set(values.subarray((2 * i + first) * image, (2 * i + first + 1) * image), i * image);
  return half;
}

function average(values: Float32Array): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
