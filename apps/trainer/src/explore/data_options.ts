/** The images that a command compares samples with: the options of `train`, and the set read in the model's shape. */
import type { DcganConfig } from "@kintsugi/dcgan";
import type { Crop } from "@kintsugi/images/node";
import { count, positiveInteger, type Reporter } from "@kintsugi/terminal";
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

export function loadData(options: DataOptions, config: DcganConfig, reporter: Reporter): Promise<LoadedImages> {
  const { data, validation, limit, crop } = options;
  const { size, channels } = config;
  return loadImages(data, { size, channels, crop, validation, ...(limit === undefined ? {} : { limit }) }, reporter);
}
