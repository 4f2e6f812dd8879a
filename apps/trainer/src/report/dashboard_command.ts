/** `kintsugi dashboard RUN`: the page of a run, live, until Ctrl-C. */
import { once } from "node:events";
import { addOutputOptions, createReporter, interruptible, type ReporterOptions } from "@kintsugi/terminal";
import { Command, InvalidArgumentError } from "commander";
import { DEFAULT_PORT, startDashboard } from "./dashboard.js";
import { requireRun } from "./run_reader.js";

interface Options extends Required<ReporterOptions> {
  readonly port: number;
}

export function dashboardCommand(): Command {
  const command = new Command("dashboard")
    .description("show a run in the browser, finished or still running, on this machine alone")
    .argument("<run>", "the folder of a run")
    .option("--port <n>", "where to listen on 127.0.0.1, 0 for any port that is free", port, DEFAULT_PORT);
  return addOutputOptions(command).action(async (run: string, { port, ...output }: Options) => {
    const reporter = createReporter(output);
    await requireRun(run);
    const dashboard = await startDashboard(run, { port });
    const { signal, release } = interruptible();
    reporter.emit({ t: "dashboard", url: dashboard.url });
    reporter.say(`${dashboard.url} shows ${run}; Ctrl-C ends it`);
    // Ctrl-C is how it is meant to end, so that is no failure.
    if (!signal.aborted) await once(signal, "abort");
    release();
    await dashboard.close();
  });
}

/** A port, for commander. */
export function port(text: string): number {
  const value = Number(text);
  if (text.trim() === "" || !Number.isInteger(value) || value < 0 || value > 65_535) {
    throw new InvalidArgumentError("Give a port from 0 to 65535, 0 for any that is free.");
  }
  return value;
}
