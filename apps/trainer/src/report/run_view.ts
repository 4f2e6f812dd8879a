/** What the page of a run shows. The dashboard and the report hand it over as JSON; the page imports these types alone. */

/** Columns of metrics.csv, in their order, beside the step, the epoch and the time. */
export const CURVES = [
  "d_loss",
  "d_loss_real",
  "d_loss_fake",
  "g_loss",
  "d_real",
  "d_fake",
  "d_gradient",
  "g_gradient",
  "lr",
  "swd",
  "frechet",
  "images_per_second",
  "gpu_wait",
] as const;

export type CurveName = (typeof CURVES)[number];

export interface Curves {
  /** The last step of each point. */
  readonly step: readonly number[];
  /** null where a point has no such number. */
  readonly values: Readonly<Record<CurveName, readonly (number | null)[]>>;
  /** Steps of which each point is the mean. */
  readonly stepsPerPoint: number;
}

/** Tenths of [0, 1] in which what D believes is counted. */
export const TENTHS = 10;

/** What D made of the last batch before a step's samples: of its images, and of G's, how many got a probability in each tenth. */
export interface JudgedCounts {
  readonly step: number;
  readonly real: readonly number[];
  readonly fake: readonly number[];
}

export interface RunView {
  readonly name: string;
  /** Steps done. */
  readonly step: number;
  /** Steps wanted, where the run says so. */
  readonly steps?: number;
  /** Seconds of training after which it ends in any case. */
  readonly maxSeconds?: number;
  readonly epoch: number;
  /** Seconds of training until the last step. */
  readonly seconds: number;
  readonly state: "waiting" | "running" | "stopped" | "finished";
  readonly best?: { readonly step: number; readonly score: number };
  readonly curves: Curves;
  /** `src` is what an <img> takes. */
  readonly samples: readonly { readonly step: number; readonly src: string }[];
  /** By step; none in runs of versions that did not count. */
  readonly judged: readonly JudgedCounts[];
  readonly settings: Readonly<Record<string, unknown>>;
  readonly hardware: Readonly<Record<string, string>>;
  /** Whether the page may ask for `run.json` again. */
  readonly live: boolean;
}
