/**
 * Float64 twins of the two Adam kernels. Both: m ← β1·m + (1 − β1)·g, v ← β2·v + (1 − β2)·g². They differ in where eps
 * stands. Source: Kingma & Ba 2015; TensorFlow uses the form at the end of their section 2.
 */

export interface AdamState {
  readonly param: ArrayLike<number>;
  readonly m: ArrayLike<number>;
  readonly v: ArrayLike<number>;
}

export interface AdamOptions {
  readonly lr: number;
  readonly beta1: number;
  readonly beta2?: number;
  readonly eps?: number;
  /** Decoupled (Loshchilov & Hutter 2019): param ← param − lr · weightDecay · param before the step */
  readonly weightDecay?: number;
}

/** Training: param ← param − lr·√(1 − β2^t) / (1 − β1^t) · m / (√v + eps), t from 1 */
export function adam(
  state: AdamState,
  grad: ArrayLike<number>,
  t: number,
  options: AdamOptions,
): Record<keyof AdamState, Float64Array> {
  const { lr, beta1, beta2 = 0.999, eps = 1e-8, weightDecay = 0 } = options;
  const rate = (lr * Math.sqrt(1 - beta2 ** t)) / (1 - beta1 ** t);
  return step(
    state,
    grad,
    beta1,
    beta2,
    (param, m, v) => param * (1 - lr * weightDecay) - (rate * m) / (Math.sqrt(v) + eps),
  );
}

/** Search of z: z ← clip(z − lr · m̂ / (√v̂ + eps), −1, 1), m̂ = m / (1 − β1^t), v̂ = v / (1 − β2^t), t from 1 */
export function adamClipped(
  state: AdamState,
  grad: ArrayLike<number>,
  t: number,
  options: AdamOptions,
): Record<keyof AdamState, Float64Array> {
  const { lr, beta1, beta2 = 0.999, eps = 1e-8 } = options;
  return step(state, grad, beta1, beta2, (param, m, v) => {
    const moved = param - (lr * (m / (1 - beta1 ** t))) / (Math.sqrt(v / (1 - beta2 ** t)) + eps);
    return Math.min(Math.max(moved, -1), 1);
  });
}

function step(
  state: AdamState,
  grad: ArrayLike<number>,
  beta1: number,
  beta2: number,
  move: (param: number, m: number, v: number) => number,
): Record<keyof AdamState, Float64Array> {
  const m = Float64Array.from(state.m, (value, at) => beta1 * value + (1 - beta1) * grad[at]!);
  const v = Float64Array.from(state.v, (value, at) => beta2 * value + (1 - beta2) * grad[at]! ** 2);
  const param = Float64Array.from(state.param, (value, at) => move(value, m[at]!, v[at]!));
  return { param, m, v };
}
