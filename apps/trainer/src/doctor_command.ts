/** `kintsugi doctor`: what this machine offers, and what is wrong if something is. */
import { addKernelOptions, type BackendOptions, openGpu, probePrecisions } from "@kintsugi/backend";
import { type DcganConfig, DEFAULT_CONFIG, DEFAULT_TRAINING } from "@kintsugi/dcgan";
import { OutOfMemoryError } from "@kintsugi/gpu";
import {
  addOutputOptions,
  CommandError,
  count,
  createReporter,
  exitCodes,
  positiveInteger,
  type ReporterOptions,
} from "@kintsugi/terminal";
import { Command } from "commander";
import { describeMachine, examineCpu, examineGpu, type Facts, type Finding, SMALL_STEP } from "./examine.js";
import { planLines, reportPlan } from "./plan_report.js";

interface Options extends Required<ReporterOptions>, DcganConfig, Pick<BackendOptions, "precision" | "cores"> {
  readonly plan: boolean;
  readonly batch: number;
  readonly images: number;
}

export function doctorCommand(): Command {
  const { size, channels, nz, ngf, ndf, kernel } = DEFAULT_CONFIG;
  const command = new Command("doctor")
    .description(
      "show what this machine can compute on: adapter, driver, limits, features, precisions and their self-tests, versions, " +
        "and a step timed on each device",
    )
    .option("--plan", "show what a training step will need of the GPU instead, without running it", false)
    .option("--size <pixels>", "of --plan: side of the images", positiveInteger("pixels"), size)
    .option("--channels <n>", "of --plan: 1 for grey, 3 for colour", positiveInteger("channels"), channels)
    .option("--nz <n>", "of --plan: length of z", positiveInteger("numbers"), nz)
    .option("--ngf <n>", "of --plan: channels of the generator's last hidden layer", positiveInteger("channels"), ngf)
    .option("--ndf <n>", "of --plan: channels of the discriminator's first layer", positiveInteger("channels"), ndf)
    .option("--kernel <n>", "of --plan: side of the filters", positiveInteger("pixels"), kernel)
    .option("--batch <n>", "of --plan: images in a step", positiveInteger("images"), DEFAULT_TRAINING.batch)
    .option("--images <n>", "of --plan: training images that stay on the GPU", count("images"), 0);
  return addOutputOptions(addKernelOptions(command)).action((options: Options) =>
    options.plan ? plan(options) : run(options),
  );
}

async function plan(options: Options): Promise<void> {
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

async function run(options: ReporterOptions): Promise<void> {
  const reporter = createReporter(options);
  const machine = describeMachine();
  reporter.say("trying each back end with one small training step …");
  const gpu = await examineGpu();
  const cpu = await examineCpu();
  const precisions = gpu.works ? await probePrecisions() : [];
  const auto = gpu.works && !String(gpu.facts.kind).startsWith("software") ? "gpu" : cpu.works ? "cpu" : "none";
  reporter.emit({ t: "doctor", ...machine, gpu, precisions, cpu, auto });
  if (!reporter.json) {
    print(machine);
    printFinding("gpu", gpu);
    for (const { precision, report } of precisions) print({ [`--precision ${precision}`]: report });
    printFinding("cpu", cpu);
    print({ "--device auto takes": auto });
  }
  if (!gpu.works && !cpu.works) {
    throw new CommandError("neither a GPU nor the CPU back end works here; see above", exitCodes.noAdapter);
  }
}

function printFinding(device: string, finding: Finding): void {
  if (finding.works) {
    const { size, ngf, batch } = SMALL_STEP;
    const step = `${finding.stepMilliseconds.toFixed(1)} ms (${size}×${size}, width ${ngf}, batch ${batch})`;
    print({ [`--device ${device}`]: "works", ...finding.facts, "a small training step": step });
  } else {
    print({ [`--device ${device}`]: `does not work: ${finding.reason}`, remedy: finding.remedy });
  }
}

function print(facts: Facts): void {
  for (const [name, value] of Object.entries(facts)) process.stdout.write(`${name.padEnd(32)}${value}\n`);
}
