/** `kintsugi doctor`: what this machine offers, and what is wrong if something is. */
import { createRequire } from "node:module";
import { arch, cpus, platform, release, totalmem } from "node:os";
import { type DcganConfig, DEFAULT_CONFIG, DEFAULT_TRAINING } from "@kintsugi/dcgan";
import type { Device } from "@kintsugi/gpu";
import { openNodeDevice } from "@kintsugi/gpu/node";
import { addOutputOptions, createReporter, positiveInteger, type ReporterOptions } from "@kintsugi/terminal";
import { Command } from "commander";
import { planLines, reportPlan } from "./plan_report.js";

interface Options extends Required<ReporterOptions>, DcganConfig {
  readonly plan: boolean;
  readonly batch: number;
}

export function doctorCommand(): Command {
  const { size, channels, nz, ngf, ndf, kernel } = DEFAULT_CONFIG;
  const command = new Command("doctor")
    .description("show adapter, driver, limits, features and versions")
    .option("--plan", "show what a training step will need of the GPU instead, without running it", false)
    .option("--size <pixels>", "of --plan: side of the images", positiveInteger("pixels"), size)
    .option("--channels <n>", "of --plan: 1 for grey, 3 for colour", positiveInteger("channels"), channels)
    .option("--nz <n>", "of --plan: length of z", positiveInteger("numbers"), nz)
    .option("--ngf <n>", "of --plan: channels of the generator's last hidden layer", positiveInteger("channels"), ngf)
    .option("--ndf <n>", "of --plan: channels of the discriminator's first layer", positiveInteger("channels"), ndf)
    .option("--kernel <n>", "of --plan: side of the filters", positiveInteger("pixels"), kernel)
    .option("--batch <n>", "of --plan: images in a step", positiveInteger("images"), DEFAULT_TRAINING.batch);
  return addOutputOptions(command).action((options: Options) => (options.plan ? plan(options) : run(options)));
}

async function plan(options: Options): Promise<void> {
  const reporter = createReporter(options);
  const { size, channels, nz, ngf, ndf, kernel, batch } = options;
  const device = await openNodeDevice();
  try {
    const report = await reportPlan(device, { size, channels, nz, ngf, ndf, kernel }, batch);
    reporter.emit({ t: "plan", ...report });
    if (!reporter.json) for (const line of planLines(report)) process.stdout.write(`${line}\n`);
  } finally {
    device.destroy();
  }
}

async function run(options: ReporterOptions): Promise<void> {
  const reporter = createReporter(options);
  const machine = describeMachine();
  let device: Device | undefined;
  try {
    device = await openNodeDevice();
  } catch (error) {
    print(reporter.json, { ...machine, adapter: null }, reporter.emit);
    process.stdout.write(reporter.json ? "" : `${advice()}\n`);
    throw error;
  }
  const { adapter, handle } = device;
  const { maxBufferSize, maxStorageBufferBindingSize, maxComputeWorkgroupStorageSize } = handle.limits;
  print(
    reporter.json,
    {
      ...machine,
      adapter: adapter.description || adapter.vendor,
      kind: adapter.software ? "software: runs on the CPU, about a hundred times slower than a GPU" : "GPU",
      vendor: adapter.vendor,
      architecture: adapter.architecture,
      features: adapter.features.join(", "),
      maxBufferSize,
      maxStorageBufferBindingSize,
      maxComputeWorkgroupStorageSize,
    },
    reporter.emit,
  );
  if (!reporter.json) process.stdout.write(`${await check(device)}\n`);
  device.destroy();
}

function describeMachine() {
  const require = createRequire(import.meta.url);
  const version = (name: string) => (require(`${name}/package.json`) as { version: string }).version;
  return {
    kintsugi: (require("../package.json") as { version: string }).version,
    node: process.version,
    dawn: `webgpu ${version("webgpu")}`,
    system: `${platform()} ${release()} ${arch()}`,
    cpu: `${cpus().length} × ${cpus()[0]?.model.trim() ?? "unknown"}`,
    memory: `${Math.round(totalmem() / 2 ** 30)} GiB`,
  };
}

function print(json: boolean, facts: Readonly<Record<string, unknown>>, emit: (object: object) => void): void {
  if (json) {
    emit({ t: "doctor", ...facts });
    return;
  }
  for (const [name, value] of Object.entries(facts)) process.stdout.write(`${name.padEnd(32)}${value ?? "none"}\n`);
}

/** Copies a few numbers through the device: a driver may open and still not work. */
async function check(device: Device): Promise<string> {
  const values = Float32Array.of(1, 2, 3, 4);
  const view = { buffer: device.createBuffer("doctor", 16), offset: 0, bytes: 16 };
  device.write(view, values);
  const back = await device.read(view);
  const works = back.every((value, i) => value === values[i]);
  return works
    ? "all is well: the device takes and returns numbers"
    : "the device returns other numbers than it was given";
}

/** What to do where there is no adapter. */
function advice(): string {
  switch (platform()) {
    case "linux":
      return "no adapter: install your GPU's Vulkan driver, or Mesa's software driver (mesa-vulkan-drivers 24 or newer), and set XDG_RUNTIME_DIR";
    case "darwin":
      return "no adapter: Metal is part of macOS 12 and newer; a virtual machine needs a paravirtualised GPU";
    default:
      return "no adapter: install your GPU's current driver";
  }
}
