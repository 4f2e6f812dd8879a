/**
 * The average of the generator's weights over the latest steps, w̄ ← w̄ + rate·(w − w̄), for evaluation
 * (Salimans et al. 2016 test with it; Yazıcı et al. 2019 study it). Its running statistics are averaged alike, since they
 * belong to the weights. It begins as the first weights; `averageRate` in `schedule.ts` lets it forget them soon.
 */
import { movingAverage, type Tensor } from "@kintsugi/autodiff";
import { type NamedValues, type ParameterSpec, type State, sideBySide, type Variables } from "@kintsugi/nn";
import type { DcganConfig } from "./config.js";
import { generatorSpecs } from "./specs.js";

const FAMILY = "ema";
const averageOf = (name: string) => `${FAMILY}/${name}`;

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

/**
 * Moves the average by one step, in the order in which its parts lie, so that a back end can do so at once.
 *
 * @param rate [1]: the share of the latest weights
 */
export function updateAverage(state: State, rate: Tensor): void {
  for (const average of sideBySide(state.variables, FAMILY)) {
    const latest = state.get(average.slice(averageOf("").length));
    state.set(average, movingAverage(state.get(average), latest, rate));
  }
}

/** The state to evaluate with: under the generator's names its average, where there is one. Works on values too. */
export function averaged<T extends Variables | NamedValues>(named: T): T;
export function averaged(named: ReadonlyMap<string, unknown>): ReadonlyMap<string, unknown> {
  const kept = [...named].filter(([name]) => !name.startsWith(averageOf("")));
  return new Map(kept.map(([name, value]) => [name, named.get(averageOf(name)) ?? value]));
}
