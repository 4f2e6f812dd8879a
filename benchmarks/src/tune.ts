/**
 * Which core multiplies each product of a training step best on this adapter, measured in the step itself: one plan for
 * each core, run in turns, dispatch by dispatch. Knows no platform.
 */
import { type Device, profile } from "@kintsugi/gpu";
import { type Core, type CoreTable, usableCores } from "@kintsugi/kernels";
import { median } from "./stats.js";
import { configOf, createTraining, type Step } from "./steps.bench.js";
import { WrongResultError } from "./suite.js";

export interface TuneOptions {
  readonly device: Device;
  readonly width: number;
  readonly batch: number;
  /** Side of the images. */
  readonly size: number;
  /** Timed runs of each core. */
  readonly rounds: number;
  /** Cores to try beside the rule's; by default all that the adapter can run. */
  readonly tries?: readonly Core[];
  readonly say: (line: string) => void;
}

export interface Tuned {
  readonly cores: CoreTable;
  /** Nanoseconds of all products in a step by the fixed rule, and of each by its best core. */
  readonly ruled: number;
  readonly best: number;
}

/** So much faster than the rule's core must another be, to be worth an entry: less is noise. */
const WORTH = 0.97;
/** The first losses of a step are sums of the same terms in another order. */
const TOLERANCE = 1e-3;

/** Times every core for every product. Throws `WrongResultError` where one does not give the losses of the others. */
export async function tune({ device, width, batch, size, rounds, tries, say }: TuneOptions): Promise<Tuned> {
  const choices: readonly (Core | "rule")[] = ["rule", ...(tries ?? usableCores(device.adapter))];
  const steps = new Map<Core | "rule", Step>();
  for (const core of choices) {
    steps.set(
      core,
      await createTraining(device, "blog", configOf(width, size), batch, core === "rule" ? {} : { core }),
    );
  }
  const first = new Map<Core | "rule", readonly number[]>();
  for (const [core, step] of steps) {
    await step.run();
    first.set(core, (await step.losses())[0]!);
  }
  for (const [core, losses] of first) {
    // What follows the first update has the sign of rounding noise in it: D's own losses come before.
    const wrong = losses.slice(0, 2).some((loss, i) => !(Math.abs(loss / first.get("rule")![i]! - 1) < TOLERANCE));
    if (wrong) throw new WrongResultError(`the core ${core} gives the losses ${losses}, the rule ${first.get("rule")}`);
  }
  const times = new Map<Core | "rule", Map<string, number[]>>(choices.map((core) => [core, new Map()]));
  for (let round = 0; round < rounds; round++) {
    for (const [core, { plan }] of steps) {
      for (const [product, time] of await productTimes(plan.recording)) {
        const all = times.get(core)!;
        all.set(product, [...(all.get(product) ?? []), time]);
      }
    }
    say(`round ${round + 1} of ${rounds}`);
  }
  for (const { plan } of steps.values()) plan.destroy();
  return choose(new Map([...times].map(([core, all]) => [core, medians(all)])));
}

/** Nanoseconds of each product in one run of a step, its partial sums included. */
async function productTimes(recording: Step["plan"]["recording"]): Promise<Map<string, number>> {
  const times = new Map<string, number>();
  for (const { dispatch, nanoseconds } of await profile(recording)) {
    const { product } = dispatch;
    if (product !== undefined) times.set(product, (times.get(product) ?? 0) + nanoseconds);
  }
  return times;
}

function medians(times: ReadonlyMap<string, readonly number[]>): Map<string, number> {
  return new Map([...times].map(([product, all]) => [product, median(all)]));
}

/** An entry for each product that another core than the rule's does clearly faster. */
export function choose(times: ReadonlyMap<Core | "rule", ReadonlyMap<string, number>>): Tuned {
  const cores: Record<string, Core> = {};
  let [ruled, best] = [0, 0];
  for (const [product, time] of times.get("rule")!) {
    let winner = time * WORTH;
    for (const [core, all] of times) {
      const its = all.get(product)!;
      if (core === "rule" || its >= winner) continue;
      cores[product] = core;
      winner = its;
    }
    ruled += time;
    best += cores[product] ? winner : time;
  }
  return { cores, ruled, best };
}
