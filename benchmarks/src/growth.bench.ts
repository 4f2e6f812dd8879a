/**
 * How the time of a training step grows with batch, width and image size. Each curve starts at its smallest case and ends
 * where its runs would try the suite's patience; a software adapter comes to the end of all three.
 */
import { configOf, createTraining, firstLosses, measureStep } from "./steps.bench.js";
import type { Suite } from "./suite.js";

/** The point that all three curves have in common. */
const CENTRE = { batch: 16, width: 16, size: 64 };

/** The values along each curve, and the power of them that arithmetic grows by. */
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
const RUNS = 9;
/** FLOP of a step at the common point, and the share of its peak that any device reaches: enough to foresee what is hopeless. */
const CENTRE_WORK = 4.76e9;
const LEAST_SHARE = 0.2;
/** So many cases are compiled at once. */
const AT_ONCE = 2;

export async function growth(suite: Suite): Promise<void> {
  const cases = Object.entries(CURVES).flatMap(([curve, { values }]) =>
    values.map((at): Case => ({ curve: curve as Case["curve"], at })),
  );
  const hopeful = cases.filter(({ curve, at }) => {
    const work = CENTRE_WORK * (at / CENTRE[curve]) ** CURVES[curve].power;
    return (RUNS * work) / (LEAST_SHARE * suite.peak.flops) <= suite.patience;
  });
  const losses = await runAll(suite, hopeful);
  const spent = { batch: 0, width: 0, size: 0 };
  let last: { curve?: string; at: number; seconds: number } = { at: 1, seconds: 0 };
  for (const given of cases) {
    const { curve, at } = given;
    if (spent[curve] === Number.POSITIVE_INFINITY) continue;
    const expected = last.curve === curve ? RUNS * last.seconds * (at / last.at) ** CURVES[curve].power : 0;
    if (spent[curve] + expected > suite.patience) {
      suite.say(`${curve}: ends before ${at}, which would take another ${Math.round(expected)} s (--patience)`);
      spent[curve] = Number.POSITIVE_INFINITY;
      continue;
    }
    const { time, work } = await measureStep(suite, (device) => create(device, given), losses.get(given));
    spent[curve] += RUNS * time.median;
    last = { curve, at, seconds: time.median };
    suite.growth({ curve, at, time, work });
  }
}

/**
 * Runs each case once, for its losses. Drivers compile at the first run and keep what they compiled, lavapipe half a
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
  return losses;
}

function create(device: Suite["device"], { curve, at }: Case) {
  const { batch, width, size }: typeof CENTRE = { ...CENTRE, [curve]: at };
  return createTraining(device, "blog", configOf(width, size), batch);
}
