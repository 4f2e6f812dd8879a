/** Checkpoints as files: everything a run needs to go on, and what it was made with. */
import { copyFile, link, mkdir, readdir, readFile, rm } from "node:fs/promises";
import { basename, join } from "node:path";
import {
  averaged,
  type DcganConfig,
  decodeModel,
  encodeModel,
  type Metadata,
  ModelError,
  modelSpecs,
  trainingSpecs,
} from "@kintsugi/dcgan";
import type { NamedValues } from "@kintsugi/nn";
import { CommandError, exitCodes } from "@kintsugi/terminal";
import type { Settings } from "./settings.js";
import type { Checkpoint } from "./train.js";

/** The best score of a run so far. */
export interface Best {
  readonly step: number;
  readonly score: number;
}

export interface Resumed {
  readonly config: DcganConfig;
  readonly checkpoint: Checkpoint;
  /** The settings of the run, what its images were, and where. */
  readonly settings: Settings;
  readonly best?: Best;
}

export function checkpointPath(run: string): string {
  return join(run, "checkpoint.safetensors");
}

/** What a checkpoint or a model says of the run that made it. */
export function metadataOf(step: number, settings: Settings, best: Best | undefined, more: Metadata): Metadata {
  return {
    ...more,
    step: String(step),
    "kintsugi.training": JSON.stringify(settings),
    ...(best ? { "kintsugi.best": JSON.stringify(best) } : {}),
  };
}

export function encodeCheckpoint(config: DcganConfig, { ema }: Settings, values: NamedValues, metadata: Metadata) {
  return encodeModel(config, trainingSpecs(config, { ema: Number(ema ?? 0) }), values, metadata);
}

/**
 * The model to evaluate with: G's weights are their averages, where the run has these. It is given away, so of the path to
 * the images it keeps but the name.
 */
export function encodeEvaluated(config: DcganConfig, values: NamedValues, metadata: Metadata): Uint8Array {
  const settings = settingsIn(metadata);
  const data = typeof settings.data === "string" ? { data: basename(settings.data) } : {};
  const training = JSON.stringify({ ...settings, ...data });
  return encodeModel(config, modelSpecs(config), averaged(values), { ...metadata, "kintsugi.training": training });
}

/** Reads a checkpoint, or ends with the documented code. */
export async function readCheckpoint(path: string): Promise<Resumed> {
  const wrong = (reason: string, cause: unknown) =>
    new CommandError(`cannot resume from ${path}: ${reason}`, exitCodes.checkpoint, { cause });
  const bytes = await readFile(path).catch((error: NodeJS.ErrnoException) => {
    const reason = error.code === "ENOENT" ? "there is none; leave out --resume to begin anew" : error.message;
    throw wrong(reason, error);
  });
  try {
    const { config, values, metadata } = decodeModel(bytes, (shape, found) =>
      trainingSpecs(shape, { ema: Number(settingsIn(found).ema ?? 0) }),
    );
    const step = Number(metadata.step);
    if (!Number.isInteger(step)) throw new ModelError("it says no step");
    const best = metadata["kintsugi.best"];
    return {
      config,
      checkpoint: { step, values },
      settings: { ...config, ...settingsIn(metadata) },
      ...(best === undefined ? {} : { best: JSON.parse(best) as Best }),
    };
  } catch (error) {
    if (error instanceof ModelError || error instanceof SyntaxError) throw wrong(error.message, error);
    throw error;
  }
}

function settingsIn(metadata: Metadata): Settings {
  const json = metadata["kintsugi.training"];
  if (json === undefined) throw new ModelError("it says nothing of its training");
  return JSON.parse(json) as Settings;
}

/** Checkpoints before the last: checkpoints/NNNNNN.safetensors, the oldest of which make room. */
export class KeptCheckpoints {
  readonly #folder: string;

  constructor(
    run: string,
    readonly count: number,
  ) {
    this.#folder = join(run, "checkpoints");
  }

  /** Keeps the file that holds this step. It must be replaced whole afterwards, never changed. */
  async add(path: string, step: number): Promise<void> {
    if (this.count === 0) return;
    await mkdir(this.#folder, { recursive: true });
    const kept = join(this.#folder, `${String(step).padStart(6, "0")}.safetensors`);
    await rm(kept, { force: true });
    // A second name costs nothing; where the disk knows no such thing, a copy.
    await link(path, kept).catch(() => copyFile(path, kept));
    const steps = await this.#steps();
    // The last one is checkpoint.safetensors itself.
    for (const old of steps.slice(0, Math.max(0, steps.length - this.count - 1))) await this.#remove(old);
  }

  /** Forgets what a run did after the step that it goes on from. */
  async dropAfter(step: number): Promise<void> {
    for (const later of (await this.#steps()).filter((one) => one > step)) await this.#remove(later);
  }

  async #steps(): Promise<number[]> {
    const names = await readdir(this.#folder).catch(() => []);
    const steps = names.flatMap((name) => /^(\d+)\.safetensors$/.exec(name)?.[1] ?? []).map(Number);
    return steps.sort((a, b) => a - b);
  }

  #remove(step: number): Promise<void> {
    return rm(join(this.#folder, `${String(step).padStart(6, "0")}.safetensors`), { force: true });
  }
}
