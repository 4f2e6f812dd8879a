/** What the training page and its worker say to each other. */
import type { Machine } from "@kintsugi/backend/web";
import type { StepRecord } from "@kintsugi/dcgan";
import type { TrainingImages } from "../src/batches.js";
import type { Plan } from "./plan.js";

export type Request =
  /** Looks for a run of an earlier visit. */
  | { readonly type: "find" }
  /** Begins anew; what was kept before is forgotten. */
  | { readonly type: "begin"; readonly plan: Plan; readonly images: TrainingImages }
  | { readonly type: "continue" }
  | { readonly type: "pause" }
  /** Asks for the model as it was saved last. */
  | { readonly type: "model" };

/** Samples as one picture, RGBA. */
export interface SampleSheet {
  readonly step: number;
  readonly side: number;
  readonly rgba: Uint8ClampedArray<ArrayBuffer>;
}

/** A run as far as it has come. */
export interface KeptRun {
  readonly plan: Plan;
  readonly images: TrainingImages;
  readonly step: number;
  readonly records: readonly StepRecord[];
  readonly samples?: SampleSheet;
}

/** What the page can tell a person to do. */
export type FailureKind = "no-webgpu" | "elsewhere" | "gpu-lost" | "out-of-memory" | "diverged" | "internal";

export type Report =
  | { readonly type: "found"; readonly run: KeptRun | undefined }
  | { readonly type: "started"; readonly backend: string; readonly machine: Machine }
  | { readonly type: "records"; readonly records: readonly StepRecord[] }
  | { readonly type: "samples"; readonly samples: SampleSheet }
  /** `kept`: whether a reload will find it. */
  | { readonly type: "saved"; readonly step: number; readonly kept: boolean }
  | { readonly type: "stopped"; readonly step: number }
  /** `step`: where it can go on from. */
  | { readonly type: "failed"; readonly kind: FailureKind; readonly detail: string; readonly step: number }
  | { readonly type: "model"; readonly bytes: Uint8Array<ArrayBuffer>; readonly step: number };
