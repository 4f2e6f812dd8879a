/** What the page and its worker say to each other. Every request has an id; the worker answers it once. */

/** Where a model comes from, and what its bytes must hash to. */
export interface ModelSource {
  readonly from: string | Uint8Array | Blob;
  /** `sha256-`, `sha384-` or `sha512-` and the hash in base64, as in the `integrity` attribute of scripts. */
  readonly integrity?: string;
}

/** What the work is done on. */
export interface Machine {
  /** `software` is WebGPU without a graphics card; `processor` is WebAssembly. */
  readonly machine: "gpu" | "software" | "processor";
  /** Whether that is a graphics card. */
  readonly gpu: boolean;
  /** For people: its name. */
  readonly backend: string;
  /** In English, why it is not WebGPU; undefined where it is. */
  readonly reason: string | undefined;
}

/** What the page learns of a model once it is loaded. */
export interface ModelSummary extends Machine {
  /** Side of its pictures in pixels. */
  readonly size: number;
  readonly channels: number;
  readonly metadata: Readonly<Record<string, string>>;
  /** The network could not be reached, and the copy of an earlier visit was taken. */
  readonly offline: boolean;
}

export interface SearchSettings {
  /** How many z are searched at once. */
  readonly candidates: number;
  readonly iterations: number;
  readonly seed: number;
}

/** A square of a picture, in its pixels. */
export interface Region {
  readonly x: number;
  readonly y: number;
  readonly side: number;
}

/** What is to be filled, side×side: 1 = missing. */
export interface PaintedMask {
  readonly side: number;
  readonly cells: Uint8Array;
}

/** One answer of the search: a picture of the model's size. */
export interface Candidate {
  /** Opaque RGBA, size×size×4: known pixels copied, missing ones made up and blended into them. */
  readonly rgba: Uint8ClampedArray<ArrayBuffer>;
  /** How far the model is from what is known, a sum over values in [−1, 1]. */
  readonly contextual: number;
  /** How little the discriminator believes it. */
  readonly perceptual: number;
  /** What the search makes small. */
  readonly total: number;
}

export interface Completion {
  readonly candidates: readonly Candidate[];
  readonly iterations: number;
}

export type Request =
  | { readonly type: "load"; readonly model: ModelSource; readonly settings: SearchSettings }
  | {
      readonly type: "complete";
      readonly picture: ImageBitmap;
      readonly mask: PaintedMask;
      readonly settings: SearchSettings;
    }
  | {
      readonly type: "render";
      readonly picture: ImageBitmap;
      readonly region: Region;
      readonly mask: PaintedMask;
      readonly size: number;
      readonly rgba: Uint8ClampedArray<ArrayBuffer>;
    };

/** The answer to each request. */
export interface Results {
  readonly load: ModelSummary;
  readonly complete: Completion;
  readonly render: Blob;
}

export type Progress =
  | { readonly phase: "device" }
  /** The GPU cannot be used: the processor is made ready instead. */
  | { readonly phase: "cpu"; readonly reason: string }
  /** What the work will be done on has been opened. */
  | ({ readonly phase: "ready" } & Machine)
  | { readonly phase: "model"; readonly loaded: number; readonly total: number | undefined }
  | { readonly phase: "compile" }
  | {
      readonly phase: "search";
      readonly iteration: number;
      readonly iterations: number;
      readonly candidates: readonly Candidate[];
    }
  /** The GPU went away and was opened anew; what was running starts again. */
  | { readonly phase: "reopened" };

export type ToWorker =
  | { readonly id: number; readonly request: Request }
  | { readonly id: number; readonly cancel: true };

export type FromWorker =
  | { readonly id: number; readonly progress: Progress }
  | { readonly id: number; readonly result: Results[keyof Results] }
  | { readonly id: number; readonly failure: Failure };

/** Why something did not work; each has one sentence for people among the strings. */
export type FailureCode =
  | "no-webgpu"
  | "worker"
  | "model-fetch"
  | "model-integrity"
  | "model-format"
  | "picture-cors"
  | "picture-fetch"
  | "picture-format"
  | "mask-shape"
  | "picture-size"
  | "copy-refused"
  | "cancelled"
  | "internal";

export interface Failure {
  readonly code: FailureCode;
  /** The particulars, in English: an address, a tensor's name. */
  readonly detail: string;
}

/** A failure on its way through promises. */
export class CompleterError extends Error implements Failure {
  override readonly name = "CompleterError";

  constructor(
    readonly code: FailureCode,
    readonly detail: string,
  ) {
    super(detail);
  }
}
