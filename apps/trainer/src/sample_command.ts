/** `kintsugi sample`: a grid of generated images from a model. */
import type { DcganConfig } from "@kintsugi/dcgan";
import { grid } from "@kintsugi/images";
import { writePng } from "@kintsugi/images/node";
import { CommandError, exitCodes, positiveInteger } from "@kintsugi/terminal";
import { Command } from "commander";
import { addModelOptions, type ModelOptions, type OpenModel, withModel } from "./explore/generator.js";
import { sheet, wrapped } from "./explore/sheet.js";

interface Options extends ModelOptions {
  readonly count: number;
  readonly out: string;
  readonly class?: string;
  readonly numbers: boolean;
}

export function sampleCommand(): Command {
  const command = new Command("sample")
    .description("draw images from a trained model")
    .requiredOption("--out <png>", "the grid to write")
    .option("--count <n>", "how many images", positiveInteger("images"), 64)
    .option("--class <name>", "draw only this class, of a model trained with --classes; otherwise all in turn")
    .option(
      "--numbers",
      "write its number below each image: what the other verbs call it by, with the same seed",
      false,
    );
  return addModelOptions(command).action((options: Options) => run(options));
}

async function run(options: Options): Promise<void> {
  const { count, out, numbers, class: name } = options;
  const work = async ({ config, reporter, latents, generate }: OpenModel) => {
    const label = name === undefined ? undefined : classNamed(config, name);
    const all = Array.from({ length: count }, (_, i) => i);
    const images = await generate(latents(all, label));
    const columns = Math.ceil(Math.sqrt(count));
    const cells = images.map((image, i) => ({ image, caption: String(i) }));
    await writePng(out, numbers ? sheet(wrapped(cells, columns), config.size) : grid(images, columns));
    reporter.emit({ t: "sample", path: out, count });
    reporter.say(`${count} images: ${out}`);
  };
  await withModel(options, [out], work, { classes: true });
}

/** The place of a class in a model, or the end with the documented code. */
function classNamed({ classes }: DcganConfig, name: string): number {
  const place = classes?.indexOf(name) ?? -1;
  if (place >= 0) return place;
  const known = classes ? `its classes are ${classes.join(", ")}` : "it has no classes; leave --class out";
  throw new CommandError(`the model has no class ${name}: ${known}`, exitCodes.usage);
}
