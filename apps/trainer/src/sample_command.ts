/** `kintsugi sample`: a grid of generated images from a model. */
import { DEVICES, type DeviceChoice, openBackend } from "@kintsugi/backend";
import { type DcganConfig, drawLatent, modelSpecs, Sampler } from "@kintsugi/dcgan";
import { grid, unstack } from "@kintsugi/images";
import { writePng } from "@kintsugi/images/node";
import { readModel } from "@kintsugi/models/node";
import { createVariables, PURPOSE, writeAll } from "@kintsugi/nn";
import {
  addOutputOptions,
  CommandError,
  choice,
  createReporter,
  exitCodes,
  positiveInteger,
  type ReporterOptions,
  refuseExisting,
  seed,
} from "@kintsugi/terminal";
import { Command } from "commander";

interface Options extends Required<ReporterOptions> {
  readonly model: string;
  readonly count: number;
  readonly out: string;
  readonly seed: number;
  readonly class?: string;
  readonly overwrite: boolean;
  readonly device: DeviceChoice;
}

/** Images of one pass. */
const BATCH = 64;

export function sampleCommand(): Command {
  const command = new Command("sample")
    .description("draw images from a trained model")
    .requiredOption("--model <file>", "a model or checkpoint, .safetensors")
    .requiredOption("--out <png>", "the grid to write")
    .option("--count <n>", "how many images", positiveInteger("images"), 64)
    .option("--seed <n>", "unsigned 32-bit; the same seed gives the same images", seed, 0)
    .option("--class <name>", "draw only this class, of a model trained with --classes; otherwise all in turn")
    .option(
      "--device <device>",
      "where to compute: gpu, cpu, or auto for the GPU if there is one",
      choice(DEVICES),
      "auto",
    )
    .option("--overwrite", "replace --out if it exists", false);
  return addOutputOptions(command).action((options: Options) => run(options));
}

async function run({
  model: path,
  count,
  out,
  seed,
  class: name,
  overwrite,
  device,
  ...output
}: Options): Promise<void> {
  const reporter = createReporter(output);
  await refuseExisting(out, { overwrite });
  const model = await readModel(path, { classes: true });
  const labels = name === undefined ? undefined : new Uint16Array(count).fill(classNamed(model.config, name));
  const backend = await openBackend(device, (line) => reporter.say(line));
  try {
    const variables = createVariables(modelSpecs(model.config));
    writeAll(backend, variables, model.values);
    const sampler = await Sampler.create(backend, model.config, variables, Math.min(BATCH, count));
    const { size, channels } = model.config;
    const stream = { seed, purpose: PURPOSE.samples, index: 0 };
    const images = await sampler.sample(drawLatent(model.config, stream, count, labels));
    await writePng(out, grid(unstack(images, [count, size, size, channels]), Math.ceil(Math.sqrt(count))));
  } finally {
    backend.destroy();
  }
  reporter.emit({ t: "sample", path: out, count });
  reporter.say(`${count} images: ${out}`);
}

/** The place of a class in a model, or the end with the documented code. */
function classNamed({ classes }: DcganConfig, name: string): number {
  const place = classes?.indexOf(name) ?? -1;
  if (place >= 0) return place;
  const known = classes ? `its classes are ${classes.join(", ")}` : "it has no classes; leave --class out";
  throw new CommandError(`the model has no class ${name}: ${known}`, exitCodes.usage);
}
