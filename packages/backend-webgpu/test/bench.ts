/** A GPU to try graphs on: one back end a test file, one program a question. */

import type { Backend, Inputs, Kind, Values } from "@kintsugi/autodiff";
import { input, type Node, sizeOf, type Tensor } from "@kintsugi/autodiff";
import { schedule } from "@kintsugi/autodiff/backend";
import { openNodeDevice } from "@kintsugi/gpu/node";
import { WebGpuBackend } from "../src/index.js";

export async function openBackend(): Promise<WebGpuBackend> {
  return new WebGpuBackend(await openNodeDevice());
}

/** The values of `outputs` on a back end. Inputs that they do not depend on are left out. */
export async function evaluate(
  backend: Backend,
  outputs: Readonly<Record<string, Tensor>>,
  inputs: Inputs = {},
): Promise<Values> {
  const plan = await backend.compile({ name: "evaluate", outputs });
  try {
    const needed = new Set(
      nodesOf(...Object.values(outputs)).map(({ attributes }) => (attributes as { name?: string }).name),
    );
    await plan.run(Object.fromEntries(Object.entries(inputs).filter(([name]) => needed.has(name))));
    return await plan.read(...Object.keys(outputs));
  } finally {
    plan.destroy();
  }
}

/** How many nodes of a kind these values need. */
export function countNodes(kind: Kind, ...tensors: readonly Tensor[]): number {
  return nodesOf(...tensors).filter((node) => node.kind === kind).length;
}

export function nodesOf(...tensors: readonly Tensor[]): Node[] {
  return schedule({ name: "count", outputs: Object.fromEntries(tensors.map((tensor, at) => [at, tensor])) });
}

/** An input for each shape, under its name. */
export function inputsOf<N extends string>(shapes: Readonly<Record<N, readonly number[]>>): Record<N, Tensor> {
  const entries = Object.entries(shapes) as [N, readonly number[]][];
  return Object.fromEntries(entries.map(([name, shape]) => [name, input(name, shape)])) as Record<N, Tensor>;
}

/** Values for such inputs: below 1.05 in magnitude and, for the kinks at 0, not below 0.05. */
export function valuesFor(tensors: Readonly<Record<string, Tensor>>, seed = 1): Record<string, Float32Array> {
  return Object.fromEntries(
    Object.entries(tensors).map(([name, { shape }], place) => {
      const values = random(sizeOf(shape), 16 * seed + place);
      return [name, values.map((value) => value + 0.05 * Math.sign(value))];
    }),
  );
}

export function doubles(values: Readonly<Record<string, Float32Array>>): Record<string, Float64Array> {
  return Object.fromEntries(Object.entries(values).map(([name, array]) => [name, Float64Array.from(array)]));
}

/** Reproducible numbers in [−1, 1): a Weyl sequence, folded by a square. */
export function random(length: number, seed: number): Float32Array<ArrayBuffer> {
  return Float32Array.from({ length }, (_, i) => {
    const t = ((i + 1) * 0.6180339887498949 + seed * 0.7548776662466927) % 1;
    return ((t * t * 1e4) % 2) - 1;
  });
}
