/**
 * The average of the generator's weights over the latest steps, w̄ ← decay·w̄ + (1 − decay)·w, for evaluation
 * (Salimans et al. 2016 test with it; Yazıcı et al. 2019 study it). Its running statistics are averaged alike, since they
 * belong to the weights. It begins as the first weights, which it has forgotten after some 5/(1 − decay) steps.
 */
import { reshape, runningAverage } from "@kintsugi/autodiff";
import type { NamedValues, ParameterSpec, State, Variables } from "@kintsugi/nn";
import { type DcganConfig, generatorSpecs } from "./config.js";

const averageOf = (name: string) => `ema/${name}`;

/** The state of the average. */
export function averageSpecs(config: DcganConfig): ParameterSpec[] {
  return generatorSpecs(config).map(({ name, shape }) => ({
    name: averageOf(name),
    shape,
    initial: 0,
    trainable: false,
  }));
}

/** Lets the average begin at the first weights. */
export function beginAverage(config: DcganConfig, values: NamedValues): NamedValues {
  return new Map([
    ...values,
    ...generatorSpecs(config).map(({ name }) => [averageOf(name), values.get(name)!] as const),
  ]);
}

/** Moves the average by one step. */
export function updateAverage(state: State, config: DcganConfig, decay: number): void {
  for (const { name, shape } of generatorSpecs(config)) {
    const latest = reshape(state.get(name), [1, ...shape]);
    state.set(averageOf(name), runningAverage(state.get(averageOf(name)), latest, decay));
  }
}

/** The state to evaluate with: under the generator's names its average, where there is one. Works on values too. */
export function averaged<T extends Variables | NamedValues>(named: T): T;
export function averaged(named: ReadonlyMap<string, unknown>): ReadonlyMap<string, unknown> {
  const kept = [...named].filter(([name]) => !name.startsWith(averageOf("")));
  return new Map(kept.map(([name, value]) => [name, named.get(averageOf(name)) ?? value]));
}
