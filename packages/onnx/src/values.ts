/**
 * The tensors of a graph as values of a model. The graph is NHWC; the fast operators of ONNX are NCHW. So a tensor may
 * exist under several orders of its axes: it is made in the order that suits its maker, and transposed, once, when a
 * reader asks for another. Between convolutions, batch norms and whatever works element by element all stays NCHW.
 */
import type { Shape, Tensor } from "@kintsugi/autodiff";
import type { Model, Name } from "./model.js";

/** Axes of the graph's tensor in the order in which they are stored. */
export type Order = readonly number[];

/** Images [N, H, W, C] as ONNX has them: [N, C, H, W]. */
export const NCHW: Order = [0, 3, 1, 2];
/** Images with batch and channels exchanged: [C, N, H, W]. */
export const CNHW: Order = [3, 0, 1, 2];
/** Weights [K, K, fine, coarse] as ONNX has them: [coarse, fine, K, K]. */
export const OIHW: Order = [3, 2, 0, 1];

export class Values {
  readonly #names = new Map<Tensor, Map<string, { readonly order: Order; readonly name: Name }>>();

  constructor(readonly model: Model) {}

  has(tensor: Tensor): boolean {
    return this.#names.has(tensor);
  }

  /** Says that `name` holds a tensor, its axes in an order (default: as in the graph). */
  define(tensor: Tensor, name: Name, order: Order = natural(tensor.shape)): void {
    const orders = this.#names.get(tensor) ?? new Map();
    orders.set(order.join(), { order, name });
    this.#names.set(tensor, orders);
  }

  /** The name of a tensor whose axes are in an order (default: as in the graph). */
  get(tensor: Tensor, order: Order = natural(tensor.shape)): Name {
    const orders = this.#names.get(tensor);
    const found = orders?.get(order.join());
    if (found) return found.name;
    const [source] = orders?.values() ?? [];
    if (!source) throw new Error(`a ${tensor.node.kind} is read before it is made`);
    const perm = order.map((axis) => source.order.indexOf(axis));
    const name = this.model.node("Transpose", [source.name], { perm });
    this.define(tensor, name, order);
    return name;
  }

  /** The order in which tensors of one shape are best combined: NCHW where all have it, or one has nothing else. */
  common(tensors: readonly Tensor[]): Order {
    const [{ shape }] = tensors as readonly [Tensor];
    if (shape.length !== 4) return natural(shape);
    const has = (tensor: Tensor, order: Order) => this.#names.get(tensor)?.has(order.join());
    const only = tensors.some((tensor) => has(tensor, NCHW) && !has(tensor, natural(shape)));
    return only || tensors.every((tensor) => has(tensor, NCHW)) ? NCHW : natural(shape);
  }
}

export function natural(shape: Shape): Order {
  return shape.map((_, axis) => axis);
}

/** A shape under an order. */
export function ordered(shape: Shape, order: Order): Shape {
  return order.map((axis) => shape[axis]!);
}
