/** The folder of a run: model.safetensors, checkpoint.safetensors, metrics.csv, samples/. Every file is written whole. */
import { existsSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import {
  type DcganConfig,
  decodeModel,
  encodeModel,
  type Metadata,
  ModelError,
  modelSpecs,
  type StepRecord,
  trainingSpecs,
} from "@kintsugi/dcgan";
import { grid, unstack } from "@kintsugi/images";
import { writePng } from "@kintsugi/images/node";
import { CommandError, type Csv, createCsv, exitCodes, writeFileWhole } from "@kintsugi/terminal";
import type { Checkpoint } from "./train.js";

const COLUMNS = [
  "step",
  "epoch",
  "d_loss",
  "d_loss_real",
  "d_loss_fake",
  "g_loss",
  "d_real",
  "d_fake",
  "seconds",
] as const;

/** What a checkpoint must agree on with the run that takes it up. */
export interface TrainingSettings {
  readonly seed: number;
  readonly batch: number;
  readonly lr: number;
  readonly beta1: number;
  readonly gSteps: number;
  readonly discriminatorStatistics: string;
  /** How many images, so that the order of epochs stays the same. */
  readonly images: number;
}

export interface Resumed {
  readonly config: DcganConfig;
  readonly checkpoint: Checkpoint;
  readonly settings: TrainingSettings;
}

export class RunFolder {
  readonly #metrics: Csv<(typeof COLUMNS)[number]>;
  readonly #started = performance.now();

  constructor(
    readonly path: string,
    readonly config: DcganConfig,
    readonly settings: TrainingSettings,
    readonly metadata: Metadata,
    /** The last step of the run that is taken up, whose later rows are dropped. */
    resumedFrom: number,
  ) {
    const metrics = join(path, "metrics.csv");
    removeHalfWritten(path);
    if (resumedFrom > 0) dropRowsAfter(metrics, resumedFrom);
    this.#metrics = createCsv(metrics, COLUMNS, { append: resumedFrom > 0 });
  }

  addRecords(records: readonly StepRecord[], perEpoch: number): void {
    const seconds = ((performance.now() - this.#started) / 1000).toFixed(2);
    for (const { step, dLossReal, dLossFake, gLoss, dReal, dFake } of records) {
      this.#metrics.row({
        step,
        epoch: Math.floor((step - 1) / perEpoch),
        d_loss: dLossReal + dLossFake,
        d_loss_real: dLossReal,
        d_loss_fake: dLossFake,
        g_loss: gLoss.at(-1) ?? Number.NaN,
        d_real: dReal,
        d_fake: dFake,
        seconds,
      });
    }
  }

  /** Writes samples/NNNNNN.png and returns its path. */
  async saveSample(step: number, images: Float32Array): Promise<string> {
    const { size, channels } = this.config;
    const path = join(this.path, "samples", `${String(step).padStart(6, "0")}.png`);
    await mkdir(join(this.path, "samples"), { recursive: true });
    const count = images.length / (size * size * channels);
    await writePng(path, grid(unstack(images, [count, size, size, channels])));
    return path;
  }

  /** Writes checkpoint.safetensors, then model.safetensors. */
  async save({ step, values }: Checkpoint): Promise<void> {
    const metadata = {
      ...this.metadata,
      step: String(step),
      "kintsugi.training": JSON.stringify(this.settings),
    };
    const checkpoint = encodeModel(this.config, trainingSpecs(this.config), values, metadata);
    await writeFileWhole(checkpointPath(this.path), checkpoint);
    await writeFileWhole(
      join(this.path, "model.safetensors"),
      encodeModel(this.config, modelSpecs(this.config), values, metadata),
    );
  }

  close(): void {
    this.#metrics.close();
  }
}

/** Removes what a run that was killed had not yet put into place: `.checkpoint.safetensors.….tmp` and the like. */
function removeHalfWritten(path: string): void {
  for (const name of readdirSync(path)) {
    if (/^\.?(checkpoint|model|metrics)\..*tmp$/.test(name)) rmSync(join(path, name));
  }
}

/** Takes back what a run wrote after the checkpoint that it goes on from. */
function dropRowsAfter(path: string, step: number): void {
  if (!existsSync(path)) return;
  const [header, ...rows] = readFileSync(path, "utf8").split("\n");
  const kept = rows.filter((row) => row !== "" && Number(row.split(",")[0]) <= step);
  const temporary = `${path}.tmp`;
  writeFileSync(temporary, `${[header, ...kept].join("\n")}\n`);
  renameSync(temporary, path);
}

export function checkpointPath(run: string): string {
  return join(run, "checkpoint.safetensors");
}

/** Reads the checkpoint of a run. */
export async function readCheckpoint(run: string): Promise<Resumed> {
  const path = checkpointPath(run);
  const bytes = await readFile(path).catch((error: NodeJS.ErrnoException) => {
    const reason = error.code === "ENOENT" ? "there is none" : error.message;
    throw new CommandError(
      `cannot resume from ${path}: ${reason}; leave out --resume to begin anew`,
      exitCodes.checkpoint,
    );
  });
  try {
    const { config, values, metadata } = decodeModel(bytes, trainingSpecs);
    const step = Number(metadata.step);
    const settings = metadata["kintsugi.training"];
    if (!Number.isInteger(step) || settings === undefined) throw new ModelError("it says nothing of its training");
    return { config, checkpoint: { step, values }, settings: JSON.parse(settings) as TrainingSettings };
  } catch (error) {
    if (!(error instanceof ModelError)) throw error;
    throw new CommandError(`cannot resume from ${path}: ${error.message}`, exitCodes.checkpoint, { cause: error });
  }
}

/** Throws, naming the field, where a run would go on under other settings than it began with. */
export function checkSame(run: string, began: object, now: object): void {
  for (const [name, value] of Object.entries(began)) {
    const wanted = (now as Readonly<Record<string, unknown>>)[name];
    if (wanted !== value) {
      throw new CommandError(
        `${run} began with ${name} ${value}, not ${wanted}: give the same, or begin another run`,
        exitCodes.checkpoint,
      );
    }
  }
}
