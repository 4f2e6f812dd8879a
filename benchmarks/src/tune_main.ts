/** `npm run tune`: writes the table of the best cores for this machine's adapter. */
import { resolve } from "node:path";
import type { CoreFile } from "@kintsugi/backend-webgpu";
import { openNodeDevice } from "@kintsugi/gpu/node";
import { exitCodes, positiveInteger, refuseExisting, runCommandLine, writeFileWhole } from "@kintsugi/terminal";
import { Command } from "commander";
import { tune } from "./tune.js";

interface Options {
  readonly out: string;
  readonly overwrite: boolean;
  readonly width: number;
  readonly batch?: number;
  readonly size: number;
  readonly rounds: number;
}

const program = new Command("tune")
  .description("time every core for every product of a training step, and write which is best")
  .option("--out <file>", "write the table there", "cores.json")
  .option("--overwrite", "replace that file", false)
  .option("--width <n>", "ngf and ndf of the networks", positiveInteger("channels"), 64)
  .option("--batch <n>", "images in a step: by default 64, or 16 on software adapters", positiveInteger("images"))
  .option("--size <n>", "side of the images", positiveInteger("pixels"), 64)
  .option("--rounds <n>", "timed runs of each core", positiveInteger("rounds"), 5)
  .action(run);

async function run({ out, overwrite, width, batch, size, rounds }: Options): Promise<void> {
  await refuseExisting(out, { overwrite });
  const say = (line: string) => process.stderr.write(`${line}\n`);
  const device = await openNodeDevice(["disable-dawn-features=timestamp_quantization"]);
  const { description, software } = device.adapter;
  const images = batch ?? (software ? 16 : 64);
  say(`${description}: a training step of width ${width}, batch ${images}, ${size}×${size}`);
  const { cores, ruled, best } = await tune({ device, width, batch: images, size, rounds, say });
  const file: CoreFile = { adapter: description, cores };
  await writeFileWhole(out, `${JSON.stringify(file, null, 1)}\n`);
  for (const [product, core] of Object.entries(cores)) say(`${core.padEnd(14)}${product}`);
  const milliseconds = (nanoseconds: number) => `${(nanoseconds / 1e6).toPrecision(3)} ms`;
  say(`all products of a step: ${milliseconds(ruled)} by the rule, ${milliseconds(best)} by the best cores`);
  say(`table: ${resolve(out)}; use it with --cores ${out}`);
  device.destroy();
}

const code = await runCommandLine(program, process.argv, { NoAdapterError: exitCodes.noAdapter });
// Dawn keeps threads that would keep the process.
process.exit(code);
