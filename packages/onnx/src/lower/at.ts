/** What every lowering finds: the model that it extends, and the tensors that are already in it. */
import type { Attributes, Kind, Node, Shape, Tensor } from "@kintsugi/autodiff";
import type { AttributeValue, Model, Name } from "../model.js";
import type { Order, Values } from "../values.js";

export interface At {
  readonly model: Model;
  readonly values: Values;
  /** The bias that is added to a node's result and that it must add itself; the sum is then what it defines. */
  readonly fused: ReadonlyMap<Node, { readonly bias: Tensor; readonly sum: Tensor }>;
  /** x − mean of a batch norm, which its gradient needs too, with the order of the tensors it came from. */
  readonly centred: Map<Node, { readonly name: Name; readonly order: Order }>;
}

export type Lower<K extends Kind> = (node: NodeOf<K>, at: At) => void;

export type NodeOf<K extends Kind> = Node & { readonly kind: K; readonly attributes: Attributes[K] };

export function reshape(model: Model, x: Name, shape: Shape): Name {
  return model.node("Reshape", [x, model.ints(shape)]);
}

/** A reduction that drops its axes, or keeps them as 1. */
export function reduce(
  model: Model,
  op: "ReduceSum" | "ReduceMean" | "ReduceSumSquare",
  x: Name,
  axes: readonly number[],
  keep = false,
): Name {
  return model.node(op, [x, model.ints(axes)], { keepdims: keep ? 1 : 0 });
}

/** A chain of element-wise operators on names and numbers. */
export function expressions(model: Model) {
  const name = (operand: Name | number) => (typeof operand === "number" ? model.scalar(operand) : operand);
  const binary = (op: string) => (a: Name | number, b: Name | number) => model.node(op, [name(a), name(b)]);
  return {
    add: binary("Add"),
    subtract: binary("Sub"),
    multiply: binary("Mul"),
    divide: binary("Div"),
    max: binary("Max"),
    clip: (x: Name, low: number, high: number) => model.node("Clip", [x, model.scalar(low), model.scalar(high)]),
    unary: (op: string, x: Name, attributes: Readonly<Record<string, AttributeValue>> = {}) =>
      model.node(op, [x], attributes),
  };
}
