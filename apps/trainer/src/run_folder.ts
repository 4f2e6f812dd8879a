/**
 * The folder of a run: run.json, model, checkpoint and best model, kept checkpoints, metrics.csv, samples/, event files. What
 * does not grow is written whole.
 */
import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { type DcganConfig, type Judged, type Metadata, modelSpecs, type StepRecord } from "@kintsugi/dcgan";
import { grid, unstack } from "@kintsugi/images";
import { encodePng } from "@kintsugi/images/node";
import type { NamedValues } from "@kintsugi/nn";
import { type Csv, createCsv, writeFileWhole } from "@kintsugi/terminal";
import { checkpointPath, KeptCheckpoints } from "./checkpoint.js";
import { JUDGED_COLUMNS, JUDGED_FILE, judgedRow } from "./report/judged_file.js";
import type { RunFacts } from "./report/run_reader.js";
import { CURVES } from "./report/run_view.js";
import type { Settings } from "./run_state.js";
import { type Best, encodeCheckpoint, encodeEvaluated, metadataOf, type Resumed } from "./run_state.js";
import type { ScoreName, Scores } from "./score.js";
import { createEventFile, type EventFile } from "./tensorboard/event_file.js";
import type { Checkpoint } from "./train.js";

const METRICS_FILE = "metrics.csv";
const COLUMNS = ["step", "epoch", ...CURVES, "seconds"] as const;

export interface RunFolderOptions {
  readonly path: string;
  readonly config: DcganConfig;
  readonly settings: Settings;
  /** What models say beside that. */
  readonly metadata: Metadata;
  /** By which score the best model is chosen. Default swd. */
  readonly bestBy?: ScoreName;
  /** Checkpoints before the last that stay. */
  readonly keep: number;
  readonly stepsPerEpoch: number;
  readonly imagesPerStep: number;
  /** Write event files for TensorBoard as well. Default false. */
  readonly tensorboard?: boolean;
  /** Steps wanted, and what they run on: for whoever looks at the run before its first checkpoint. */
  readonly steps?: number;
  /** Seconds from now after which it ends in any case. */
  readonly maxSeconds?: number;
  readonly hardware?: RunFacts["hardware"];
  /** For when it is taken up again. */
  readonly remembered?: Settings;
}

export class RunFolder {
  readonly #metrics: Csv<(typeof COLUMNS)[number]>;
  readonly #judged: Csv<string>;
  readonly #kept: KeptCheckpoints;
  readonly #events: EventFile | undefined;
  readonly #scores = new Map<number, Scores>();
  readonly #started: number;
  #last = performance.now();
  #best: Best | undefined;

  private constructor(
    readonly options: RunFolderOptions,
    resumed: Resumed | undefined,
    before: number,
  ) {
    this.#started = performance.now() - before * 1000;
    this.#metrics = createCsv(join(options.path, METRICS_FILE), COLUMNS, { append: resumed !== undefined });
    this.#judged = createCsv(join(options.path, JUDGED_FILE), JUDGED_COLUMNS, { append: resumed !== undefined });
    this.#kept = new KeptCheckpoints(options.path, options.keep);
    this.#events = options.tensorboard ? createEventFile(options.path, resumed?.checkpoint.step ?? 0) : undefined;
    this.#best = resumed?.best;
  }

