/** Gradients of several batches. */
import { add, scale, type Tensor } from "@kintsugi/autodiff";
import type { Batch, Outcome } from "./passes.js";

/**
 * The mean outcome over some batches. Each is added as soon as it is there, so that the activations of only one batch
 * are in memory at a time. Of one batch, the outcome itself.
 */
export function averageOver(batches: readonly Batch[], pass: (batch: Batch) => Outcome): Outcome {
  const total = batches.slice(1).reduce((so, batch) => combine(so, pass(batch), add), pass(batches[0]!));
  const share = (tensor: Tensor) => scale(tensor, 1 / batches.length);
  return combine(total, total, share);
}

function combine(a: Outcome, b: Outcome, op: (a: Tensor, b: Tensor) => Tensor): Outcome {
  return {
    gradients: a.gradients.map((gradient, i) => op(gradient, b.gradients[i]!)),
    records: Object.fromEntries(Object.entries(a.records).map(([name, value]) => [name, op(value, b.records[name]!)])),
  };
}
