/**
 * `kintsugi neighbours`: is the model memorising? The training images nearest to samples, and two numbers of samples and, to
 * judge by, of training images among themselves: the distance to the nearest, which is small for copies but also for soft
 * pictures, and its ratio to the second nearest, which falls towards 0 only where one image was copied.
 */
import { fromBytes, toBytes } from "@kintsugi/images";
import { writePng } from "@kintsugi/images/node";
import { CommandError, counted, createVerb, exitCodes, kinds, option, type VerbOptions } from "@kintsugi/terminal";
import type { Command } from "commander";
import { bytesOf } from "../batches.js";
import { dataOptions, loadData } from "./data_options.js";
import { MODEL_OPTIONS, SCALE_OPTION, WRITING_OPTIONS, withModel } from "./generator.js";
import { median, type Neighbour, nearest } from "./nearest.js";
import { sheet } from "./sheet.js";

const NEIGHBOURS_OPTIONS = {
  out: option(kinds.fileName(".png"), {
    help: "the sheet to write: a sample, then its nearest training images, and their distances",
    required: "the sheet to write",
  }),
  of: option(kinds.indices("images"), { help: "of `sample` to look up", default: [0, 1, 2, 3, 4, 5, 6, 7] }),
  nearest: option(kinds.positiveInteger("images"), { help: "training images for each", default: 5 }),
  ...SCALE_OPTION,
  ...dataOptions("the folder that the model was trained on, or toy"),
  ...MODEL_OPTIONS,
  ...WRITING_OPTIONS,
};

type Options = VerbOptions<typeof NEIGHBOURS_OPTIONS>;

export function neighboursCommand(): Command {
  return createVerb({
    name: "neighbours",
    summary: "the training images nearest to samples by pixels: is the model memorising?",
    table: NEIGHBOURS_OPTIONS,
    run,
  });
}

async function run(options: Options): Promise<void> {
  const { out, of, data, scale } = options;
  await withModel(options, [out], async ({ config, reporter, latents, generate }) => {
    const { training, names } = await loadData(options, config, reporter);
    if (training.count < 3) {
      throw new CommandError(
        `${data}: ${counted(training.count, "image")}: too few for two neighbours; give at least 3`,
        exitCodes.dataSet,
      );
    }
    const { size, channels } = training;
    const stride = size * size * channels;
    const bytes = bytesOf(training);
    const imageAt = (index: number) => bytes.subarray(index * stride, (index + 1) * stride);
    const samples = await generate(latents(of));
    const found = samples.map((sample) => nearest(toBytes(sample), bytes, Math.max(2, options.nearest)));
    const rows = samples.map((image, i) => [
      { image, caption: `sample ${of[i]}` },
      ...found[i]!.slice(0, options.nearest).map(({ index, distance }) => ({
        image: fromBytes(imageAt(index), size, size, channels as 1 | 3),
        caption: distance.toFixed(1),
      })),
    ]);
    await writePng(out, sheet(rows, size, scale));
    for (const [i, neighbours] of found.entries()) {
      const named = neighbours
        .slice(0, options.nearest)
        .map(({ index, distance }) => ({ name: names[index], index, distance }));
      reporter.emit({ t: "neighbours", sample: of[i], nearest: named });
    }
    // As many training images, spread over the set, each against all others: what the distances are to be judged by.
    const places = of.map((_, i) => Math.floor((i * training.count) / of.length));
    const among = places.map((place) => nearest(imageAt(place), bytes, 2, place));
    const [samplesAre, imagesAre] = [summary(found), summary(among)];
    reporter.emit({ t: "summary", path: out, images: training.count, samples: samplesAre, training: imagesAre });
    reporter.say(`nearest of ${training.count} training images, medians: ${describe(samplesAre)} for samples,`);
    reporter.say(`${describe(imagesAre)} for training images among themselves: ${out}`);
  });
}

interface Summary {
  /** In grey levels. */
  readonly distance: number;
  /** To the second nearest: 1 where none stands out, 0 where one is the same. */
  readonly ratio: number;
}

/** Medians over some images. */
function summary(found: readonly (readonly Neighbour[])[]): Summary {
  return {
    distance: median(found.map(([first]) => first!.distance)),
    // Two images that are both the same as this one make 0 / 0: copies.
    ratio: median(found.map(([first, second]) => (second!.distance > 0 ? first!.distance / second!.distance : 0))),
  };
}

function describe({ distance, ratio }: Summary): string {
  return `${distance.toFixed(1)} grey levels (${ratio.toFixed(2)} of the second nearest)`;
}
