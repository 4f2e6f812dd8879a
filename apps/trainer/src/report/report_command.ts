/** `kintsugi report RUN`: the report of a run, anew. */
import { createReporter, createVerb, kinds, option, refuseExisting } from "@kintsugi/terminal";
import type { Command } from "commander";
import { reportPath, writeReport } from "./report.js";
import { requireRun } from "./run_reader.js";

const REPORT_OPTIONS = {
  out: option(kinds.text("html"), { help: "the page to write", unset: "RUN/report.html, which is renewed" }),
  overwrite: option(kinds.flag, { help: "replace --out if it exists", default: false, once: true }),
};

export function reportCommand(): Command {
  return createVerb({
    name: "report",
    summary: "write one page with the curves, samples and settings of a run",
    arguments: "<run>",
    table: REPORT_OPTIONS,
    async run({ out, overwrite, ...output }, { args }) {
      const reporter = createReporter(output);
      const [run] = args as [string];
      await requireRun(run);
      if (out !== undefined) await refuseExisting(out, { overwrite });
      const path = out ?? reportPath(run);
      const bytes = await writeReport(run, path);
      reporter.emit({ t: "report", path, bytes });
      reporter.say(`${path} (${(bytes / 1e6).toFixed(1)} MB)`);
    },
  });
}
