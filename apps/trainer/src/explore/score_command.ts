/** `kintsugi score`: how good a model is, in numbers that need no other network. */
import { Judge } from "@kintsugi/dcgan";
import { bytesToValues, slicedWasserstein, slices, stack } from "@kintsugi/images";
import { CommandError, exitCodes, positiveInteger } from "@kintsugi/terminal";
import { Command } from "commander";
import type { TrainingImages } from "../batches.js";
import { addDataOptions, type DataOptions, loadData } from "./data_options.js";
import { addModelOptions, type ModelOptions, withModel } from "./generator.js";

interface Options extends ModelOptions, DataOptions {
  readonly count: number;
}

/** Images of one pass of D. */
const BATCH = 64;

export function scoreCommand(): Command {
  const command = new Command("score").description(
    "measure a model against images it was not trained on: sliced Wasserstein distance, D(x) and D(G(z))",
  );
  return addModelOptions(addDataOptions(command, "the folder to compare with, or toy; see --validation"))
    .option("--count <n>", "at most so many images on either side", positiveInteger("images"), 512)
    .action((options: Options) => run(options));
}

async function run(options: Options): Promise<void> {
  await withModel(options, [], async ({ config, backend, variables, reporter, latents, generate }) => {
    const { training, validation } = await loadData(options, config, reporter);
    // Without a division all images of the folder are taken for held out.
    const heldOut = validation.count > 0 ? validation : training;
    const known = validation.count > 0 ? training : undefined;
    const count = Math.min(options.count, heldOut.count);
    if (count < 2) throw new CommandError(`${options.data}: one image is no set; give at least two`, exitCodes.dataSet);
    const real = spreadValues(heldOut, count);
    const made = stack(await generate(latents(Array.from({ length: count }, (_, i) => i)))).values;
    const trained = known && known.count >= count ? spreadValues(known, count) : undefined;

    const { size, channels } = config;
    const sliced = (values: Float32Array) => slices(values, [count, size, size, channels]);
    const goal = sliced(real);
    const swd = slicedWasserstein(goal, sliced(made));
    const swdTraining = trained && slicedWasserstein(goal, sliced(trained)).mean;
    const judge = await Judge.create(backend, config, variables, Math.min(BATCH, count));
    const [dReal, dFake] = [average(await judge.judge(real)), average(await judge.judge(made))];
    const dTraining = trained && average(await judge.judge(trained));
    judge.destroy();

    const levels = Object.fromEntries(goal.sides.map((side, i) => [side, swd.levels[i]!]));
    const measured = { count, swd: swd.mean, levels, swdTraining, dReal, dFake, dTraining };
    reporter.emit({ t: "score", ...measured });
    if (!reporter.json) process.stdout.write(describe(measured));
  });
}

interface Measured {
  readonly count: number;
  readonly swd: number;
  readonly levels: Readonly<Record<string, number>>;
  readonly swdTraining: number | undefined;
  readonly dReal: number;
  readonly dFake: number;
  readonly dTraining: number | undefined;
}

function describe({ count, swd, levels, swdTraining, dReal, dFake, dTraining }: Measured): string {
  const scales = Object.entries(levels)
    .reverse()
    .map(([side, distance]) => `${side}×${side}: ${distance.toFixed(1)}`);
  const lines = [
    [`sliced Wasserstein distance ×10³, ${count} samples`, `${swd.toFixed(1)}   (${scales.join(", ")})`],
    ["  the same, of training images: chance alone", swdTraining?.toFixed(1)],
    ["mean D(x), held-out images", dReal.toFixed(3)],
    ["mean D(x), training images", dTraining?.toFixed(3)],
    ["mean D(G(z))", dFake.toFixed(3)],
  ] as const;
  return lines.flatMap(([what, value]) => (value === undefined ? [] : [`${what.padEnd(56)}${value}\n`])).join("");
}

/** `count` images spread evenly over a set, so that a sorted one is represented whole. */
function spreadValues({ bytes, count: all, size, channels }: TrainingImages, count: number): Float32Array {
  const stride = size * size * channels;
  const values = new Float32Array(count * stride);
  for (let i = 0; i < count; i++) {
    const from = Math.floor((i * all) / count) * stride;
    values.set(bytesToValues(bytes.subarray(from, from + stride)), i * stride);
  }
  return values;
}

function average(values: Float32Array): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
