/**
 * From nodes to steps: what one lowering of a back end computes. A bias and a leaky ReLU that follow a product and are the
 * only ones to read it become its epilogue, and their intermediate values never exist.
 */
import type { Node, Tensor } from "./graph.js";
import { factsOf, type Kind } from "./kinds.js";

export interface Step<K extends Kind = Kind> {
  readonly node: Node<K>;
  readonly inputs: readonly Tensor[];
  /** Where the results go: of the node itself, or of the last node fused into it. */
  readonly outputs: readonly Tensor[];
  readonly bias?: Tensor;
  readonly slope?: number;
}

export function isLeaf({ kind }: Node): boolean {
  return factsOf(kind).role === "leaf";
}

/** How many inputs a node replaces by its outputs. */
export function replacesOf({ kind }: Node): number {
  const facts = factsOf(kind);
  return facts.role === "state" ? facts.replaces : 0;
}

function hasEpilogue({ kind }: Node): boolean {
  const facts = factsOf(kind);
  return facts.role === "product" && facts.epilogue;
}

/**
 * @param kept tensors that must exist by themselves because they leave the program
 * @param slopes whether products take a leaky ReLU as well
 */
export function fuse(
  nodes: readonly Node[],
  kept: ReadonlySet<Tensor>,
  { slopes = true }: { readonly slopes?: boolean } = {},
): Step[] {
  const uses = new Map<Tensor, number>();
  for (const node of nodes) for (const input of node.inputs) uses.set(input, (uses.get(input) ?? 0) + 1);
  const steps = new Map<Tensor, Step>();
  // Products that may still absorb what follows. A fused step runs where its last node stood, and there what an in-place
  // op has replaced since the product was traced could not be read any more.
  const open = new Map<Tensor, Step>();
  for (const node of nodes) {
    if (isLeaf(node)) continue;
    if (replacesOf(node) > 0) open.clear();
    const source = node.inputs[0];
    const product = source && uses.get(source) === 1 && !kept.has(source) ? open.get(source) : undefined;
    const fused = product && absorb(product, node, slopes);
    if (fused && source) steps.delete(source);
    const step = fused ?? { node, inputs: node.inputs, outputs: node.outputs };
    // Keyed by its first output, in the order of execution.
    steps.set(step.outputs[0]!, step);
    if (hasEpilogue(step.node)) open.set(step.outputs[0]!, step);
  }
  return [...steps.values()];
}

function absorb(product: Step, node: Node, slopes: boolean): Step | undefined {
  if (product.slope !== undefined) return undefined;
  if (node.kind === "addBias" && !product.bias) {
    const bias = node.inputs[1]!;
    return { ...product, bias, inputs: [...product.inputs, bias], outputs: node.outputs };
  }
  if (slopes && node.kind === "leakyRelu") {
    const { slope } = (node as Node<"leakyRelu">).attributes;
    return { ...product, slope, outputs: node.outputs };
  }
  return undefined;
}
