/**
 * How the time of a training step grows with batch, width and image size. Each curve starts at its smallest case and ends
 * where the suite's patience does, so that it ends on software adapters too.
 */

import { median } from "./stats.js";
import { configOf, createTraining, planFlops } from "./steps.bench.js";
import type { Suite } from "./suite.js";

/** The point that all three curves have in common. */
const CENTRE = { batch: 16, width: 16, size: 64 };

const CURVES = {
  batch: [1, 2, 4, 8, 16, 32, 64, 128],
  width: [8, 16, 32, 64],
  size: [16, 32, 64, 128],
} as const;

const RUNS = 5;

export async function growth(suite: Suite): Promise<void> {
  for (const [curve, values] of Object.entries(CURVES)) {
    let spent = 0;
    let last = 0;
    for (const at of values) {
      // The next case takes two to four times as long as the last, and is warmed up once.
      if (spent + 3 * (RUNS + 1) * last > suite.patience) {
        suite.say(`${curve}: ends before ${at}, which would take too long here`);
        break;
      }
      const begin = performance.now();
      const { seconds, work } = await measure(suite, { ...CENTRE, [curve]: at });
      spent += (performance.now() - begin) / 1000;
      last = seconds;
      suite.growth({ curve, at, seconds, work });
    }
  }
}

async function measure(
  suite: Suite,
  { batch, width, size }: typeof CENTRE,
): Promise<{ seconds: number; work: number }> {
  const device = await suite.open();
  try {
    const step = await createTraining(device, "blog", configOf(width, size), batch);
    await step.run();
    const times: number[] = [];
    for (let run = 0; run < RUNS; run++) {
      const begin = performance.now();
      await step.run();
      times.push((performance.now() - begin) / 1000);
    }
    return { seconds: median(times), work: planFlops(step.plan) };
  } finally {
    device.destroy();
  }
}
