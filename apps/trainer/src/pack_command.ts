/** `kintsugi pack`: a folder of images into one file to train from. */
import type { Crop } from "@kintsugi/images/node";
import {
  addOutputOptions,
  CommandError,
  counted,
  createReporter,
  exitCodes,
  interruptible,
  positiveInteger,
  type Reporter,
  type ReporterOptions,
  refuseExisting,
} from "@kintsugi/terminal";
import { Command } from "commander";
import { isPack, writePack } from "./pack.js";
import { crop } from "./train_options.js";

interface Options extends Required<ReporterOptions> {
  readonly out: string;
  readonly size: number;
  readonly gray: boolean;
  readonly crop: Crop;
  readonly limit?: number;
  readonly classes: boolean;
  readonly overwrite: boolean;
}

export function packCommand(): Command {
  const command = new Command("pack")
    .description("decode, crop and resize a folder of images once, into one file for train --data")
    .argument("<dir>", "folder of PNG, JPEG or WebP images, and its sub-folders")
    .requiredOption("--out <kpack>", "the file to write, .kpack (a safetensors file of bytes)")
    .option("--resize, --size <pixels>", "images are resized to this side", positiveInteger("pixels"), 64)
    .option("--gray", "one channel instead of three", false)
    .option("--crop <how>", "center, none or N, as train takes it", crop, "center")
    .option("--classes", "each sub-folder is a class, for train --classes", false)
    .option("--limit <n>", "the first n images only, by name", positiveInteger("images"))
    .option("--overwrite", "replace --out if it exists", false);
  return addOutputOptions(command).action((dir: string, options: Options) => run(dir, options));
}

async function run(dir: string, options: Options): Promise<void> {
  const { out, size, gray, limit, classes, overwrite } = options;
  const reporter = createReporter(options);
  if (!isPack(out))
    throw new CommandError(`--out ${out}: a pack's name ends in .kpack, so that train knows it`, exitCodes.usage);
  await refuseExisting(out, { overwrite });
  const interruption = interruptible();
  let progress: ReturnType<Reporter["progress"]> | undefined;
  let skipped = 0;
  try {
    const count = await writePack(dir, out, {
      size,
      channels: gray ? 1 : 3,
      crop: options.crop,
      classes,
      signal: interruption.signal,
      ...(limit === undefined ? {} : { limit }),
      onProgress(done, total) {
        progress ??= reporter.progress({ label: "packing", total });
        progress.update(done, { images: 1 });
      },
      onSkip({ name, reason }) {
        skipped++;
        reporter.warn(`skipped ${name}: ${reason}`);
      },
    });
    progress?.stop();
    reporter.emit({ t: "pack", path: out, count, skipped, size });
    reporter.say(`${counted(count, "image")} of ${size}×${size}, ${skipped} skipped: ${out}`);
  } finally {
    progress?.stop();
    interruption.release();
  }
}
