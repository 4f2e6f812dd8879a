/** `kintsugi dashboard RUN`: the page of a run, live, until Ctrl-C. */
import { once } from "node:events";
import { createReporter, createVerb, interruptible, kinds, option } from "@kintsugi/terminal";
import type { Command } from "commander";
import { DEFAULT_PORT, startDashboard } from "./dashboard.js";
import { requireRun } from "./run_reader.js";

/** Where a page of this machine listens. */
export const PORT = kinds.integerBetween("port", 0, 65_535);

const DASHBOARD_OPTIONS = {
  port: option(PORT, { help: "where to listen on 127.0.0.1, 0 for any that is free", default: DEFAULT_PORT }),
};

export function dashboardCommand(): Command {
  return createVerb({
    name: "dashboard",
    summary: "show a run in the browser, finished or still running, on this machine alone",
    arguments: "<run>",
    table: DASHBOARD_OPTIONS,
    async run({ port, ...output }, { args }) {
      const reporter = createReporter(output);
      const [run] = args as [string];
      await requireRun(run);
      const dashboard = await startDashboard(run, { port });
      const { signal, release } = interruptible();
      reporter.emit({ t: "dashboard", url: dashboard.url });
      reporter.say(`${dashboard.url} shows ${run}; Ctrl-C ends it`);
      // Ctrl-C is how it is meant to end, so that is no failure.
      if (!signal.aborted) await once(signal, "abort");
      release();
      await dashboard.close();
    },
  });
}
