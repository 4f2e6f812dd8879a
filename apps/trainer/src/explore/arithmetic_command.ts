/** `kintsugi arithmetic`: A − B + C with the means of images picked from `sample`'s sheet (Radford et al. 2016, §6.3.2). */
import { writePng } from "@kintsugi/images/node";
import { PURPOSE, uniform } from "@kintsugi/nn";
import { CommandError, exitCodes, fileName, indices, numberBetween, positiveInteger } from "@kintsugi/terminal";
import { Command } from "commander";
import { addModelOptions, type ModelOptions, withModel } from "./generator.js";
import { combine, mean } from "./latent.js";
import { type Cell, sheet } from "./sheet.js";

interface Options extends ModelOptions {
  readonly out: string;
  readonly a: readonly number[];
  readonly b: readonly number[];
  readonly c: readonly number[];
  readonly noise: number;
  readonly scale?: number;
}

/** The result in the middle of 3×3, eight neighbours around it. */
const SIDE = 3;
const MIDDLE = 4;

export function arithmeticCommand(): Command {
  const numbers = indices("images");
  const command = new Command("arithmetic")
    .description("A - B + C: each the mean z of images picked by their number from `sample --numbers`")
    .requiredOption("--a <numbers>", "images that show what is to be changed, such as 3,17,40", numbers)
    .requiredOption("--b <numbers>", "images that show what to take away", numbers)
    .requiredOption("--c <numbers>", "images that show what to add", numbers)
    .requiredOption(
      "--out <png>",
      "the sheet to write: the images, their means, and the result amid results with noise",
      fileName(".png"),
    )
    .option("--noise <r>", "uniform noise of up to r on each coordinate", numberBetween({ min: 0, max: 10 }), 0.25)
    .option("--scale <n>", "enlarge each pixel n times (default: until images are 64 wide)", positiveInteger("times"));
  return addModelOptions(command).action((options: Options) => run(options));
}

async function run(options: Options): Promise<void> {
  const { out, a, b, c, noise, scale } = options;
  await withModel(options, [out], async ({ config, reporter, label, latents, generate }) => {
    if (config.classes && label === undefined) {
      const classes = config.classes.join(", ");
      throw new CommandError(`sums of classes are none: say with --class which of ${classes}`, exitCodes.usage);
    }
    const picked = [a, b, c].map((numbers) => latents(numbers));
    const means = picked.map(mean) as [Float32Array, Float32Array, Float32Array];
    const result = combine(...means);
    const results = Array.from({ length: SIDE * SIDE }, (_, i) => {
      if (i === MIDDLE) return result;
      const around = uniform({ seed: options.seed, purpose: PURPOSE.noise, index: i }, config.nz);
      return result.map((value, k) => value + noise * (around[k] ?? 0));
    });
    const images = await generate([...picked.flat(), ...means, ...results]);
    const cells = images.map((image): Cell => ({ image }));
    const take = (count: number) => cells.splice(0, count);
    const columns = [a, b, c].map((numbers) =>
      take(numbers.length).map((cell, i) => ({ ...cell, caption: `${numbers[i]}` })),
    );
    const averages = take(SIDE).map((cell, i) => ({ ...cell, caption: `mean ${"ABC"[i]}` }));
    await writePng(out, sheet(layOut(columns, averages, take(SIDE * SIDE)), config.size, scale));
    reporter.emit({ t: "arithmetic", path: out, a, b, c, noise, z: [...result] });
    reporter.say(`A - B + C: ${out}`);
  });
}

/** Examples in three columns above their means, which the signs stand between; the results end on the same row. */
function layOut(columns: readonly Cell[][], means: readonly Cell[], results: readonly Cell[]): Cell[][] {
  const rows = Math.max(SIDE, 1 + Math.max(...columns.map(({ length }) => length)));
  const blank = (): Cell => ({});
  return Array.from({ length: rows }, (_, row) => {
    const last = row === rows - 1;
    const operand = (i: number) => (last ? means[i]! : (columns[i]![columns[i]!.length - (rows - 1 - row)] ?? blank()));
    const sign = (text: string) => (last ? { text } : blank());
    const line = row - (rows - SIDE);
    const place = (column: number): Cell => {
      if (line < 0) return blank();
      const at = line * SIDE + column;
      return { ...results[at]!, caption: at === MIDDLE ? "A − B + C" : "" };
    };
    return [operand(0), sign("−"), operand(1), sign("+"), operand(2), sign("="), place(0), place(1), place(2)];
  });
}
