/** What the commands that explore a model share: their options, the model opened on a back end, and z turned into images. */
import type { Backend } from "@kintsugi/autodiff";
import { BACKEND_OPTIONS, openBackend } from "@kintsugi/backend";
import { type DcganConfig, drawLatent, latentLength, modelSpecs, Sampler } from "@kintsugi/dcgan";
import { encodeGif, type Image, unstack } from "@kintsugi/images";
import { MODEL_OPTION, readModel } from "@kintsugi/models/node";
import { createVariables, PURPOSE, type Variables, writeAll } from "@kintsugi/nn";
import {
  CommandError,
  createReporter,
  exitCodes,
  kinds,
  option,
  type Reporter,
  refuseExisting,
  type VerbOptions,
  writeFileWhole,
} from "@kintsugi/terminal";

/** Images of one pass. */
const BATCH = 64;

/** Of the commands that explore a model. */
export const MODEL_OPTIONS = {
  ...MODEL_OPTION,
  class: option(kinds.text("name"), {
    help: "draw only this class, of a model trained with --classes; otherwise all in turn",
  }),
  seed: option(kinds.seed, {
    help: "unsigned 32-bit; the same seed gives the same z, numbered as `sample --numbers` shows",
    default: 0,
  }),
  ...BACKEND_OPTIONS,
};

/** Of those that write files. */
export const WRITING_OPTIONS = {
  overwrite: option(kinds.flag, { help: "replace the files to write if they exist", default: false, once: true }),
};

/** `--scale` of those that write sheets. */
export const SCALE_OPTION = {
  scale: option(kinds.positiveInteger("times"), {
    help: "enlarge each pixel so often",
    unset: "until images are 64 wide",
  }),
};

export interface ModelOptions extends VerbOptions<typeof MODEL_OPTIONS> {
  /** Not of commands that write no file. */
  readonly overwrite?: boolean;
}

/** A model on a back end, for as long as a command runs. */
export interface OpenModel {
  readonly config: DcganConfig;
  readonly backend: Backend;
  readonly variables: Variables;
  readonly reporter: Reporter;
  /** The place of the class that --class names; undefined where all are drawn in turn. */
  readonly label: number | undefined;
  /**
   * The z of these numbers, as `sample` draws them with the same seed and --class: z and class of a number do not depend on
   * how many are drawn. `labels` are the classes to draw instead, one for each number.
   */
  latents(numbers: readonly number[], labels?: ArrayLike<number>): Float32Array[];
  /** G(z) for each z. */
  generate(latents: readonly Float32Array[]): Promise<Image[]>;
}

/**
 * Refuses to overwrite, opens the model, does the work and closes.
 *
 * @param outputs files that the command will write, those that were asked for
 */
export async function withModel(
  options: ModelOptions,
  outputs: readonly (string | undefined)[],
  work: (model: OpenModel) => Promise<void>,
): Promise<void> {
  const reporter = createReporter(options);
  for (const path of outputs) if (path !== undefined) await refuseExisting(path, options);
  const { config, values } = await readModel(options.model, { classes: true });
  const label = options.class === undefined ? undefined : classNamed(config, options.class);
  const backend = await openBackend(options, (line) => reporter.say(line));
  try {
    const variables = createVariables(modelSpecs(config));
    writeAll(backend, variables, values);
    await work({
      config,
      backend,
      variables,
      reporter,
      label,
      latents(numbers, labels) {
        const stream = { seed: options.seed, purpose: PURPOSE.samples, index: 0 };
        const count = Math.max(...numbers) + 1;
        const wanted = label === undefined ? undefined : new Uint16Array(count).fill(label);
        const all = drawLatent(config, stream, count, labels ? placed(numbers, labels) : wanted);
        const length = latentLength(config);
        return numbers.map((number) => all.subarray(number * length, (number + 1) * length));
      },
      async generate(latents) {
        const { size, channels } = config;
        const length = latentLength(config);
        const z = new Float32Array(latents.length * length);
        for (const [i, one] of latents.entries()) z.set(one, i * length);
        const sampler = await Sampler.create(backend, config, variables, Math.min(BATCH, latents.length));
        const images = await sampler.sample(z);
        sampler.destroy();
        return unstack(images, [latents.length, size, size, channels]);
      },
    });
  } finally {
    backend.destroy();
  }
}

/** Labels at the places that some numbers have among all. */
function placed(numbers: readonly number[], labels: ArrayLike<number>): number[] {
  const all: number[] = [];
  for (const [i, number] of numbers.entries()) all[number] = labels[i]!;
  return all;
}

/** The place of a class in a model, or the end with the documented code. */
function classNamed({ classes }: DcganConfig, name: string): number {
  const place = classes?.indexOf(name) ?? -1;
  if (place >= 0) return place;
  const known = classes ? `its classes are ${classes.join(", ")}` : "it has no classes; leave --class out";
  throw new CommandError(`the model has no class ${name}: ${known}`, exitCodes.usage);
}

/** Writes an animation whole: there, and back again unless it is a round. */
export async function writeAnimation(path: string, frames: readonly Image[], round: boolean): Promise<void> {
  const back = round ? [] : frames.slice(1, -1).reverse();
  await writeFileWhole(path, encodeGif([...frames, ...back], { delay: 100 }));
}
