/**
 * The float16 copies of what products read, where the precision asks for them: one of each value, made where the first
 * product needs it and shared by the others. Of what no run changes, such as the weights in a search, the copy is made
 * before the first run and kept. All else reads the value itself, which stays float32.
 */
import { type Node, sizeOf, type Tensor } from "@kintsugi/autodiff";
import { factsOf, type Step, show } from "@kintsugi/autodiff/backend";
import type { BufferView, Dispatch } from "@kintsugi/gpu";
import { convFlops, type DeviceClass, halfBytes, halfScratch, toHalf } from "@kintsugi/kernels";
import type { Pool } from "./pool.js";

/** What the kernels of a step read, and how. */
export interface Operands {
  readonly kind: DeviceClass;
  readonly views: readonly BufferView[];
  /** What must run before, to make them. */
  readonly dispatches: readonly Dispatch[];
}

export interface Halves {
  operandsOf(step: Step): Operands;
  /** Copies that nobody reads after the step of this number. */
  unneededAfter(index: number): BufferView[];
  /** What makes the copies of lasting values, by value. */
  readonly lasting: ReadonlyMap<Tensor, readonly Dispatch[]>;
}

/**
 * A copy costs reading its value twice and writing half of it. With fewer operations for each number that a product
 * reads or writes, it is bound by memory and would gain less than that.
 */
const INTENSITY = 64;

/** @param lasts whether a value is the same in all runs, until somebody else replaces it */
export function createHalves(
  steps: readonly Step[],
  kind: DeviceClass,
  pool: Pool,
  viewOf: (tensor: Tensor) => BufferView,
  lasts: (value: Tensor) => boolean,
): Halves {
  const { operands: _, ...plain } = kind;
  const half = (step: Step) => isProduct(step) && intensity(step) >= (kind.intensity ?? INTENSITY);
  const lastUse = new Map<Tensor, number>();
  steps.forEach((step, index) => {
    if (half(step)) for (const tensor of factors(step)) lastUse.set(sourceOf(tensor), index);
  });
  const copies = new Map<Tensor, BufferView>();
  const lasting = new Map<Tensor, readonly Dispatch[]>();

  const copy = (tensor: Tensor, dispatches: Dispatch[]): BufferView => {
    const value = sourceOf(tensor);
    const known = copies.get(value);
    if (known) return known;
    const size = sizeOf(tensor.shape);
    const kept = lasts(value);
    const y = kept ? pool.keep(halfBytes(size)) : pool.take(halfBytes(size));
    // What is free now holds nothing between two runs either.
    const scratch = pool.take(halfScratch(size));
    const made = toHalf(show(tensor.shape), size, { x: viewOf(tensor), y, scratch });
    pool.give(scratch);
    if (kept) lasting.set(value, made);
    else dispatches.push(...made);
    copies.set(value, y);
    return y;
  };

  return {
    operandsOf(step) {
      const views = step.inputs.map(viewOf);
      if (!half(step)) return { kind: plain, views, dispatches: [] };
      const dispatches: Dispatch[] = [];
      const read = factors(step).map((tensor) => copy(tensor, dispatches));
      return { kind, views: [...read, ...views.slice(read.length)], dispatches };
    },
    lasting,
    unneededAfter(index) {
      const over = [...copies].filter(([value]) => lastUse.get(value) === index && !lasting.has(value));
      for (const [value] of over) copies.delete(value);
      return over.map(([, view]) => view);
    },
  };
}

function isProduct({ node: { kind } }: Step): boolean {
  return factsOf(kind).role === "product";
}

/** Operations for each number that a product reads or writes. */
function intensity(step: Step): number {
  const numbers = [...factors(step), ...step.outputs].reduce((sum, { shape }) => sum + sizeOf(shape), 0);
  if (step.node.kind !== "matmul") return convFlops((step.node as Node<"conv2d">).attributes.geometry) / numbers;
  const [rows, columns] = step.inputs[0]!.shape as [number, number];
  const depth = (step.node as Node<"matmul">).attributes.transposeA ? rows : columns;
  return (2 * sizeOf(step.outputs[0]!.shape) * depth) / numbers;
}

/** The two that a product multiplies; what else it reads, such as a bias, stays as it is. */
function factors(step: Step): readonly Tensor[] {
  return step.inputs.slice(0, 2);
}

/** A reshape is the same numbers. */
function sourceOf(tensor: Tensor): Tensor {
  return factsOf(tensor.node.kind).role === "view" ? sourceOf(tensor.node.inputs[0]!) : tensor;
}
