/** `npm run bench -- isa`: what a step's kernels become on an AMD GPU that is not there. */
import { PRECISION_FEATURES, type Precision } from "@kintsugi/backend-webgpu";
import { CommandError, choice, exitCodes, positiveInteger, writeFileWhole } from "@kintsugi/terminal";
import { Command } from "commander";
import { renderIsa } from "./page.js";
import { compileFor, FAMILIES, MissingToolError } from "./run.js";
import { rowsOf, tableOf } from "./table.js";

interface Options {
  readonly family: string;
  readonly width: number;
  readonly batch: number;
  readonly precision: Precision;
  readonly json?: string;
  readonly out?: string;
  readonly asm?: string;
}

const PRECISIONS = Object.keys(PRECISION_FEATURES) as Precision[];

const NOTES = `
Mesa's RADV compiles every pipeline of a training and a completion step for the family, and executes nothing: a test of kernels
without a GPU and without a clock. It does not see memory latency, caches and clocks, nor other vendors' compilers.
Needs Linux, cc, libvulkan-dev and mesa-vulkan-drivers.`;

export function isaCommand(): Command {
  return new Command("isa")
    .description("show what a step's kernels become on an AMD GPU that is not there")
    .option("--family <name>", `the GPU: ${FAMILIES.join(", ")}, or another that RADV knows`, "navi31")
    .option("--width <n>", "ngf and ndf of the step", positiveInteger("channels"), 64)
    .option("--batch <n>", "images of the step", positiveInteger("images"), 64)
    .option("--precision <name>", PRECISIONS.join(", "), choice(PRECISIONS), "f32")
    .option("--json <file>", "write all numbers as JSON")
    .option("--out <html>", "write a page with the table")
    .option("--asm <file>", "write what the compiler printed")
    .addHelpText("after", NOTES)
    .action(run);
}

async function run({ family, width, batch, precision, json, out, asm }: Options): Promise<void> {
  const { pipelines, text } = await compileFor(family, { width, batch, precision }).catch((error: unknown) => {
    if (error instanceof MissingToolError) throw new CommandError(error.message, exitCodes.noAdapter);
    throw error;
  });
  const rows = rowsOf(pipelines);
  process.stdout.write(tableOf(rows));
  const about = { family, width, batch, precision, pipelines: pipelines.length };
  if (json) await writeFileWhole(json, `${JSON.stringify({ ...about, rows }, null, 1)}\n`);
  if (out) await writeFileWhole(out, renderIsa(about, rows));
  if (asm) await writeFileWhole(asm, text);
  const spilling = pipelines.filter(({ spills, scratch }) => spills > 0 || scratch > 0);
  const spilt = spilling.length > 0 ? `${spilling.length} of them spill registers` : "none spills registers";
  process.stderr.write(`${pipelines.length} pipelines for ${family}; ${spilt}\n`);
}
