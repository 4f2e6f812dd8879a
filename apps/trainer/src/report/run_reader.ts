/** Reads the folder of a run, finished or not, into what its page shows. */
import { readdir, readFile, stat } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import { readSafetensors, SafetensorsError } from "@kintsugi/nn";
import { CommandError, exitCodes } from "@kintsugi/terminal";
import type { ScoreName } from "../score.js";
import { readJudged } from "./judged_file.js";
import { curvesOf, type Metrics, openMetrics } from "./metrics_file.js";
import type { RunView } from "./run_view.js";

/** run.json: what a run knows of itself before its first checkpoint. */
export interface RunFacts {
  /** Steps wanted. */
  readonly steps?: number;
  /** Seconds of training, those of earlier parts of the run too, after which it ends in any case. */
  readonly maxSeconds?: number;
  readonly settings: Readonly<Record<string, unknown>>;
  readonly hardware: Readonly<Record<string, string>>;
  /** What the run goes on with unless told otherwise. */
  readonly remembered?: Readonly<Record<string, unknown>>;
}

export interface RunReader {
  read(): Promise<RunView>;
}

/** A run whose metrics have not grown for so long (milliseconds) is taken for stopped. */
const SILENCE = 120_000;

/** @param running whether this process trains the run: then it is not taken for stopped */
export function openRun(path: string, { running = false } = {}): RunReader {
  const metricsFile = join(path, "metrics.csv");
  const metrics = openMetrics(metricsFile);
  let facts: { readonly changed: number; readonly value: RunFacts } | undefined;
  return {
    async read() {
      const changed = await newest([join(path, "run.json"), join(path, "model.safetensors")]);
      if (facts?.changed !== changed) facts = { changed, value: await readFacts(path) };
      const { steps, maxSeconds, settings, hardware } = facts.value;
      const rows = await metrics.read();
      const step = rows.step.at(-1) ?? 0;
      const alive = running || Date.now() - (await newest([metricsFile])) < SILENCE;
      const done = steps !== undefined && step >= steps;
      const best = bestOf(rows, settings.bestBy === "frechet" ? "frechet" : "swd");
      return {
        name: basename(resolve(path)),
        step,
        ...(steps === undefined ? {} : { steps }),
        ...(maxSeconds === undefined ? {} : { maxSeconds }),
        epoch: rows.epoch.at(-1) ?? 0,
        seconds: rows.seconds.at(-1) ?? 0,
        state: done ? "finished" : !alive ? "stopped" : step === 0 ? "waiting" : "running",
        ...(best ? { best } : {}),
        curves: curvesOf(rows),
        samples: await listSamples(path, step),
        judged: await readJudged(path, step),
        settings,
        hardware,
        live: false,
      };
    },
  };
}

/** Throws CommandError (checkpoint) where a folder holds no run. */
export async function requireRun(path: string): Promise<void> {
  if ((await newest(["metrics.csv", "model.safetensors"].map((name) => join(path, name)))) > 0) return;
  throw new CommandError(
    `${path} holds no run: there is neither metrics.csv nor model.safetensors; name the --out of a kintsugi train`,
    exitCodes.checkpoint,
  );
}

/** When the newest of some files was written, in milliseconds; 0 where there is none. */
async function newest(paths: readonly string[]): Promise<number> {
  const times = paths.map((path) =>
    stat(path).then(
      ({ mtimeMs }) => mtimeMs,
      () => 0,
    ),
  );
  return Math.max(...(await Promise.all(times)));
}

export function runFactsPath(run: string): string {
  return join(run, "run.json");
}

/**
 * What run.json remembers for a run that is taken up again; nothing where there is none.
 *
 * @throws CommandError (checkpoint) where it is spoilt
 */
export async function readRemembered(run: string): Promise<Readonly<Record<string, unknown>>> {
  const path = runFactsPath(run);
  const text = await readFile(path, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return "{}";
    throw new CommandError(`cannot read ${path}: ${error.message}`, exitCodes.checkpoint, { cause: error });
  });
  try {
    const facts: unknown = JSON.parse(text);
    const { remembered = {} } = facts as Partial<RunFacts>;
    if (typeof remembered === "object" && remembered !== null && !Array.isArray(remembered)) return remembered;
  } catch {
    // Said below.
  }
  const remedy = "put it back, or remove it to go on with the defaults";
  throw new CommandError(`${path} does not hold what a run writes there: ${remedy}`, exitCodes.checkpoint);
}

/** run.json, or for a run of a version that wrote none, what its model says. */
async function readFacts(path: string): Promise<RunFacts> {
  const facts = await readFile(runFactsPath(path), "utf8").then(
    (text) => JSON.parse(text) as RunFacts,
    () => undefined,
  );
  if (facts) return facts;
  const model = await readFile(join(path, "model.safetensors")).catch(() => undefined);
  if (!model) return { settings: {}, hardware: {} };
  try {
    const { metadata } = readSafetensors(model);
    const settings = JSON.parse(metadata["kintsugi.training"] ?? "{}") as RunFacts["settings"];
    const hardware = {
      ...(metadata.backend ? { device: metadata.backend } : {}),
      ...(metadata["kintsugi.version"] ? { kintsugi: metadata["kintsugi.version"] } : {}),
    };
    return { settings, hardware };
  } catch (error) {
    if (error instanceof SafetensorsError || error instanceof SyntaxError) return { settings: {}, hardware: {} };
    throw error;
  }
}

function bestOf({ step, values }: Metrics, by: ScoreName): RunView["best"] {
  let best: RunView["best"];
  for (const [i, score] of values[by].entries()) {
    if (score !== null && (!best || score < best.score)) best = { step: step[i]!, score };
  }
  return best;
}

/** Sample grids until `step`: those after it are of a run that was taken up again before them. */
async function listSamples(path: string, step: number): Promise<RunView["samples"]> {
  const names = await readdir(join(path, "samples")).catch(() => []);
  return names
    .filter((name) => SAMPLE.test(name))
    .map((name) => ({ step: Number.parseInt(name, 10), src: `samples/${name}` }))
    .filter((sample) => sample.step <= step)
    .sort((a, b) => a.step - b.step);
}

export const SAMPLE = /^\d+\.png$/;
