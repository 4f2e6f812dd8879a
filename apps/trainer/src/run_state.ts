/** Checkpoints and models of a run as bytes: everything it needs to go on, and what it was made with. Knows no platform. */
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
import type { Values } from "@kintsugi/terminal";
import type { Checkpoint } from "./train.js";

/** Settings by the names of their options, as checkpoints hold them. */
export type Settings = Values;

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
  const data = typeof settings.data === "string" ? { data: nameIn(settings.data) } : {};
  const training = JSON.stringify({ ...settings, ...data });
  return encodeModel(config, modelSpecs(config), averaged(values), { ...metadata, "kintsugi.training": training });
}

/** The last part of a path, on any system. */
const nameIn = (path: string) => path.split(/[\\/]/).findLast((part) => part !== "") ?? "";

/** The state of a run from the bytes of a checkpoint. Throws `ModelError`. */
export function decodeCheckpoint(bytes: Uint8Array): Resumed {
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
}

function settingsIn(metadata: Metadata): Settings {
  const json = metadata["kintsugi.training"];
  if (json === undefined) throw new ModelError("it says nothing of its training");
  return JSON.parse(json) as Settings;
}
