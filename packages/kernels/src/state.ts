/** Kernels that replace state in place: optimisers and running averages. */
import { type BufferView, type Dispatch, dispatch } from "@kintsugi/gpu";
import * as shaders from "@kintsugi/shaders";
import { workgroupsFor } from "./pointwise.js";

type Views<N extends string> = Readonly<Record<N, BufferView>>;

/** Neighbours that an invocation treats, where the kernel is one of vec4f. */
const FOUR = 4;

/** x, m, v by Adam; rate = (step size, eps), and with `decay` the share of x that goes first. An infinite limit clips nothing. */
export function adam(
  size: number,
  {
    beta1,
    beta2,
    limit,
    decay = false,
  }: { readonly beta1: number; readonly beta2: number; readonly limit: number; readonly decay?: boolean },
  views: Views<"x" | "m" | "v" | "dx" | "rate">,
): Dispatch {
  const clip = { ...(Number.isFinite(limit) ? { LIMIT: limit } : {}), ...(decay ? { DECAY: 1 } : {}) };
  return dispatch(shaders.adam, {
    label: `adam ${size}`,
    bindings: views,
    constants: { SIZE: size, BETA1: beta1, BETA2: beta2, GAIN1: 1 - beta1, GAIN2: 1 - beta2, ...clip },
    workgroups: workgroupsFor(Math.ceil(size / FOUR)),
  });
}

/** x and v by projected Nesterov momentum; rate = (step size). */
export function projectedMomentum(
  size: number,
  { momentum, limit }: { readonly momentum: number; readonly limit: number },
  views: Views<"x" | "v" | "dx" | "rate">,
): Dispatch {
  return dispatch(shaders.projectedMomentum, {
    label: `projected_momentum ${size}`,
    bindings: views,
    constants: { SIZE: size, MOMENTUM: momentum, LIMIT: limit },
    workgroups: workgroupsFor(size),
  });
}

/** average ← average + rate·(values − average); rate = (share of the new). */
export function movingAverage(size: number, views: Views<"average" | "values" | "rate">): Dispatch {
  return dispatch(shaders.movingAverage, {
    label: `moving_average ${size}`,
    bindings: views,
    constants: { SIZE: size },
    workgroups: workgroupsFor(Math.ceil(size / FOUR)),
  });
}

/** running ← momentum·running + (1 − momentum)·row, for each row of values in turn. */
export function runningAverage(
  size: number,
  rows: number,
  momentum: number,
  views: Views<"running" | "values">,
): Dispatch {
  return dispatch(shaders.runningAverage, {
    label: `running_average ${size}`,
    bindings: views,
    constants: { SIZE: size, ROWS: rows, MOMENTUM: momentum },
    workgroups: workgroupsFor(Math.ceil(size / FOUR)),
  });
}

/** An average among others: where it begins in their array and where its first row begins among the values, in elements. */
export interface AveragePlace {
  readonly running: number;
  readonly values: number;
  readonly size: number;
}

/** For `runningAverages`: element by element, the place of the first row and the distance of rows; 0, 0 for gaps. */
export function averagePlaces(averages: readonly AveragePlace[]): Uint32Array<ArrayBuffer> {
  const length = Math.max(...averages.map(({ running, size }) => running + size));
  const places = new Uint32Array(2 * length);
  for (const { running, values, size } of averages) {
    for (let i = 0; i < size; i++) places.set([values + i, size], 2 * (running + i));
  }
  return places;
}

/** `runningAverage` of many averages at once; `places` by `averagePlaces`. */
export function runningAverages(
  size: number,
  rows: number,
  momentum: number,
  views: Views<"running" | "values" | "places">,
): Dispatch {
  return dispatch(shaders.runningAverages, {
    label: `running_averages ${size}`,
    bindings: views,
    constants: { SIZE: size, ROWS: rows, MOMENTUM: momentum },
    workgroups: workgroupsFor(size),
  });
}
