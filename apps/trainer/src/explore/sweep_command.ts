/** `kintsugi sweep`: what single coordinates of z do, each taken through its range while the others stay. */
import { writePng } from "@kintsugi/images/node";
import { CommandError, exitCodes, fileName, indices, numberBetween, positiveInteger } from "@kintsugi/terminal";
import { Command, Option } from "commander";
import { addModelOptions, type ModelOptions, withModel, writeAnimation } from "./generator.js";
import { spread, withCoordinate } from "./latent.js";
import { sheet, wrapped } from "./sheet.js";

interface Options extends ModelOptions {
  readonly out: string;
  readonly gif?: string;
  readonly coordinates: readonly number[];
  readonly of: readonly number[];
  readonly steps: number;
  readonly range?: number;
  readonly scale?: number;
}

/** Where no range is given: all of U(−1, 1), and what holds 95 % of N(0, 1). */
const RANGE = { uniform: 1, normal: 2 } as const;
const anyNumber = numberBetween({ min: 0, max: 1000, above: true });

export function sweepCommand(): Command {
  const command = new Command("sweep")
    .description("take single coordinates of z through their range: a row of the sheet for each of each image")
    .requiredOption("--out <png>", "the sheet to write", fileName(".png"))
    .option("--gif <gif>", "an animation of all rows at once, there and back, as well", fileName(".gif"))
    .addOption(
      new Option("--coordinates <numbers>", "which coordinates of z, counted from 0")
        .argParser(indices("coordinates"))
        .default([0, 1, 2, 3], "0-3"),
    )
    .addOption(
      new Option("--of <numbers>", "the images of `sample` to change").argParser(indices("images")).default([0], "0"),
    )
    .option("--steps <n>", "images of a row", positiveInteger("images"), 9)
    .option("--range <r>", "from -r to r (default: 1, or 2 where z is normal)", anyNumber)
    .option("--scale <n>", "enlarge each pixel n times (default: until images are 64 wide)", positiveInteger("times"));
  return addModelOptions(command).action((options: Options) => run(options));
}

async function run(options: Options): Promise<void> {
  const { out, gif, coordinates, of, steps, scale } = options;
  await withModel(options, [out, gif], async ({ config, reporter, latents, generate }) => {
    const beyond = coordinates.find((coordinate) => coordinate >= config.nz);
    if (beyond !== undefined) {
      const has = `z has ${config.nz} coordinates, 0 to ${config.nz - 1}`;
      throw new CommandError(`--coordinates ${beyond}: ${has}; choose among them`, exitCodes.usage);
    }
    const range = options.range ?? RANGE[config.z ?? "uniform"];
    const values = spread(-range, range, steps);
    const starts = latents(of);
    const rows = starts.flatMap((z, i) => coordinates.map((coordinate) => ({ z, number: of[i]!, coordinate })));
    const images = await generate(
      rows.flatMap(({ z, coordinate }) => values.map((value) => withCoordinate(z, coordinate, value))),
    );
    const name = ({ number, coordinate }: (typeof rows)[number]) => `z[${coordinate}] of ${number}`;
    const cells = rows.map((row, i) => [
      { text: name(row) },
      ...values.map((value, step) => ({ image: images[i * steps + step]!, caption: value.toFixed(2) })),
    ]);
    await writePng(out, sheet(cells, config.size, scale));
    if (gif !== undefined) {
      const frames = values.map((_, step) =>
        sheet(
          wrapped(rows.map((row, i) => ({ image: images[i * steps + step]!, caption: name(row) }))),
          config.size,
          scale,
        ),
      );
      await writeAnimation(gif, frames, false);
    }
    reporter.emit({ t: "sweep", path: out, ...(gif === undefined ? {} : { gif }), coordinates, of, values });
    reporter.say(`${rows.length} sweeps from ${-range} to ${range}: ${[out, gif].filter(Boolean).join(", ")}`);
  });
}
