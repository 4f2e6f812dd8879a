/**
 * Spectral normalisation (Miyato et al. 2018): D's filters and matrices, seen as matrices W [all else, outputs], are divided by
 * their largest singular value σ, so that no layer stretches anything and D stays smooth.
 *
 * σ = ‖W·u‖, where u [outputs] is state: each update of D begins with one step of the power iteration, u ← Wᵀ·W·u / ‖Wᵀ·W·u‖.
 * With v = W·u/‖W·u‖ that is σ = vᵀ·W·u, and since u is a constant for differentiation, dσ/dW = v·uᵀ, the paper's.
 */
import {
  add,
  constant,
  detach,
  matmul,
  multiply,
  reshape,
  rsqrt,
  sizeOf,
  spread,
  squaredNorm,
  type Tensor,
} from "@kintsugi/autodiff";
import type { Named, ParameterSpec, State } from "@kintsugi/nn";

const vectorOf = (name: string) => `${name}/u`;
/** What keeps a vector of zeros from being divided by 0. */
const EPS = 1e-12;

/** A vector for each filter and each matrix among `specs`. */
export function spectralSpecs(specs: readonly ParameterSpec[]): ParameterSpec[] {
  return specs.filter(isWeight).map(({ name, shape }) => ({
    name: vectorOf(name),
    shape: [shape.at(-1)!],
    initial: { kind: "normal", sigma: 1 },
    trainable: false,
  }));
}

/** One step of the power iteration for each weight. */
export function iteratePower(state: State, specs: readonly ParameterSpec[]): void {
  for (const { name } of specs.filter(isWeight)) {
    const w = asMatrix(state.get(name));
    const u = state.get(vectorOf(name));
    const along = matmul(w, matmul(w, column(u)), true);
    state.set(vectorOf(name), detach(reshape(multiply(along, spread(inverseNorm(along), along.shape)), u.shape)));
  }
}

/** The weights as layers are to see them: each over its σ, made where it is first read. */
export function normalised(weights: Named, specs: readonly ParameterSpec[]): Named {
  const names = new Set(specs.filter(isWeight).map(({ name }) => name));
  const made = new Map<string, Tensor>();
  const get = (name: string) => {
    if (!names.has(name)) return weights.get(name);
    const found = made.get(name) ?? overSigma(weights.get(name), weights.get(vectorOf(name)));
    made.set(name, found);
    return found;
  };
  return { get };
}

function overSigma(weight: Tensor, u: Tensor): Tensor {
  return multiply(weight, spread(inverseNorm(matmul(asMatrix(weight), column(u))), weight.shape));
}

/** 1/‖x‖: [1]. */
function inverseNorm(x: Tensor): Tensor {
  return rsqrt(add(squaredNorm([x]), constant(EPS, [1])));
}

function asMatrix(weight: Tensor): Tensor {
  const outputs = weight.shape.at(-1)!;
  return reshape(weight, [sizeOf(weight.shape) / outputs, outputs]);
}

function column(u: Tensor): Tensor {
  return reshape(u, [sizeOf(u.shape), 1]);
}

/** Filters and matrices, but for the measures of minibatch discrimination, which compare and do not judge. */
function isWeight({ name, trainable }: ParameterSpec): boolean {
  return trainable && /\/(w|Matrix)$/.test(name) && !name.includes("d_minibatch");
}
