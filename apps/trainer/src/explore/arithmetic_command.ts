/** `kintsugi arithmetic`: A − B + C with the means of images picked from `sample`'s sheet (Radford et al. 2016, §6.3.2). */
import { writePng } from "@kintsugi/images/node";
import { PURPOSE, uniform } from "@kintsugi/nn";
import { CommandError, createVerb, exitCodes, kinds, option, type VerbOptions } from "@kintsugi/terminal";
import type { Command } from "commander";
import { MODEL_OPTIONS, SCALE_OPTION, WRITING_OPTIONS, withModel } from "./generator.js";
import { combine, mean } from "./latent.js";
import { type Cell, sheet } from "./sheet.js";

/** The result in the middle of 3×3, eight neighbours around it. */
const SIDE = 3;
const MIDDLE = 4;

const NUMBERS = kinds.indices("images");

const ARITHMETIC_OPTIONS = {
  a: option(NUMBERS, {
    help: "images that show what is to be changed, such as 3,17,40",
    required: "images, such as 3,17",
  }),
  b: option(NUMBERS, { help: "images that show what to take away", required: "images, such as 3,17" }),
  c: option(NUMBERS, { help: "images that show what to add", required: "images, such as 3,17" }),
  out: option(kinds.fileName(".png"), {
    help: "the sheet to write: the images, their means, and the result amid results with noise",
    required: "the sheet to write",
  }),
  noise: option(kinds.numberBetween("r", { min: 0, max: 10 }), {
    help: "uniform noise of up to r on each coordinate",
    default: 0.25,
  }),
  ...SCALE_OPTION,
  ...MODEL_OPTIONS,
  ...WRITING_OPTIONS,
};

type Options = VerbOptions<typeof ARITHMETIC_OPTIONS>;

export function arithmeticCommand(): Command {
  return createVerb({
    name: "arithmetic",
    summary: "A - B + C: each the mean z of images picked by their number from `sample --numbers`",
    table: ARITHMETIC_OPTIONS,
    run,
  });
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
