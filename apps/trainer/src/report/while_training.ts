/** What `kintsugi train` does with the page of its run: serves it meanwhile, writes it in the end. */
import type { Reporter } from "@kintsugi/terminal";
import type { Options } from "../train_options.js";
import { type Dashboard, startDashboard } from "./dashboard.js";
import { reportPath, writeReport } from "./report.js";

/** Opens the dashboard that was asked for. Throws CommandError (usage) where it cannot. */
export async function openDashboard(
  { dashboard: port, dryRun, out }: Options,
  reporter: Reporter,
): Promise<Dashboard | undefined> {
  if (port === undefined || port === false || dryRun) return undefined;
  const dashboard = await startDashboard(out, { port, running: true });
  reporter.emit({ t: "dashboard", url: dashboard.url });
  reporter.say(`dashboard: ${dashboard.url}`);
  return dashboard;
}

/** A run that diverged or was stopped has a report too; that one cannot be written takes no model away. */
export async function report(run: string, reporter: Reporter): Promise<void> {
  try {
    await writeReport(run);
    reporter.emit({ t: "report", path: reportPath(run) });
    reporter.say(`what came of it: ${reportPath(run)}`);
  } catch (error) {
    reporter.warn(`${reportPath(run)} could not be written: ${(error as Error).message}`);
  }
}
