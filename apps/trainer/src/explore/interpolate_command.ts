/** `kintsugi interpolate`: what lies between images, a row of the sheet for each step of the way, and as an animation. */
import { writePng } from "@kintsugi/images/node";
import { CommandError, counted, createVerb, exitCodes, kinds, option, type VerbOptions } from "@kintsugi/terminal";
import type { Command } from "commander";
import { MODEL_OPTIONS, SCALE_OPTION, WRITING_OPTIONS, withModel, writeAnimation } from "./generator.js";
import { beside, lerp, slerp, spread } from "./latent.js";
import { sheet } from "./sheet.js";

const INTERPOLATE_OPTIONS = {
  out: option(kinds.fileName(".png"), { help: "the sheet to write", required: "the sheet to write" }),
  gif: option(kinds.fileName(".gif"), { help: "an animation of the whole way, there and back, as well" }),
  through: option(kinds.indices("images"), { help: "of `sample` to pass, in this order", default: [0, 1, 2, 3] }),
  steps: option(kinds.positiveInteger("images"), { help: "of a row, both ends among them", default: 10 }),
  spherical: option(kinds.flag, { help: "on great circles instead of straight lines", default: false }),
  ...SCALE_OPTION,
  ...MODEL_OPTIONS,
  ...WRITING_OPTIONS,
};

type Options = VerbOptions<typeof INTERPOLATE_OPTIONS>;

export function interpolateCommand(): Command {
  return createVerb({
    name: "interpolate",
    summary: "walk through z from image to image: each row of the sheet goes from one to the next",
    table: INTERPOLATE_OPTIONS,
    run,
  });
}

async function run(options: Options): Promise<void> {
  const { out, gif, through, steps, spherical, scale } = options;
  if (through.length < 2 || steps < 2) {
    const wrong = steps < 2 ? `--steps ${steps}` : `--through ${through.join()}`;
    throw new CommandError(`${wrong} goes nowhere; give at least two images`, exitCodes.usage);
  }
  await withModel(options, [out, gif], async ({ config, reporter, latents, generate }) => {
    const points = latents(through);
    const between = beside(spherical ? slerp : lerp, config.nz);
    const way = points.slice(1).flatMap((b, leg) => spread(0, 1, steps).map((t) => between(points[leg]!, b, t)));
    const images = await generate(way);
    const rows = points.slice(1).map((_, leg) =>
      images.slice(leg * steps, (leg + 1) * steps).map((image, i) => ({
        image,
        ...(i === 0 ? { caption: `${through[leg]}` } : {}),
        ...(i === steps - 1 ? { caption: `${through[leg + 1]}` } : {}),
      })),
    );
    await writePng(out, sheet(rows, config.size, scale));
    // The last image of a leg is the first of the next one: shown once.
    const frames = images.filter((_, i) => i % steps !== 0 || i === 0);
    if (gif !== undefined) {
      const enlarged = frames.map((image) => sheet([[{ image }]], config.size, scale));
      await writeAnimation(gif, enlarged, through.at(-1) === through[0]);
    }
    reporter.emit({ t: "interpolate", path: out, ...(gif === undefined ? {} : { gif }), through, steps, spherical });
    reporter.say(`${counted(rows.length, "way")} of ${steps} images: ${[out, gif].filter(Boolean).join(", ")}`);
  });
}
