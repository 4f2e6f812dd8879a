/** The images that a command compares samples with: the options of `train`, and the set read in the model's shape. */
import type { DcganConfig } from "@kintsugi/dcgan";
import { CommandError, exitCodes, kinds, type OptionsOf, option, type Reporter } from "@kintsugi/terminal";
import { type LoadedImages, loadImages } from "../load_images.js";
import { IMAGE_OPTIONS } from "../train_options.js";

/** Of the images that a command compares with; the help of `--data` is the command's. */
export function dataOptions<const H extends string>(help: H) {
  const { limit, crop, validation } = IMAGE_OPTIONS;
  return {
    data: option(kinds.text("folder"), { help, required: help }),
    validation: { ...validation, help: "the last images by name were not trained on, as `train` has it" },
    limit: { ...limit, help: "use the first images by name only, as `train` has it" },
    crop,
  };
}

export type DataOptions = OptionsOf<ReturnType<typeof dataOptions>>;

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
