/** Batch normalisation, forward and backward, over a matrix [groups · rows, channels] (all axes but the last are rows). */
import { type BufferView, type Dispatch, dispatch } from "@kintsugi/gpu";
import * as shaders from "@kintsugi/shaders";
import { workgroupsFor } from "./pointwise.js";

type Views<N extends string> = Readonly<Record<N, BufferView>>;

export interface BatchNormShape {
  /** Parts of the batch that have statistics of their own. */
  readonly groups: number;
  /** Rows of one group. */
  readonly rows: number;
  readonly channels: number;
}

export interface BatchNormConstants {
  readonly eps: number;
  /** Slope of the leaky ReLU that follows: 1 for none. */
  readonly slope: number;
}

/** Rows that one invocation walks down where it makes partial results: many enough to be few, few enough to be many. */
const MIN_CHUNK_ROWS = 32;
const MAX_CHUNKS = 128;
/** Rows that one invocation walks down where it writes a result for each. */
const APPLY_ROWS = 16;

/** How rows are split for partial results; fixed by the shape, so that sums always associate alike. */
export function columnChunks(rows: number): { chunks: number; chunkRows: number } {
  const chunkRows = Math.max(MIN_CHUNK_ROWS, Math.ceil(rows / MAX_CHUNKS));
  return { chunks: Math.ceil(rows / chunkRows), chunkRows };
}

/** Bytes of scratch for `batchNormMoments` and `batchNormGrad`: partials, and sums per group. */
export function batchNormScratch({ groups, rows, channels }: BatchNormShape): { partials: number; sums: number } {
  return { partials: groups * columnChunks(rows).chunks * channels * 8, sums: groups * channels * 8 };
}

/** mean and biased variance of each group and channel: [groups, channels]. */
export function batchNormMoments(
  shape: BatchNormShape,
  { x, mean, variance, partials }: Views<"x" | "mean" | "variance" | "partials">,
): Dispatch[] {
  const chunked = chunkConstants(shape);
  return [
    column(shaders.batchNormMoments, shape, chunked, { x, partials }, {}),
    dispatch(shaders.batchNormMerge, {
      label: label(shaders.batchNormMerge, shape),
      bindings: { partials, mean, variance },
      constants: chunked,
      workgroups: workgroupsFor(shape.groups * shape.channels),
    }),
  ];
}

/** y = leaky((x − mean)·gamma/√(variance + eps) + beta). */
export function batchNormApply(
  shape: BatchNormShape,
  { eps, slope }: BatchNormConstants,
  views: Views<"x" | "mean" | "variance" | "gamma" | "beta" | "y">,
): Dispatch {
  return column(shaders.batchNormApply, shape, applyConstants(shape), views, { EPS: eps, SLOPE: slope });
}

/** dx, dgamma and dbeta from dy, through the statistics. */
export function batchNormGrad(
  shape: BatchNormShape,
  { eps, slope }: BatchNormConstants,
  views: Views<"dy" | "x" | "mean" | "variance" | "gamma" | "beta" | "dx" | "dgamma" | "dbeta" | "partials" | "sums">,
): Dispatch[] {
  const { dy, x, mean, variance, gamma, beta, dx, dgamma, dbeta, partials, sums } = views;
  const known = { dy, x, mean, variance, gamma, beta };
  const constants = { EPS: eps, SLOPE: slope };
  const chunked = chunkConstants(shape);
  return [
    column(shaders.batchNormGradSums, shape, chunked, { ...known, partials }, constants),
    dispatch(shaders.batchNormGradMerge, {
      label: label(shaders.batchNormGradMerge, shape),
      bindings: { partials, sums, dgamma, dbeta },
      constants: chunked,
      workgroups: workgroupsFor(shape.channels),
    }),
    column(shaders.batchNormGradApply, shape, applyConstants(shape), { ...known, sums, dx }, constants),
  ];
}

/** dx from dy where mean and variance are constants. */
export function batchNormInferenceGrad(
  shape: BatchNormShape,
  { eps, slope }: BatchNormConstants,
  views: Views<"dy" | "x" | "mean" | "variance" | "gamma" | "beta" | "dx">,
): Dispatch {
  return column(shaders.batchNormInferenceGrad, shape, applyConstants(shape), views, { EPS: eps, SLOPE: slope });
}

type ColumnConstants = Record<"GROUPS" | "GROUP_ROWS" | "CHANNELS" | "CHUNK_ROWS" | "CHUNKS", number>;

function chunkConstants({ groups, rows, channels }: BatchNormShape): ColumnConstants {
  const { chunks, chunkRows } = columnChunks(rows);
  return { GROUPS: groups, GROUP_ROWS: rows, CHANNELS: channels, CHUNK_ROWS: chunkRows, CHUNKS: chunks };
}

function applyConstants({ groups, rows, channels }: BatchNormShape): ColumnConstants {
  const chunks = Math.ceil(rows / APPLY_ROWS);
  return { GROUPS: groups, GROUP_ROWS: rows, CHANNELS: channels, CHUNK_ROWS: APPLY_ROWS, CHUNKS: chunks };
}

/** One invocation per channel and chunk of rows. */
function column<B extends string>(
  shader: shaders.Shader<B>,
  shape: BatchNormShape,
  columns: ColumnConstants,
  bindings: Views<B>,
  constants: Readonly<Record<string, number>>,
): Dispatch {
  return dispatch(shader, {
    label: label(shader, shape),
    bindings,
    constants: { ...columns, ...constants },
    workgroups: workgroupsFor(columns.GROUPS * columns.CHUNKS * columns.CHANNELS),
  });
}

function label(shader: shaders.Shader, { groups, rows, channels }: BatchNormShape): string {
  return `${shader.name} ${groups}×${rows}×${channels}`;
}
