/** One lowering per kind: from a node to operators of an ONNX model. The table is complete by type. */
import type { Kind, Node } from "@kintsugi/autodiff";
import type { At, Lower, NodeOf } from "./at.js";
import * as batchNorms from "./batch_norm.js";
import { conv2d, conv2dGradWeight, convTranspose2d } from "./conv.js";
import * as layout from "./layout.js";
import * as pointwise from "./pointwise.js";
import * as state from "./state.js";
import * as sums from "./sums.js";

const constant: Lower<"constant"> = (node, { model, values }) => {
  const [tensor] = node.outputs;
  values.define(tensor!, model.floats(node.attributes.values, tensor!.shape));
};

/** Inputs and variables are declared with the model's other ends. */
const declared = () => {};

const lowerings: { readonly [K in Kind]: Lower<K> } = {
  input: declared,
  variable: declared,
  constant,
  conv2d,
  convTranspose2d,
  conv2dGradWeight,
  ...batchNorms,
  ...layout,
  ...pointwise,
  ...state,
  ...sums,
};

export function lower(node: Node, at: At): void {
  // A node that its product has absorbed.
  if (node.outputs.some((output) => at.values.has(output))) return;
  (lowerings[node.kind] as Lower<Kind>)(node as NodeOf<Kind>, at);
}
