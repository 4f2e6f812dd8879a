/** `kintsugi plan`: what a training step will need of the GPU, without running it. */
import { KERNEL_OPTIONS, openGpu } from "@kintsugi/backend";
import { OutOfMemoryError } from "@kintsugi/gpu";
import { createReporter, createVerb, kinds, option, type VerbOptions } from "@kintsugi/terminal";
import type { Command } from "commander";
import { planLines, reportPlan } from "./plan_report.js";
import { IMAGE_OPTIONS, NETWORK_OPTIONS, TRAINING_OPTIONS } from "./train_options.js";

const { size, channels } = IMAGE_OPTIONS;
const { nz, ngf, ndf, kernel } = NETWORK_OPTIONS;
const { batch } = TRAINING_OPTIONS;

const PLAN_OPTIONS = {
  ...{ size, channels, nz, ngf, ndf, kernel, batch },
  images: option(kinds.count("images"), { help: "of the training set that stay on the GPU", default: 0 }),
  ...KERNEL_OPTIONS,
};

type Options = VerbOptions<typeof PLAN_OPTIONS>;

export function planCommand(): Command {
  return createVerb({
    name: "plan",
    summary: "show what a training step will need of the GPU, without running it",
    table: PLAN_OPTIONS,
    run,
  });
}

/** Command lines that earlier versions had, as they are now; `note` gets a line that says so. */
export function currentSpelling(argv: readonly string[], note: (line: string) => void): readonly string[] {
  const [node, script, verb, ...rest] = argv;
  if (verb !== "doctor" || !rest.includes("--plan")) return argv;
  note("doctor --plan is now kintsugi plan");
  return [node!, script!, "plan", ...rest.filter((word) => word !== "--plan")];
}

async function run(options: Options): Promise<void> {
  const reporter = createReporter(options);
  const { size, channels, nz, ngf, ndf, kernel, batch, images } = options;
  const backend = await openGpu(options);
  try {
    const report = await reportPlan(backend, { size, channels, nz, ngf, ndf, kernel }, { batch, images });
    reporter.emit({ t: "plan", ...report });
    if (!reporter.json) for (const line of planLines(report)) process.stdout.write(`${line}\n`);
  } catch (error) {
    if (!(error instanceof OutOfMemoryError) || images === 0) throw error;
    const without = `${error.message}, or leave out --images, as train --resident off does`;
    throw new OutOfMemoryError(without, { cause: error });
  } finally {
    backend.destroy();
  }
}
