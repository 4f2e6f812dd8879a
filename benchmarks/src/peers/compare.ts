/** The comparison with other libraries: one process each, the same cases, their runs taking turns. */
import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import { DIRECTIONS, layers } from "../conv.bench.js";
import { ARCHITECTURES } from "../networks.js";
import { positions } from "../sample.js";
import { summarize, type Timing } from "../stats.js";
import { WrongResultError } from "../suite.js";
import { seconds } from "../text.js";
import { caseName, LIBRARIES, type Library, type PeerCase, resultLength } from "./contestant.js";
import type { Answer, Request } from "./worker.js";

export interface PeerRow {
  readonly kind: PeerCase["kind"];
  readonly name: string;
  readonly times: Readonly<Record<Library, Timing>>;
  /** How many times faster we are than each other library. */
  readonly ratios: Readonly<Record<Exclude<Library, "kintsugi">, number>>;
}

export interface PeerReport {
  readonly versions: Readonly<Record<Library, string>>;
  readonly batch: number;
  readonly rows: readonly PeerRow[];
}

export interface CompareOptions {
  readonly batch: number;
  readonly cases: readonly PeerCase[];
  readonly say: (line: string) => void;
  /** That the rounds of a case should take. */
  readonly seconds: number;
}

/** The four layers at full width in all directions, then the steps of both architectures at some widths. */
export function peerCases(batch: number, widths: readonly number[]): PeerCase[] {
  const kernels = layers(64).flatMap((layer) =>
    DIRECTIONS.map((direction): PeerCase => ({ kind: "kernel", layer, direction, batch })),
  );
  const steps = widths.flatMap((width) =>
    (["training", "completion"] as const).flatMap((kind) =>
      ARCHITECTURES.map((architecture): PeerCase => ({ kind, architecture, width, batch })),
    ),
  );
  return [...kernels, ...steps];
}

const MIN_RUNS = 5;
const MAX_RUNS = 15;
/** From here on a run is announced, so that nobody takes the silence for an end. */
const SLOW_SECONDS = 4;

/** How many runs of every library count: as many as `seconds` are enough for by the slowest, but five at least. */
export function runsOf(slowest: number, seconds: number): number {
  return Math.min(MAX_RUNS, Math.max(MIN_RUNS, Math.round(seconds / slowest)));
}

/** Throws `WrongResultError` where a library's result is not ours. */
export async function compare(options: CompareOptions): Promise<PeerReport> {
  const { batch, cases, say } = options;
  const workers = new Map(LIBRARIES.map((library) => [library, new Worker(library)]));
  const versions: Partial<Record<Library, string>> = {};
  const rows: PeerRow[] = [];
  try {
    for (const given of cases) {
      for (const [library, worker] of workers) {
        versions[library] = await worker.ask<string>({ ask: "prepare", given });
      }
      const times = await checkAgreement(given, workers, say);
      const runs = runsOf(Math.max(...[...times.values()].flat()), options.seconds);
      // The first round was run to see how long it takes.
      for (let round = 1; round < runs; round++) {
        for (const [library, worker] of workers) times.get(library)!.push(await worker.ask<number>({ ask: "run" }));
      }
      for (const worker of workers.values()) await worker.ask({ ask: "dispose" });
      const row = toRow(given, times);
      rows.push(row);
      say(peerLine(row));
    }
  } finally {
    for (const worker of workers.values()) worker.end();
  }
  return { versions: versions as Record<Library, string>, batch, rows };
}

function toRow(given: PeerCase, measured: ReadonlyMap<Library, readonly number[]>): PeerRow {
  const times = Object.fromEntries(
    [...measured].map(([library, values]) => [library, summarize(values)]),
  ) as unknown as PeerRow["times"];
  const ratio = (library: Library) => times[library].median / times.kintsugi.median;
  return {
    kind: given.kind,
    name: caseName(given),
    times,
    ratios: { tfjs: ratio("tfjs"), "jax-js": ratio("jax-js") },
  };
}

export function peerLine({ name, times, ratios }: PeerRow): string {
  const columns = LIBRARIES.map((library) => `${library} ${seconds(times[library].median)}`.padStart(18));
  return `${name.padEnd(40)} ${columns.join(" ")}   ${ratios.tfjs.toFixed(1)}× tfjs, ${ratios["jax-js"].toFixed(1)}× jax-js`;
}

/** Runs a case once everywhere, which also warms it up, and compares. Returns the seconds of everyone's second run. */
async function checkAgreement(
  given: PeerCase,
  workers: ReadonlyMap<Library, Worker>,
  say: (line: string) => void,
): Promise<Map<Library, number[]>> {
  const sampled = given.kind === "kernel" ? positions(resultLength(given)) : [];
  const second = new Map<Library, number[]>();
  let ours: readonly number[] = [];
  for (const [library, worker] of workers) {
    const first = await worker.ask<number>({ ask: "run" });
    if (first > SLOW_SECONDS) say(`${caseName(given)}: the first run of ${library} took ${seconds(first)}`);
    const values = await worker.ask<readonly number[]>({ ask: "result", sampled });
    if (library === "kintsugi") ours = values;
    expectAlike(`${caseName(given)} of ${library}`, values, ours, given.kind);
    second.set(library, [await worker.ask<number>({ ask: "run" })]);
  }
  return second;
}

/**
 * Losses are sums over whole batches, kernels' elements sums of thousands of products, in everybody's own order. The last
 * loss of a training step has all updates behind it, and Adam's first step turns the sign of rounding noise into a full
 * step: it is only held against gross errors.
 */
const TOLERANCE = { kernel: 1e-4, training: 2e-3, completion: 1e-3 };
const LAST_LOSS_TOLERANCE = 0.1;

function expectAlike(
  label: string,
  values: readonly number[],
  wanted: readonly number[],
  kind: PeerCase["kind"],
): void {
  const scale = Math.max(...wanted.map(Math.abs));
  values.forEach((value, i) => {
    const tolerance = kind === "training" && i === values.length - 1 ? LAST_LOSS_TOLERANCE : TOLERANCE[kind];
    if (!(Math.abs(value - wanted[i]!) <= tolerance * scale)) {
      throw new WrongResultError(`${label}: ${value} at ${i} where ours is ${wanted[i]}`);
    }
  });
}

class Worker {
  readonly #child;

  constructor(readonly library: Library) {
    this.#child = fork(fileURLToPath(new URL("worker.js", import.meta.url)), [library], {
      // Mesa and the libraries print warnings that are not ours to repeat.
      stdio: ["ignore", "ignore", "ignore", "ipc"],
    });
  }

  ask<T>(request: Request): Promise<T> {
    return new Promise((resolve, reject) => {
      const died = (code: number | null) => reject(new Error(`${this.library} ended with code ${code}`));
      this.#child.once("exit", died);
      this.#child.once("message", (answer: Answer) => {
        this.#child.off("exit", died);
        if ("error" in answer) reject(new Error(`${this.library}: ${answer.error}`));
        else resolve(answer.value as T);
      });
      this.#child.send(request);
    });
  }

  end(): void {
    this.#child.kill();
  }
}
