/** judged.csv: what D made of a batch whenever samples were drawn, as counts of probabilities in tenths. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Judged } from "@kintsugi/dcgan";
import { type JudgedCounts, TENTHS } from "./run_view.js";

export const JUDGED_FILE = "judged.csv";

const names = (kind: string) => Array.from({ length: TENTHS }, (_, i) => `${kind}_${i}`);

export const JUDGED_COLUMNS = ["step", ...names("real"), ...names("fake")];

/** A row of judged.csv. */
export function judgedRow(step: number, { real, fake }: Judged): Record<string, number> {
  const values = [step, ...tenths(real), ...tenths(fake)];
  return Object.fromEntries(JUDGED_COLUMNS.map((name, i) => [name, values[i]!]));
}

/** How many of some probabilities lie in each tenth of [0, 1]. */
function tenths(probabilities: Float32Array): number[] {
  const counts = new Array<number>(TENTHS).fill(0);
  for (const p of probabilities) counts[Math.min(TENTHS - 1, Math.floor(p * TENTHS))]! += 1;
  return counts;
}

/** The rows until `step`, as far as they are whole; none where there is no file. */
export async function readJudged(run: string, step: number): Promise<JudgedCounts[]> {
  const text = await readFile(join(run, JUDGED_FILE), "utf8").catch(() => "");
  const rows = text
    .slice(0, text.lastIndexOf("\n") + 1)
    .split("\n")
    .slice(1, -1);
  return rows.flatMap((row) => {
    const [at, ...counts] = row.split(",").map(Number);
    if (counts.length !== 2 * TENTHS || !(at! <= step)) return [];
    return [{ step: at!, real: counts.slice(0, TENTHS), fake: counts.slice(TENTHS) }];
  });
}
