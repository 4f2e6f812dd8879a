/** `kintsugi sweep`: what single coordinates of z do, each taken through its range while the others stay. */
import { writePng } from "@kintsugi/images/node";
import { CommandError, createVerb, exitCodes, kinds, option, type VerbOptions } from "@kintsugi/terminal";
import type { Command } from "commander";
import { MODEL_OPTIONS, SCALE_OPTION, WRITING_OPTIONS, withModel, writeAnimation } from "./generator.js";
import { spread, withCoordinate } from "./latent.js";
import { sheet, wrapped } from "./sheet.js";

/** Where no range is given: all of U(−1, 1), and what holds 95 % of N(0, 1). */
const RANGE = { uniform: 1, normal: 2 } as const;

const SWEEP_OPTIONS = {
  out: option(kinds.fileName(".png"), { help: "the sheet to write", required: "the sheet to write" }),
  gif: option(kinds.fileName(".gif"), { help: "an animation of all rows at once, there and back, as well" }),
  coordinates: option(kinds.indices("coordinates"), { help: "of z, counted from 0", default: [0, 1, 2, 3] }),
  of: option(kinds.indices("images"), { help: "of `sample` to change", default: [0] }),
  steps: option(kinds.positiveInteger("images"), { help: "of a row", default: 9 }),
  range: option(kinds.numberBetween("r", { min: 0, max: 1000, above: true }), {
    help: "from -r to r",
    unset: "1, or 2 where z is normal",
  }),
  ...SCALE_OPTION,
  ...MODEL_OPTIONS,
  ...WRITING_OPTIONS,
};

type Options = VerbOptions<typeof SWEEP_OPTIONS>;

export function sweepCommand(): Command {
  return createVerb({
    name: "sweep",
    summary: "take single coordinates of z through their range: a row of the sheet for each of each image",
    table: SWEEP_OPTIONS,
    run,
  });
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
