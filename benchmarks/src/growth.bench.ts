/**
 * How the time of a training step grows with batch, width and image size. Each curve starts at its smallest case and ends
 * where its runs would try the suite's patience; a software adapter comes to the end of all three. The cases of a curve
 * take turns.
 */
import { byClock, timeInTurns } from "./measure.js";
import { configOf, createTraining, firstLosses, openStep, planFlops, type Step } from "./steps.bench.js";
import type { Suite } from "./suite.js";

/** The point that all three curves have in common. */
const CENTRE = { batch: 16, width: 16, size: 64 };

/** The values along each curve, each twice the last, and the power of them that arithmetic grows by. */
const CURVES = {
  batch: { values: [1, 2, 4, 8, 16, 32, 64, 128], power: 1 },
  width: { values: [8, 16, 32, 64], power: 2 },
  size: { values: [16, 32, 64, 128], power: 2 },
} as const;

interface Case {
  readonly curve: keyof typeof CURVES;
  readonly at: number;
}

/** Runs of a case, with those that verify it and warm it up. */
const RUNS = 10;
/** FLOP of a step at the common point, and the share of its peak that any device reaches: enough to foresee what is hopeless. */
const CENTRE_WORK = 4.76e9;
const LEAST_SHARE = 0.2;
/** So many cases are compiled at once. */
const AT_ONCE = 2;

export async function growth(suite: Suite): Promise<void> {
  const curves = Object.keys(CURVES) as Case["curve"][];
  const cases = curves.flatMap((curve) => CURVES[curve].values.map((at): Case => ({ curve, at })));
  const hopeful = cases.filter(({ curve, at }) => {
    const work = CENTRE_WORK * (at / CENTRE[curve]) ** CURVES[curve].power;
    return (RUNS * work) / (LEAST_SHARE * suite.peak.flops) <= suite.patience;
  });
  const losses = await runAll(suite, hopeful);
  for (const curve of curves) await measureCurve(suite, curve, losses);
}

/** @param losses of the cases that have been run, in the order of their curves */
async function measureCurve(
  suite: Suite,
  curve: Case["curve"],
  losses: ReadonlyMap<Case, readonly number[]>,
): Promise<void> {
  const { values, power } = CURVES[curve];
  const steps: { at: number; step: Step }[] = [];
  try {
    let spent = 0;
    let expected = 0;
    for (const [given, first] of [...losses].filter(([given]) => given.curve === curve)) {
      const { at } = given;
      if (spent + expected > suite.patience) break;
      const step = await openStep(suite, (device) => create(device, given), first);
      steps.push({ at, step });
      const begin = performance.now();
      await step.run();
      const own = (RUNS * (performance.now() - begin)) / 1000;
      spent += own;
      expected = own * 2 ** power;
    }
    const end = values[steps.length];
    if (end) suite.say(`${curve}: ends before ${end}, whose runs would take too long (--patience)`);
    const runs = steps.map(({ step }) => byClock(() => step.run()));
    const times = await timeInTurns(runs, suite.seconds);
    steps.forEach(({ at, step }, i) => {
      suite.growth({ curve, at, time: times[i]!, work: planFlops(step.plan) });
    });
  } finally {
    for (const { step } of steps) step.device.destroy();
  }
}

/**
 * Runs each case once, for its losses, which come back in the order of the cases. Drivers compile at the first run and keep what they compiled, lavapipe half a
 * minute a case on one core: so no case waits for that alone.
 */
async function runAll(suite: Suite, cases: readonly Case[]): Promise<Map<Case, number[]>> {
  suite.say(`growth: compiles ${cases.length} cases and runs each once`);
  const losses = new Map<Case, number[]>();
  const waiting = [...cases];
  const work = async () => {
    for (let given = waiting.shift(); given; given = waiting.shift()) {
      const own = given;
      losses.set(own, await firstLosses(suite, (device) => create(device, own)));
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return new Map(cases.map((given) => [given, losses.get(given)!]));
}

function create(device: Suite["device"], { curve, at }: Case) {
  const { batch, width, size }: typeof CENTRE = { ...CENTRE, [curve]: at };
  return createTraining(device, "blog", configOf(width, size), batch);
}
