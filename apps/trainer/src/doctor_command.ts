/** `kintsugi doctor`: what this machine offers, and what is wrong if something is. */
import { BACKEND_OPTIONS, probePrecisions } from "@kintsugi/backend";
import { CommandError, createReporter, createVerb, exitCodes, type VerbOptions } from "@kintsugi/terminal";
import type { Command } from "commander";
import { describeMachine, examineCpu, examineGpu, type Facts, type Finding, SMALL_STEP } from "./examine.js";

const DOCTOR_OPTIONS = {
  device: { ...BACKEND_OPTIONS.device, help: "which to try: gpu, cpu, or auto for both" },
};

type Options = VerbOptions<typeof DOCTOR_OPTIONS>;

export function doctorCommand(): Command {
  return createVerb({
    name: "doctor",
    summary:
      "show what this machine can compute on: adapter, driver, limits, features, precisions and their self-tests, versions, " +
      "and a step timed on each device",
    table: DOCTOR_OPTIONS,
    run,
  });
}

async function run(options: Options): Promise<void> {
  const reporter = createReporter(options);
  const machine = describeMachine();
  reporter.say("trying one small training step on each device …");
  const { device } = options;
  const gpu = device === "cpu" ? undefined : await examineGpu();
  const cpu = device === "gpu" ? undefined : await examineCpu();
  const precisions = gpu?.works ? await probePrecisions() : [];
  const auto = device === "auto" ? { auto: autoTakes(gpu, cpu) } : {};
  reporter.emit({ t: "doctor", ...machine, ...(gpu ? { gpu, precisions } : {}), ...(cpu ? { cpu } : {}), ...auto });
  if (!reporter.json) {
    print(machine);
    if (gpu) printFinding("gpu", gpu);
    for (const { precision, report } of precisions) print({ [`--precision ${precision}`]: report });
    if (cpu) printFinding("cpu", cpu);
    if (auto.auto) print({ "--device auto takes": auto.auto });
  }
  if (gpu?.works || cpu?.works) return;
  const tried = device === "auto" ? "neither a GPU nor the CPU back end works" : `--device ${device} does not work`;
  throw new CommandError(`${tried} here; see above`, exitCodes.noAdapter);
}

function autoTakes(gpu: Finding | undefined, cpu: Finding | undefined): "gpu" | "cpu" | "none" {
  if (gpu?.works && !String(gpu.facts.kind).startsWith("software")) return "gpu";
  return cpu?.works ? "cpu" : "none";
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
