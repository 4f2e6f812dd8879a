/**
 * Ops whose outputs take the place of their inputs: what an optimiser or a running average does to state. They return the
 * new values; the old ones must not be read by anything traced later. For differentiation the new values are leaves: an
 * update is not a part of the function that comes after it.
 */
import { expectSame, record, ShapeError, show, type Tensor } from "../graph.js";

export interface AdamOptions {
  /** Decay of the first moment. Default 0.5. */
  readonly beta1?: number;
  /** Decay of the second moment. Default 0.999. */
  readonly beta2?: number;
  /** Values are clipped to [−limit, limit]. Default: none. */
  readonly limit?: number;
}

/**
 * One step of Adam (Kingma and Ba 2015): m ← β₁m + (1−β₁)g, v ← β₂v + (1−β₂)g², x ← clip(x − rate·m/(√v + eps)).
 *
 * @param rate [2]: the step size with its bias correction, and eps; see `adamRate` of @kintsugi/nn. Or [3], with the share of x
 *   that is taken away before the step: decoupled weight decay (Loshchilov and Hutter 2019)
 */
export function adam(
  x: Tensor,
  m: Tensor,
  v: Tensor,
  dx: Tensor,
  rate: Tensor,
  { beta1 = 0.5, beta2 = 0.999, limit = Number.POSITIVE_INFINITY }: AdamOptions = {},
): { x: Tensor; m: Tensor; v: Tensor } {
  for (const [name, tensor] of Object.entries({ m, v, dx })) expectSame("adam", "x", x.shape, name, tensor.shape);
  if (rate.shape.length !== 1 || (rate.shape[0] !== 2 && rate.shape[0] !== 3)) {
    throw new ShapeError(`adam: rate is ${show(rate.shape)}, not [2] or [3]`);
  }
  const attributes = { beta1, beta2, limit, decay: rate.shape[0] === 3 };
  const [x1, m1, v1] = record("adam", [x, m, v, dx, rate], attributes, [x.shape, x.shape, x.shape], null);
  return { x: x1!, m: m1!, v: v1! };
}

/**
 * One step of projected Nesterov momentum (Yeh et al., first version): u = μv − rate·g; x ← clip(x − μv + (1+μ)u); v ← u.
 *
 * @param rate [1]
 */
export function projectedMomentum(
  x: Tensor,
  v: Tensor,
  dx: Tensor,
  rate: Tensor,
  { momentum = 0.9, limit = 1 }: { readonly momentum?: number; readonly limit?: number } = {},
): { x: Tensor; v: Tensor } {
  expectSame("projectedMomentum", "x", x.shape, "v", v.shape);
  expectSame("projectedMomentum", "x", x.shape, "dx", dx.shape);
  if (rate.shape.length !== 1 || rate.shape[0] !== 1) {
    throw new ShapeError(`projectedMomentum: rate is ${show(rate.shape)}, not [1]`);
  }
  const [x1, v1] = record("projectedMomentum", [x, v, dx, rate], { momentum, limit }, [x.shape, x.shape], null);
  return { x: x1!, v: v1! };
}

/**
 * average ← average + rate·(values − average).
 *
 * @param rate [1]: the share of the new
 */
export function movingAverage(average: Tensor, values: Tensor, rate: Tensor): Tensor {
  expectSame("movingAverage", "average", average.shape, "values", values.shape);
  if (rate.shape.length !== 1 || rate.shape[0] !== 1) {
    throw new ShapeError(`movingAverage: rate is ${show(rate.shape)}, not [1]`);
  }
  return record("movingAverage", [average, values, rate], {}, [average.shape], null)[0]!;
}

/**
 * running ← momentum·running + (1 − momentum)·value, once for each row of `values`, in their order.
 *
 * @param running [C]
 * @param values [groups, C]
 */
export function runningAverage(running: Tensor, values: Tensor, momentum = 0.9): Tensor {
  expectSame("runningAverage", "running", running.shape, "a row of values", values.shape.slice(1));
  return record("runningAverage", [running, values], { momentum }, [running.shape], null)[0]!;
}
