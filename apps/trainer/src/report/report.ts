/** report.html: the page of a run with all its pictures inside, to keep and to send. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { encodeWebp } from "@kintsugi/images/node";
import { writeFileWhole } from "@kintsugi/terminal";
import { pageOf } from "./page.js";
import { openRun } from "./run_reader.js";

/** Sample grids in a report, from first to last: more would make it slow to send. */
const GRIDS = 40;

export function reportPath(run: string): string {
  return join(run, "report.html");
}

/** Writes the report of a run; returns its size in bytes. */
export async function writeReport(run: string, out = reportPath(run)): Promise<number> {
  const view = await openRun(run).read();
  const samples: { step: number; src: string }[] = [];
  for (const { step, src } of spread(view.samples, GRIDS)) {
    const webp = await encodeWebp(await readFile(join(run, src)));
    samples.push({ step, src: `data:image/webp;base64,${Buffer.from(webp).toString("base64")}` });
  }
  const shown = new Set(samples.map(({ step }) => step));
  const judged = view.judged.filter(({ step }) => shown.has(step));
  // A report is read later: what is running now will not be.
  const state = view.state === "finished" ? "finished" : "stopped";
  const page = await pageOf({ ...view, state, samples, judged, live: false });
  await writeFileWhole(out, page);
  return Buffer.byteLength(page);
}

/** At most `count` of `all`, evenly spread, the first and the last among them. */
export function spread<T>(all: readonly T[], count: number): T[] {
  if (all.length <= count) return [...all];
  return Array.from({ length: count }, (_, i) => all[Math.round((i * (all.length - 1)) / (count - 1))]!);
}
