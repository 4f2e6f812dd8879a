/** The images that a command compares samples with: the options of `train`, and the set read in the model's shape. */
import type { DcganConfig } from "@kintsugi/dcgan";
import type { Crop } from "@kintsugi/images/node";
import { CommandError, count, exitCodes, positiveInteger, type Reporter } from "@kintsugi/terminal";
import type { Command } from "commander";
import { type LoadedImages, loadImages } from "../load_images.js";
import { crop } from "../train_options.js";

export interface DataOptions {
  readonly data: string;
  readonly validation: number;
  readonly limit?: number;
  readonly crop: Crop;
}

/** Adds --data, --validation, --limit and --crop. */
export function addDataOptions(command: Command, data: string): Command {
  return command
    .requiredOption("--data <folder>", data)
    .option("--validation <n>", "the last n images by name were not trained on, as `train` has it", count("images"), 0)
    .option("--limit <n>", "use the first n images by name only, as `train` has it", positiveInteger("images"))
    .option("--crop <crop>", "center, none, or the side of a central square, as `train` has it", crop, "center");
}

/** For a model with classes a folder, or a pack, of the same: their order decides which images are held out. */
export async function loadData(options: DataOptions, config: DcganConfig, reporter: Reporter): Promise<LoadedImages> {
  const { data, validation, limit, crop } = options;
  const { size, channels, classes } = config;
  const how = { size, channels, crop, validation, classes: classes !== undefined };
  const images = await loadImages(data, { ...how, ...(limit === undefined ? {} : { limit }) }, reporter);
  if (classes?.join("/") !== images.classes?.join("/")) {
    const [has, wanted] = [images.classes!.join(", "), classes!.join(", ")];
    throw new CommandError(`${data} has the classes ${has}, and the model ${wanted}`, exitCodes.dataSet);
  }
  return images;
}