  /** Opens a folder that exists. What the run did after the checkpoint that it is taken up from is dropped. */
  static async open(options: RunFolderOptions, resumed: Resumed | undefined): Promise<RunFolder> {
    const drop = (file: string, columns: readonly string[]) =>
      resumed ? dropRowsAfter(join(options.path, file), resumed.checkpoint.step, columns) : 0;
    const secondsBefore = await drop(METRICS_FILE, COLUMNS);
    await drop(JUDGED_FILE, JUDGED_COLUMNS);
    const folder = new RunFolder(options, resumed, secondsBefore);
    await folder.#kept.dropAfter(resumed?.checkpoint.step ?? 0);
    const { path, steps, maxSeconds, config, settings, hardware = {}, remembered = {} } = options;
    const before = (performance.now() - folder.#started) / 1000;
    const limits = maxSeconds === undefined ? {} : { maxSeconds: before + maxSeconds };
    const all = { ...config, ...settings };
    const facts = { ...(steps === undefined ? {} : { steps }), ...limits, settings: all, hardware, remembered };
    await writeFileWhole(join(path, "run.json"), `${JSON.stringify(facts satisfies RunFacts, null, 2)}\n`);
    return folder;
  }

  addRecords(records: readonly StepRecord[], deviceWait: number): void {
    const { stepsPerEpoch, imagesPerStep } = this.options;
    const now = performance.now();
    const common = {
      images_per_second: ((records.length * imagesPerStep * 1000) / (now - this.#last)).toPrecision(4),
      gpu_wait: deviceWait.toFixed(4),
      seconds: ((now - this.#started) / 1000).toFixed(2),
    };
    this.#last = now;
    for (const { step, dLossReal, dLossFake, gLoss, dReal, dFake, dGradient, gGradient, lr } of records) {
      const row = {
        ...common,
        step,
        epoch: Math.floor((step - 1) / stepsPerEpoch),
        d_loss: dLossReal + dLossFake,
        d_loss_real: dLossReal,
        d_loss_fake: dLossFake,
        g_loss: gLoss.at(-1) ?? Number.NaN,
        d_real: dReal,
        d_fake: dFake,
        d_gradient: dGradient,
        g_gradient: gGradient.at(-1) ?? Number.NaN,
        lr,
        swd: this.#scores.get(step)?.swd ?? "",
        frechet: this.#scores.get(step)?.frechet ?? "",
      };
      this.#metrics.row(row);
      this.#events?.scalars(step, row);
    }
  }

  /** Writes samples/NNNNNN.png and returns its path; notes what D made of its last batch. */
  async saveSample(step: number, images: Float32Array, judged?: Judged): Promise<string> {
    const { size, channels } = this.options.config;
    const path = join(this.options.path, "samples", `${String(step).padStart(6, "0")}.png`);
    await mkdir(join(this.options.path, "samples"), { recursive: true });
    const count = images.length / (size * size * channels);
    const picture = grid(unstack(images, [count, size, size, channels]));
    const png = encodePng(picture);
    await writeFileWhole(path, png);
    this.#events?.samples(step, png, picture);
    if (judged) {
      this.#judged.row(judgedRow(step, judged));
      this.#events?.histograms(step, [
        ["outputs/D(x)", judged.real],
        ["outputs/D(G(z))", judged.fake],
      ]);
    }
    return path;
  }

  /** Notes a score for the row of its step, and where it is the best so far, writes best.safetensors. */
  async addScore(step: number, scores: Scores, values: () => Promise<NamedValues>): Promise<boolean> {
    this.#scores.set(step, scores);
    const score = scores[this.options.bestBy ?? "swd"];
    if (this.#best && this.#best.score <= score) return false;
    this.#best = { step, score };
    const model = encodeEvaluated(this.options.config, await values(), this.#describe(step));
    await writeFileWhole(join(this.options.path, "best.safetensors"), model);
    return true;
  }

  /** Writes checkpoint.safetensors, then model.safetensors. */
  async save({ step, values }: Checkpoint): Promise<void> {
    const { path, config, settings } = this.options;
    const checkpoint = checkpointPath(path);
    // Now: training goes on while this writes, and may find a better score.
    const metadata = this.#describe(step);
    await writeFileWhole(checkpoint, encodeCheckpoint(config, settings, values, metadata));
    await this.#kept.add(checkpoint, step);
    await writeFileWhole(join(path, "model.safetensors"), encodeEvaluated(config, values, metadata));
    this.#events?.histograms(
      step,
      modelSpecs(config).flatMap(({ name }) => {
        const found = values.get(name);
        return found ? [[name, found] as const] : [];
      }),
    );
  }

  close(): void {
    this.#metrics.close();
    this.#judged.close();
    this.#events?.close();
  }

  #describe(step: number): Metadata {
    return metadataOf(step, this.options.settings, this.#best, this.options.metadata);
  }
}

/**
 * Takes back what a run wrote after the checkpoint that it goes on from, and gives columns that its version did not have their
 * places; returns the seconds it had run until then.
 */
async function dropRowsAfter(path: string, step: number, columns: readonly string[]): Promise<number> {
  const text = await readFile(path, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return undefined;
    throw error;
  });
  if (text === undefined) return 0;
  const [header, ...rows] = text.split("\n");
  const before = header!.split(",");
  const kept = rows.filter((row) => row !== "" && Number(row.split(",")[0]) <= step).map((row) => row.split(","));
  // Nothing that somebody added is dropped: such a file is refused when it is opened.
  const known = before.every((name) => columns.includes(name));
  const placed = known ? kept.map((row) => columns.map((name) => row[before.indexOf(name)] ?? "")) : kept;
  await writeFileWhole(path, `${[known ? columns : before, ...placed].map((row) => row.join(",")).join("\n")}\n`);
  return Number(kept.at(-1)?.at(-1)) || 0;
}
