/** How a gradient moves z, one rule per optimiser; z stays in [−1, 1]. */
import { adam, type Inputs, input, projectedMomentum, type Tensor, type Update, variable } from "@kintsugi/autodiff";
import { adamRate } from "@kintsugi/nn";

/** How the step size falls: along half a wave of the cosine, from all of it to `end` of it at iteration `over`. */
export interface Decay {
  readonly over: number;
  /** Share that is left at the end, and kept from there on. Default 0.05. */
  readonly end?: number;
}

export interface AdamSearch {
  readonly kind: "adam";
  /** Step size. Default 0.01. */
  readonly lr?: number;
  /** Decay of the first moment. Default 0.9. */
  readonly beta1?: number;
  /** Decay of the second moment. Default 0.999. */
  readonly beta2?: number;
  /** Default 1e-8. */
  readonly eps?: number;
  /** Left out, the step size stays. */
  readonly decay?: Decay;
}

export interface MomentumSearch {
  readonly kind: "momentum";
  /**
   * Step size. Default 0.0003, as in Yeh's own program. The blog's 0.01 leaps from wall to wall on models whose contextual
   * loss is in the thousands, and does not converge.
   */
  readonly lr?: number;
  /** Share of the last step that is kept. Default 0.9. */
  readonly momentum?: number;
  /** Left out, the step size stays. */
  readonly decay?: Decay;
}

/** Share of the step size at t = 1, 2, … */
function shareAt(decay: Decay | undefined, t: number): number {
  if (!decay) return 1;
  const { over, end = 0.05 } = decay;
  const wave = (1 + Math.cos(Math.PI * Math.min(1, (t - 1) / over))) / 2;
  return end + (1 - end) * wave;
}

/** One rule, traced. */
export interface Descent {
  readonly updates: readonly Update[];
  /** Variables that are 0 when a search starts. */
  readonly moments: readonly Tensor[];
  /** What changes from step to step t = 1, 2, … */
  inputs(t: number): Inputs;
}

/** @param dz the gradient of the loss in z */
export function descent(rule: AdamSearch | MomentumSearch, z: Tensor, dz: Tensor): Descent {
  return rule.kind === "adam" ? byAdam(rule, z, dz) : byMomentum(rule, z, dz);
}

/** m̂ = m/(1−β₁ᵗ), v̂ = v/(1−β₂ᵗ), z ← clip(z − lr·m̂/(√v̂ + eps)): the form of the paper, and of Amos' search. */
function byAdam(rule: AdamSearch, z: Tensor, dz: Tensor): Descent {
  const { lr = 0.01, beta1 = 0.9, beta2 = 0.999, eps = 1e-8, decay } = rule;
  const [m, v] = [variable("m of z", z.shape), variable("v of z", z.shape)];
  const next = adam(z, m, v, dz, input("rate", [2]), { beta1, beta2, limit: 1 });
  return {
    updates: [
      { variable: z, value: next.x },
      { variable: m, value: next.m },
      { variable: v, value: next.v },
    ],
    moments: [m, v],
    inputs: (t) => ({ rate: adamRate({ lr: lr * shareAt(decay, t), beta1, beta2, eps }, t, true) }),
  };
}

/** u = μv − lr·g; z ← clip(z − μv + (1+μ)u); v ← u. The wall stops z and not v. */
function byMomentum({ lr = 3e-4, momentum = 0.9, decay }: MomentumSearch, z: Tensor, dz: Tensor): Descent {
  const v = variable("velocity of z", z.shape);
  const next = projectedMomentum(z, v, dz, input("rate", [1]), { momentum, limit: 1 });
  return {
    updates: [
      { variable: z, value: next.x },
      { variable: v, value: next.v },
    ],
    moments: [v],
    inputs: (t) => (t === 1 || decay ? { rate: new Float32Array([lr * shareAt(decay, t)]) } : {}),
  };
}
