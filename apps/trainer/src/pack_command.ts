/** `kintsugi pack`: a folder of images into one file to train from. */
import type { Channels } from "@kintsugi/images";
import {
  CommandError,
  counted,
  createReporter,
  createVerb,
  exitCodes,
  interruptible,
  kinds,
  option,
  type Reporter,
  refuseExisting,
  type VerbOptions,
} from "@kintsugi/terminal";
import type { Command } from "commander";
import { isPack, writePack } from "./pack.js";
import { IMAGE_OPTIONS } from "./train_options.js";

const { size, channels, crop, classes, limit } = IMAGE_OPTIONS;
const shape = { size, channels, crop, classes, limit };

const PACK_OPTIONS = {
  out: option(kinds.text("kpack"), {
    help: "the file to write, .kpack (a safetensors file of bytes)",
    required: "the file to write, such as photos.kpack",
  }),
  ...shape,
  overwrite: option(kinds.flag, { help: "replace --out if it exists", default: false, once: true }),
};

type Options = VerbOptions<typeof PACK_OPTIONS>;

export function packCommand(): Command {
  return createVerb({
    name: "pack",
    summary: "decode, crop and resize a folder of images once, into one file for train --data",
    arguments: "<dir>",
    table: PACK_OPTIONS,
    run: (options, { args }) => run(args[0]!, options),
  });
}

async function run(dir: string, options: Options): Promise<void> {
  const { out, size, channels, limit, classes, overwrite } = options;
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
      channels: channels as Channels,
      crop: options.crop,
      classes,
      signal: interruption.signal,
      ...(limit === undefined ? {} : { limit }),
      onProgress(done, total) {
        progress ??= reporter.progress({ label: "packing", total });
        progress.update(done, { images: 1 });
      },
      onRemark: (line) => reporter.warn(line),
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
