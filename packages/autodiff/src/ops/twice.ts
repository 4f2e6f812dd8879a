/** Second derivatives of ops whose gradient is a kernel of its own. */
import { grad } from "../grad.js";
import type { Tensor, Vjp } from "../graph.js";
import { add, detach, multiply } from "./pointwise.js";
import { sum } from "./sums.js";

/**
 * The vjps of a node that computes the gradients of y(inputs) for an upstream dy. y is composed of ops that differentiate as
 * often as one likes, and differentiated twice: Σ gradient·upstream in dy and in each input.
 *
 * @returns for dy, then for each input
 */
export function vjpsOfGradient(
  y: (inputs: readonly Tensor[]) => Tensor,
  dy: Tensor,
  inputs: readonly Tensor[],
): readonly Vjp[] {
  const both = memo((upstream) => {
    // dy may depend on the inputs, and is one of several arguments here.
    const [free, ...leaves] = [dy, ...inputs].map(detach) as [Tensor, ...Tensor[]];
    const gradients = grad(sum(multiply(y(leaves), free)), leaves);
    const terms = upstream.flatMap((one, i) => (one ? [sum(multiply(gradients[i]!, one))] : []));
    return grad(
      terms.reduce((total, term) => add(total, term)),
      [free, ...leaves],
    );
  });
  return [dy, ...inputs].map((_, i) => (upstream, node) => both(upstream, node)[i]!);
}

/** What several vjps of a node share is made once for each set of upstream gradients. */
export function memo<T>(make: Vjp extends (...args: infer A) => unknown ? (...args: A) => T : never): typeof make {
  const made = new WeakMap<readonly (Tensor | undefined)[], T>();
  return (dy, node) => {
    const found = made.get(dy) ?? make(dy, node);
    made.set(dy, found);
    return found;
  };
}
