/** Reverse-mode differentiation: it appends the backward nodes to the graph, and nothing else. */
import { type Node, ShapeError, show, sizeOf, type Tensor } from "./graph.js";
import { constant } from "./ops/leaves.js";
import { add } from "./ops/pointwise.js";

/**
 * The gradients of a scalar in each of `targets`, in their order. Only nodes on a path from a target to the loss are
 * differentiated, so that a gradient nobody asked for costs nothing. A target the loss does not depend on gets zeros.
 */
export function grad(loss: Tensor, targets: readonly Tensor[]): Tensor[] {
  if (sizeOf(loss.shape) !== 1) throw new ShapeError(`grad: the loss must be one number, it is ${show(loss.shape)}`);
  const reaching = nodesReaching(loss, targets);
  const gradients = new Map<Tensor, Tensor>([[loss, constant(1, loss.shape)]]);
  const wanted = new Set(targets);
  for (const node of [...reaching].sort((a, b) => b.id - a.id)) {
    const dy = node.outputs.map((output) => gradients.get(output));
    if (dy.every((gradient) => gradient === undefined)) continue;
    node.inputs.forEach((input, index) => {
      if (!reaching.has(input.node) && !wanted.has(input)) return;
      const vjp = node.vjps?.[index];
      if (vjp === null) return;
      if (!vjp) throw new Error(`grad: ${node.kind} cannot be differentiated in its input ${index}`);
      const gradient = vjp(dy, node);
      const sum = gradients.get(input);
      gradients.set(input, sum ? add(sum, gradient) : gradient);
    });
  }
  return targets.map((target) => gradients.get(target) ?? constant(0, target.shape));
}

/** The nodes that lie on a path from a target to the loss. */
function nodesReaching(loss: Tensor, targets: readonly Tensor[]): Set<Node> {
  const order: Node[] = [];
  const seen = new Set<Node>();
  const stack = [loss.node];
  while (stack.length > 0) {
    const node = stack.pop()!;
    if (seen.has(node)) continue;
    seen.add(node);
    order.push(node);
    stack.push(...node.inputs.map((input) => input.node));
  }
  const wanted = new Set(targets);
  const reaching = new Set<Node>();
  for (const node of order.sort((a, b) => a.id - b.id)) {
    const { inputs, vjps } = node;
    if (vjps && inputs.some((input, i) => vjps[i] !== null && (wanted.has(input) || reaching.has(input.node)))) {
      reaching.add(node);
    }
  }
  return reaching;
}
