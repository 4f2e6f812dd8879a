/** `npm run bench`: the suite in Node, on the adapter that Dawn finds. */
import { arch, cpus, platform, release } from "node:os";
import { resolve } from "node:path";
import { openNodeDevice } from "@kintsugi/gpu/node";
import {
  CommandError,
  exitCodes,
  positiveInteger,
  positiveIntegers,
  positiveNumber,
  runCommandLine,
  writeFileWhole,
} from "@kintsugi/terminal";
import { Command } from "commander";
import { GROUPS } from "./groups.js";
import { isaCommand } from "./isa/command.js";
import { compare, peerCases } from "./peers/compare.js";
import { renderHtml } from "./report/html.js";
import { renderMarkdown } from "./report/markdown.js";
import { type Report, runSuite } from "./run.js";

/** Groups of which the other libraries run the same cases. */
const COMPARABLE: readonly string[] = ["conv", "training", "completion"];

interface Options {
  readonly batch?: number;
  readonly widths?: readonly number[];
  readonly patience?: number;
  readonly peers: boolean;
  readonly json?: string;
  readonly out: string;
  readonly markdown: boolean;
}

const program = new Command("bench")
  .description("measure kernels and steps on this machine's GPU")
  .argument("[groups...]", `of ${["peak", ...Object.keys(GROUPS)].join(", ")}; all by default`)
  .option("--batch <n>", "images in a step: by default 64, or 16 on software adapters", positiveInteger("images"))
  .option("--widths <list>", "ngf and ndf of the steps, such as 16,64", positiveIntegers("channels"))
  .option("--patience <seconds>", "what the runs of a growth curve may take: 150 by default", positiveNumber("seconds"))
  .option("--peers", `compare with TensorFlow.js and jax-js, in ${COMPARABLE.join(", ")}`, false)
  .option("--json <file>", "write all numbers as JSON")
  .option("--out <html>", "write the report there", "benchmarks.html")
  .option("--markdown", "print the tables of the README", false)
  .action(run)
  .addCommand(isaCommand());

async function run(given: readonly string[], options: Options): Promise<void> {
  const unknown = given.find((name) => name !== "peak" && !Object.hasOwn(GROUPS, name));
  if (unknown !== undefined) {
    throw new CommandError(
      `there is no group ${unknown}; there are ${["peak", ...Object.keys(GROUPS)].join(", ")}`,
      exitCodes.usage,
    );
  }
  if (options.peers && given.length > 0 && !given.some((name) => COMPARABLE.includes(name))) {
    throw new CommandError(`--peers compares ${COMPARABLE.join(", ")}: name one of them`, exitCodes.usage);
  }
  const say = (line: string) => process.stderr.write(`${line}\n`);
  const open = (needs?: readonly string[]) => openNodeDevice(["disable-dawn-features=timestamp_quantization"], needs);
  // With --peers alone, only the comparison.
  const groups = given.length > 0 ? given.filter((name) => name !== "peak") : options.peers ? [] : Object.keys(GROUPS);
  const { batch, widths, patience } = options;
  const measured = await runSuite({
    open,
    machine: machine(),
    groups,
    ...(batch ? { batch } : {}),
    ...(widths ? { widths } : {}),
    ...(patience ? { patience } : {}),
    timestamps: true,
    say,
  });
  const report: Report = options.peers
    ? { ...measured, peers: await compareHere(measured, given, widths, say) }
    : measured;
  if (options.json) await writeFileWhole(options.json, `${JSON.stringify(report, null, 1)}\n`);
  await writeFileWhole(options.out, renderHtml(report));
  if (options.markdown) process.stdout.write(renderMarkdown(report));
  say(`report: ${resolve(options.out)}`);
}

/** Those of the groups that are comparable, or all. Steps of width 64 take the others minutes on a software adapter. */
function compareHere(
  { batch, software }: Report,
  groups: readonly string[],
  widths: readonly number[] = software ? [16] : [16, 64],
  say: (line: string) => void,
) {
  const cases = peerCases(batch, widths).filter(
    ({ kind }) => groups.length === 0 || groups.includes(kind === "kernel" ? "conv" : kind),
  );
  return compare({ batch, cases, seconds: software ? 2 : 5, say });
}

function machine(): Record<string, string> {
  const [first] = cpus();
  return {
    processor: `${cpus().length} × ${first?.model.trim() ?? "unknown processor"}`,
    system: `${platform()} ${release()} ${arch()}`,
    runtime: `Node ${process.versions.node}`,
  };
}

const code = await runCommandLine(program, process.argv, { NoAdapterError: exitCodes.noAdapter });
// Dawn keeps threads that would keep the process.
process.exit(code);
