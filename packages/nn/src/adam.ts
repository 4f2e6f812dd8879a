/** Adam over named state. The moments of `name` are state too, called `adam_m/name` and `adam_v/name`. */
import { type AdamOptions, adam, type Tensor } from "@kintsugi/autodiff";
import type { ParameterSpec, State } from "./parameters.js";

/** The moments that Adam keeps for the trainable ones among `specs`. */
export function adamSpecs(specs: readonly ParameterSpec[]): ParameterSpec[] {
  return specs
    .filter(({ trainable }) => trainable)
    .flatMap(({ name, shape }) =>
      ["adam_m", "adam_v"].map((moment) => ({ name: `${moment}/${name}`, shape, initial: 0, trainable: false })),
    );
}

/** Replaces each named parameter, and its moments, by one step along its gradient. */
export function applyAdam(
  state: State,
  names: readonly string[],
  gradients: readonly Tensor[],
  rate: Tensor,
  options: AdamOptions = {},
): void {
  names.forEach((name, index) => {
    const [m, v] = [`adam_m/${name}`, `adam_v/${name}`];
    const next = adam(state.get(name), state.get(m), state.get(v), gradients[index]!, rate, options);
    state.set(name, next.x);
    state.set(m, next.m);
    state.set(v, next.v);
  });
}

export interface AdamRate {
  readonly lr: number;
  readonly beta1: number;
  readonly beta2: number;
  readonly eps: number;
}

/**
 * The `rate` of step t = 1, 2, … in TensorFlow's form: x −= lr·√(1−β₂ᵗ)/(1−β₁ᵗ)·m/(√v + eps). With `correctEps`, the form
 * of the paper, m̂/(√v̂ + eps), which is the same with eps·√(1−β₂ᵗ).
 */
export function adamRate(
  { lr, beta1, beta2, eps }: AdamRate,
  t: number,
  correctEps = false,
): Float32Array<ArrayBuffer> {
  const root = Math.sqrt(1 - beta2 ** t);
  return new Float32Array([(lr * root) / (1 - beta1 ** t), correctEps ? eps * root : eps]);
}
