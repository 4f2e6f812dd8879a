/** All groups, in the order in which they run. */
import { conv } from "./conv.bench.js";
import { dense } from "./dense.bench.js";
import { growth } from "./growth.bench.js";
import { adam, batchNorm, pointwise } from "./memory.bench.js";
import { minibatch } from "./minibatch.bench.js";
import { overheads } from "./overheads.bench.js";
import { precision } from "./precision.bench.js";
import { completion, training } from "./steps.bench.js";
import type { Group } from "./suite.js";

/** `peak` is not among them: it is always measured first. */
export const GROUPS: Readonly<Record<string, Group>> = {
  conv,
  dense,
  batch_norm: batchNorm,
  adam,
  pointwise,
  minibatch,
  training,
  completion,
  growth,
  overheads,
  precision,
};
