/** Reads metrics.csv while it grows: each look parses only what is new. */
import { type FileHandle, open } from "node:fs/promises";
import { CURVES, type CurveName, type Curves } from "./run_view.js";

/** A page draws no more points than this, each a mean of the steps that it stands for. */
const POINTS = 3000;

export interface Metrics {
  readonly step: number[];
  readonly epoch: number[];
  readonly seconds: number[];
  readonly values: Record<CurveName, (number | null)[]>;
}

export interface MetricsFile {
  /** All rows so far; none where there is no file yet. The arrays are the reader's own. */
  read(): Promise<Metrics>;
}

export function openMetrics(path: string): MetricsFile {
  let metrics = noMetrics();
  let columns: readonly string[] = [];
  let seen = { file: -1, bytes: 0 };
  const reset = (file: number) => {
    metrics = noMetrics();
    columns = [];
    seen = { file, bytes: 0 };
  };
  return {
    async read() {
      const file = await open(path).catch((error: NodeJS.ErrnoException) => {
        if (error.code !== "ENOENT") throw error;
      });
      if (!file) return noMetrics();
      try {
        const { ino, size } = await file.stat();
        // A run that is taken up again has put a shorter file in its place.
        if (ino !== seen.file || size < seen.bytes) reset(ino);
        const text = await wholeLines(file, seen.bytes, size);
        seen = { file: ino, bytes: seen.bytes + Buffer.byteLength(text) };
        for (const line of text.split("\n")) {
          if (line === "") continue;
          if (columns.length === 0) columns = line.split(",");
          else addRow(metrics, columns, line.split(","));
        }
        return metrics;
      } finally {
        await file.close();
      }
    },
  };
}

function noMetrics(): Metrics {
  const values = Object.fromEntries(CURVES.map((name) => [name, [] as (number | null)[]]));
  return { step: [], epoch: [], seconds: [], values: values as Metrics["values"] };
}

/** What follows `from`, without a last line that is still being written. */
async function wholeLines(file: FileHandle, from: number, size: number): Promise<string> {
  const bytes = Buffer.alloc(size - from);
  const { bytesRead } = await file.read(bytes, 0, bytes.length, from);
  const read = bytes.subarray(0, bytesRead);
  return read.toString("utf8", 0, read.lastIndexOf(0x0a) + 1);
}

function addRow(metrics: Metrics, columns: readonly string[], row: readonly string[]): void {
  const number = (name: string) => {
    const text = row[columns.indexOf(name)];
    return text === undefined || text === "" || !Number.isFinite(Number(text)) ? null : Number(text);
  };
  const step = number("step");
  if (step === null) return;
  metrics.step.push(step);
  metrics.epoch.push(number("epoch") ?? 0);
  metrics.seconds.push(number("seconds") ?? 0);
  for (const name of CURVES) metrics.values[name].push(number(name));
}

/** The curves in few enough points to draw. */
export function curvesOf({ step, values }: Metrics, points = POINTS): Curves {
  const size = Math.max(1, Math.ceil(step.length / points));
  const ends = Array.from({ length: Math.ceil(step.length / size) }, (_, i) => Math.min((i + 1) * size, step.length));
  const thinned = CURVES.map((name) => [name, ends.map((end, i) => meanOf(values[name].slice(i * size, end)))]);
  return {
    step: ends.map((end) => step[end - 1]!),
    values: Object.fromEntries(thinned) as Curves["values"],
    stepsPerPoint: size,
  };
}

function meanOf(values: readonly (number | null)[]): number | null {
  const found = values.filter((value) => value !== null);
  if (found.length === 0) return null;
  return Number((found.reduce((sum, value) => sum + value, 0) / found.length).toPrecision(5));
}
