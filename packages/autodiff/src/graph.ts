/**
 * The graph: tensors and the nodes that make them. Building one computes shapes and nothing else; a back end compiles it.
 * Nodes are numbered in the order in which they were traced, and they run in that order.
 */
import type { Attributes, Kind } from "./kinds.js";

export type Shape = readonly number[];

/** A value of a graph: one output of one node. float32, row-major; images are NHWC. */
export interface Tensor<S extends Shape = Shape> {
  readonly shape: S;
  readonly node: Node;
  /** Which of the node's outputs this is. */
  readonly index: number;
}

/** One application of an op. */
export interface Node<K extends Kind = Kind> {
  readonly id: number;
  readonly kind: K;
  readonly inputs: readonly Tensor[];
  readonly attributes: Attributes[K];
  readonly outputs: readonly Tensor[];
  /**
   * One for each differentiable input, null for one in which the derivative is 0 wherever there is one; null altogether where
   * differentiation stops, as if the outputs were leaves.
   */
  readonly vjps: readonly (Vjp | null)[] | null;
}

/**
 * The vector-Jacobian product for one input: from the gradients of the node's outputs (undefined where the loss does not
 * depend on one) to the gradient of that input.
 */
export type Vjp = (dy: readonly (Tensor | undefined)[], node: Node) => Tensor;

/** A shape that does not fit, found while a graph is built and before any GPU call. */
export class ShapeError extends Error {
  override readonly name = "ShapeError";
}

let count = 0;

/** Records a node. Every op ends here. */
export function record<K extends Kind>(
  kind: K,
  inputs: readonly Tensor[],
  attributes: Attributes[K],
  shapes: readonly Shape[],
  vjps: Node["vjps"] = [],
): readonly Tensor[] {
  const outputs: Tensor[] = [];
  const node: Node<K> = { id: count++, kind, inputs, attributes, outputs, vjps };
  shapes.forEach((shape, index) => {
    outputs.push({ shape: checked(kind, shape), node: node as Node, index });
  });
  return outputs;
}

/** Records a node that has one output. */
export function recordOne<K extends Kind>(
  kind: K,
  inputs: readonly Tensor[],
  attributes: Attributes[K],
  shape: Shape,
  vjps: Node["vjps"] = [],
): Tensor {
  return record(kind, inputs, attributes, [shape], vjps)[0]!;
}

/** Number of elements. */
export function sizeOf(shape: Shape): number {
  return shape.reduce((product, side) => product * side, 1);
}

export function sameShape(a: Shape, b: Shape): boolean {
  return a.length === b.length && a.every((side, axis) => side === b[axis]);
}

/** Shapes in messages: `[64, 4, 4, 512]`. */
export function show(shape: Shape): string {
  return `[${shape.join(", ")}]`;
}

/** Throws unless both shapes are equal. */
export function expectSame(op: string, nameA: string, a: Shape, nameB: string, b: Shape): void {
  if (!sameShape(a, b))
    throw new ShapeError(`${op}: ${nameA} is ${show(a)}, ${nameB} is ${show(b)}: they must be equal`);
}

function checked(kind: string, shape: Shape): Shape {
  if (shape.some((side) => !Number.isInteger(side) || side < 1)) {
    throw new ShapeError(`${kind}: the shape ${show(shape)} has a side that is not a positive integer`);
  }
  return shape;
}
