/** One run of the suite: its rows, points and facts gathered into one object, on whatever platform. */
import type { Device } from "@kintsugi/gpu";
import { GROUPS } from "./groups.js";
import { fitGrowth, type GrowthFit } from "./growth_fit.js";
import { measurePeak } from "./peak.bench.js";
import type { PeerReport } from "./peers/compare.js";
import type { Fact, GrowthPoint, Peak, Row, Suite } from "./suite.js";
import { growthLine, line, timing } from "./text.js";

export interface Report {
  readonly date: string;
  /** Processor, system, runtime, by name. */
  readonly machine: Readonly<Record<string, string>>;
  readonly adapter: string;
  readonly software: boolean;
  readonly batch: number;
  readonly peak: Peak;
  readonly rows: readonly Row[];
  readonly growth: readonly GrowthPoint[];
  /** What the points of `growth` say, curve by curve. */
  readonly fits: readonly GrowthFit[];
  readonly facts: readonly Fact[];
  readonly peers?: PeerReport;
}

export interface RunOptions {
  readonly open: (needs?: readonly string[]) => Promise<Device>;
  readonly machine: Readonly<Record<string, string>>;
  /** Names of groups; all by default. */
  readonly groups?: readonly string[];
  readonly batch?: number;
  /** Of the steps; each group's own by default. */
  readonly widths?: readonly number[];
  /** Seconds that the runs of a growth curve may take. */
  readonly patience?: number;
  readonly timestamps: boolean;
  readonly say: (line: string) => void;
  /** Today, by default. */
  readonly date?: Date;
}

/** Runs the groups one after the other. Throws `WrongResultError` at the first result that is wrong. */
export async function runSuite(options: RunOptions): Promise<Report> {
  const { open, say, groups = Object.keys(GROUPS), date = new Date() } = options;
  const device = await open();
  const { software } = device.adapter;
  const rows: Row[] = [];
  const growth: GrowthPoint[] = [];
  const facts: Fact[] = [];
  const batch = options.batch ?? (software ? 16 : 64);
  const given = {
    device,
    open,
    batch,
    ...(options.widths ? { widths: options.widths } : {}),
    timestamps: options.timestamps && device.handle.features.has("timestamp-query"),
    seconds: software ? 1 : 0.5,
    patience: options.patience ?? 150,
    say,
  };
  const { peak, rows: peaks } = await measurePeak({ ...given, row() {}, growth() {}, fact() {} });
  const suite: Suite = {
    ...given,
    peak,
    row(row) {
      rows.push(row);
      say(line(row, peak));
    },
    growth(point) {
      growth.push(point);
      say(`growth      ${`${point.curve} ${point.at}`.padEnd(40)} ${timing(point.time).padStart(16)}`);
    },
    fact(fact) {
      facts.push(fact);
      say(`overheads   ${fact.name.padEnd(50)} ${Number(fact.value.toPrecision(4))} ${fact.unit}`);
    },
  };
  try {
    for (const row of peaks) suite.row(row);
    for (const name of groups) await GROUPS[name]!(suite);
  } finally {
    device.destroy();
  }
  const { machine } = options;
  const fits = fitGrowth(growth);
  for (const fit of fits) say(growthLine(fit));
  const adapter = device.adapter.description || `${device.adapter.vendor} ${device.adapter.architecture}`;
  return { date: date.toISOString().slice(0, 10), machine, adapter, software, batch, peak, rows, growth, fits, facts };
}
