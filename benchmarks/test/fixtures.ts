/** A small report, as a run of the suite would have left it. */
import { fitGrowth } from "../src/growth_fit.js";
import type { Report } from "../src/run.js";
import { summarize } from "../src/stats.js";

const time = (...seconds: number[]) => summarize(seconds);

const growth = [1, 2, 4, 8].map((at) => ({ curve: "batch", at, time: time(0.1 * at ** 0.9), work: at * 1e9 }));

export const REPORT: Report = {
  date: "2026-11-23",
  machine: { processor: "2 × Example <CPU>", runtime: "Node 20" },
  adapter: "llvmpipe & friends",
  software: true,
  batch: 16,
  peak: { flops: 60e9, bytes: 6e9 },
  rows: [
    {
      group: "conv",
      name: "3→64 @64 forward",
      time: time(0.01, 0.011, 0.012),
      flops: 2e8,
      bytes: 8e6,
      verified: "yes",
    },
    { group: "adam", name: "filter of 100 weights", time: time(0.002), bytes: 6e6, verified: "yes" },
    { group: "training", name: "blog, width 16", time: time(0.9), flops: 6e9, verified: "yes", note: "17.8 images/s" },
  ],
  growth,
  fits: fitGrowth(growth),
  facts: [{ name: "submits per step", value: 1, unit: "" }],
  peers: {
    versions: { kintsugi: "this tree", tfjs: "4.22.0", "jax-js": "0.1.25" },
    batch: 16,
    rows: (["kernel", "training", "completion"] as const).map((kind) => ({
      kind,
      name: `${kind} of something`,
      times: { kintsugi: time(0.1), tfjs: time(0.5), "jax-js": time(0.3) },
      ratios: { tfjs: 5, "jax-js": 3 },
    })),
  },
};
