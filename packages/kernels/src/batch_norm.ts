/** Batch normalisation, forward and backward, over a matrix [groups · rows, channels] (all axes but the last are rows). */
import { type BufferView, type Dispatch, dispatch } from "@kintsugi/gpu";
import * as shaders from "@kintsugi/shaders";
import { chunkRows, elementsOf } from "./columns.js";
import { workgroupsFor } from "./pointwise.js";
import type { DeviceClass } from "./tiles.js";

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

/** So many parts are merged by every invocation that needs the whole; more are merged once, by a dispatch of their own. */
const MERGED_IN_PLACE = 8;
/** Rows that one invocation walks down where it writes a result for each. */
const APPLY_ROWS = { software: 64, hardware: 16 };

/**
 * Bytes of scratch for `batchNorm` and `batchNormGrad`: partial results by chunks of rows, and per group, which is 0 where
 * the chunks are few enough to be merged where they are needed.
 */
export function batchNormScratch(device: DeviceClass, shape: BatchNormShape): { parts: number; whole: number } {
  const { CHUNKS } = partConstants(device, shape);
  const bytes = (parts: number) => 4 * shape.groups * (2 * parts + 4) * shape.channels;
  return { parts: bytes(CHUNKS), whole: CHUNKS > MERGED_IN_PLACE ? bytes(1) : 0 };
}

/**
 * y = leaky((x − mean)·gamma/√(variance + eps) + beta), with mean and biased variance of each group and channel, [groups,
 * channels], which it writes down.
 */
export function batchNorm(
  device: DeviceClass,
  shape: BatchNormShape,
  { eps, slope }: BatchNormConstants,
  views: Views<"x" | "gamma" | "beta" | "y" | "mean" | "variance" | "parts"> & { readonly whole?: BufferView },
): Dispatch[] {
  const { x, gamma, beta, y, mean, variance, parts } = views;
  const kind = elementsOf(shape.channels);
  const chunked = partConstants(device, shape);
  const moments = column(shaders.batchNormMoments[kind], shape, chunked, { x, parts }, {});
  const merged = merge(shaders.batchNormMerge[kind], shape, chunked, views);
  const applied = { x, parts: merged.parts, gamma, beta, mean, variance, y };
  const constants = { EPS: eps, SLOPE: slope, PARTS: merged.count, PART_ROWS: merged.rows };
  const apply = column(shaders.batchNormMergeApply[kind], shape, applyConstants(device, shape), applied, constants);
  return [moments, ...merged.dispatches, apply];
}

/** y = leaky((x − mean)·gamma/√(variance + eps) + beta), mean and variance being given. */
export function batchNormApply(
  device: DeviceClass,
  shape: BatchNormShape,
  { eps, slope }: BatchNormConstants,
  views: Views<"x" | "mean" | "variance" | "gamma" | "beta" | "y">,
): Dispatch {
  const shader = shaders.batchNormApply[elementsOf(shape.channels)];
  return column(shader, shape, applyConstants(device, shape), views, { EPS: eps, SLOPE: slope });
}

/** dx, dgamma and dbeta from dy, through the statistics. */
export function batchNormGrad(
  device: DeviceClass,
  shape: BatchNormShape,
  { eps, slope }: BatchNormConstants,
  views: Views<"dy" | "x" | "mean" | "variance" | "gamma" | "beta" | "dx" | "dgamma" | "dbeta" | "parts"> & {
    readonly whole?: BufferView;
  },
): Dispatch[] {
  const { dy, x, mean, variance, gamma, beta, dx, dgamma, dbeta, parts } = views;
  const kind = elementsOf(shape.channels);
  const chunked = partConstants(device, shape);
  const summed = { dy, x, mean, variance, gamma, beta, parts };
  const sums = column(shaders.batchNormGradSums[kind], shape, chunked, summed, { EPS: eps, SLOPE: slope });
  const merged = merge(shaders.batchNormGradMerge[kind], shape, chunked, views);
  const applied = { dy, x, parts: merged.parts, dx, dgamma, dbeta };
  const constants = { SLOPE: slope, PARTS: merged.count };
  const apply = column(shaders.batchNormGradApply[kind], shape, applyConstants(device, shape), applied, constants);
  return [sums, ...merged.dispatches, apply];
}

/** dx from dy where mean and variance are constants. */
export function batchNormInferenceGrad(
  device: DeviceClass,
  shape: BatchNormShape,
  { eps, slope }: BatchNormConstants,
  views: Views<"dy" | "x" | "mean" | "variance" | "gamma" | "beta" | "dx">,
): Dispatch {
  const shader = shaders.batchNormInferenceGrad[elementsOf(shape.channels)];
  return column(shader, shape, applyConstants(device, shape), views, { EPS: eps, SLOPE: slope });
}

type ColumnConstants = Record<"GROUPS" | "GROUP_ROWS" | "CHANNELS" | "CHUNK_ROWS" | "CHUNKS", number>;

function columnConstants({ groups, rows, channels }: BatchNormShape, chunk: number): ColumnConstants {
  return {
    GROUPS: groups,
    GROUP_ROWS: rows,
    CHANNELS: channels,
    CHUNK_ROWS: chunk,
    CHUNKS: Math.ceil(rows / chunk),
  };
}

const partConstants = (device: DeviceClass, shape: BatchNormShape) =>
  columnConstants(shape, chunkRows(device, shape.rows));

const applyConstants = (device: DeviceClass, shape: BatchNormShape) =>
  columnConstants(shape, device.software ? APPLY_ROWS.software : APPLY_ROWS.hardware);

/** Many parts of a group as one, few as they are. */
function merge(
  shader: shaders.Shader<"parts" | "whole">,
  shape: BatchNormShape,
  { CHUNK_ROWS, CHUNKS, ...matrix }: ColumnConstants,
  { parts, whole }: Views<"parts"> & { readonly whole?: BufferView },
): { dispatches: Dispatch[]; parts: BufferView; count: number; rows: number } {
  if (CHUNKS <= MERGED_IN_PLACE) return { dispatches: [], parts, count: CHUNKS, rows: CHUNK_ROWS };
  if (!whole) throw new TypeError(`${label(shader, shape)}: ${CHUNKS} parts need a view for the whole`);
  // Sums do not depend on how many rows they are of; means do.
  const partRows = shader.required.includes("PART_ROWS") ? { PART_ROWS: CHUNK_ROWS } : {};
  const entry = dispatch(shader, {
    label: label(shader, shape),
    bindings: { parts, whole },
    constants: { ...matrix, CHUNK_ROWS, CHUNKS, PARTS: CHUNKS, ...partRows },
    workgroups: workgroupsFor(shape.groups * shape.channels),
  });
  return { dispatches: [entry], parts: whole, count: 1, rows: shape.rows };
}

/** One invocation per element of channels and chunk of rows. */
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
    workgroups: workgroupsFor((columns.GROUPS * columns.CHUNKS * columns.CHANNELS) / shader.sizes.WIDTH!),
  });
}

function label(shader: shaders.Shader, { groups, rows, channels }: BatchNormShape): string {
  return `${shader.name} ${groups}×${rows}×${channels}`;
}
