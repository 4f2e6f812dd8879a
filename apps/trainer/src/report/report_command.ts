/** `kintsugi report RUN`: the report of a run, anew. */
import { addOutputOptions, createReporter, type ReporterOptions, refuseExisting } from "@kintsugi/terminal";
import { Command } from "commander";
import { reportPath, writeReport } from "./report.js";
import { requireRun } from "./run_reader.js";

interface Options extends Required<ReporterOptions> {
  readonly out?: string;
  readonly overwrite: boolean;
}

export function reportCommand(): Command {
  const command = new Command("report")
    .description("write one page with the curves, samples and settings of a run")
    .argument("<run>", "the folder of a run, finished or not")
    .option("--out <html>", "the page to write; RUN/report.html, which is renewed, if left out")
    .option("--overwrite", "replace --out if it exists", false);
  return addOutputOptions(command).action(async (run: string, { out, overwrite, ...output }: Options) => {
    const reporter = createReporter(output);
    await requireRun(run);
    if (out !== undefined) await refuseExisting(out, { overwrite });
    const path = out ?? reportPath(run);
    const bytes = await writeReport(run, path);
    reporter.emit({ t: "report", path, bytes });
    reporter.say(`${path} (${(bytes / 1e6).toFixed(1)} MB)`);
  });
}
