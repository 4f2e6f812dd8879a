/** `kintsugi sample`: a grid of generated images from a model. */
import { grid } from "@kintsugi/images";
import { writePng } from "@kintsugi/images/node";
import { counted, fileName, positiveInteger } from "@kintsugi/terminal";
import { Command } from "commander";
import { addModelOptions, type ModelOptions, type OpenModel, withModel } from "./explore/generator.js";
import { sheet, wrapped } from "./explore/sheet.js";

interface Options extends ModelOptions {
  readonly count: number;
  readonly out: string;
  readonly numbers: boolean;
}

export function sampleCommand(): Command {
  const command = new Command("sample")
    .description("draw images from a trained model")
    .requiredOption("--out <png>", "the grid to write", fileName(".png"))
    .option("--count <n>", "how many images", positiveInteger("images"), 64)
    .option(
      "--numbers",
      "write its number below each image: what the other verbs call it by, with the same seed",
      false,
    );
  return addModelOptions(command).action((options: Options) => run(options));
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
