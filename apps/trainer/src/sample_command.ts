/** `kintsugi sample`: a grid of generated images from a model. */
import { grid } from "@kintsugi/images";
import { writePng } from "@kintsugi/images/node";
import { counted, createVerb, kinds, option, type VerbOptions } from "@kintsugi/terminal";
import type { Command } from "commander";
import { MODEL_OPTIONS, type OpenModel, WRITING_OPTIONS, withModel } from "./explore/generator.js";
import { sheet, wrapped } from "./explore/sheet.js";

const SAMPLE_OPTIONS = {
  out: option(kinds.fileName(".png"), { help: "the grid to write", required: "the grid to write" }),
  count: option(kinds.positiveInteger("images"), { help: "how many", default: 64 }),
  numbers: option(kinds.flag, {
    help: "write its number below each image: what the other verbs call it by, with the same seed",
    default: false,
  }),
  ...MODEL_OPTIONS,
  ...WRITING_OPTIONS,
};

type Options = VerbOptions<typeof SAMPLE_OPTIONS>;

export function sampleCommand(): Command {
  return createVerb({
    name: "sample",
    summary: "draw images from a trained model",
    table: SAMPLE_OPTIONS,
    run,
  });
}

async function run(options: Options): Promise<void> {
  const { count, out, numbers } = options;
  const work = async ({ config, reporter, latents, generate }: OpenModel) => {
    const all = Array.from({ length: count }, (_, i) => i);
    const images = await generate(latents(all));
    const columns = Math.ceil(Math.sqrt(count));
    const cells = images.map((image, i) => ({ image, caption: String(i) }));
    await writePng(out, numbers ? sheet(wrapped(cells, columns), config.size) : grid(images, columns));
    reporter.emit({ t: "sample", path: out, count });
    reporter.say(`${counted(count, "image")}: ${out}`);
  };
  await withModel(options, [out], work);
}
