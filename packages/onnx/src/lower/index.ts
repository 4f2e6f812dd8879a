/**
 * One lowering per kind: from a node to operators of an ONNX model. The table is complete by type, but for what the host does
 * as well or better: a loop of hundreds of passes, and picking images from memory that is the host's anyway.
 */
import type { Kind, Node } from "@kintsugi/autodiff";
import { type HostKind, KINDS } from "@kintsugi/autodiff/backend";
import type { At, Lower, NodeOf } from "./at.js";
import * as augments from "./augment.js";
import * as batchNorms from "./batch_norm.js";
import { conv2d, conv2dGradWeight, convTranspose2d } from "./conv.js";
import * as layout from "./layout.js";
import * as minibatch from "./minibatch_discrimination.js";
import * as pointwise from "./pointwise.js";
import * as state from "./state.js";
import * as sums from "./sums.js";

const constant: Lower<"constant"> = (node, { model, values }) => {
  const [tensor] = node.outputs;
  values.define(tensor!, model.floats(node.attributes.values, tensor!.shape));
};

/** Inputs and variables are declared with the model's other ends. */
const declared = () => {};

const lowerings: { readonly [K in Exclude<Kind, HostKind>]: Lower<K> } = {
  input: declared,
  variable: declared,
  constant,
  conv2d,
  convTranspose2d,
  conv2dGradWeight,
  ...augments,
  ...batchNorms,
  ...layout,
  ...minibatch,
  ...pointwise,
  ...state,
  ...sums,
};

/** Kinds that are left to the host. */
export const LACKS: ReadonlySet<Kind> = new Set((Object.keys(KINDS) as Kind[]).filter((kind) => !(kind in lowerings)));

export function lower(node: Node, at: At): void {
  // A node that its product has absorbed.
  if (node.outputs.some((output) => at.values.has(output))) return;
  const known: { readonly [K in Kind]?: Lower<K> } = lowerings;
  const found = known[node.kind] as Lower<Kind> | undefined;
  if (!found) throw new Error(`${node.kind} has no ONNX form: it is for the host to do`);
  found(node as NodeOf<Kind>, at);
}
