/** From a program to one ONNX model: its inputs and variables go in; outputs, records and new values of variables come out. */
import type { Node, Program, Shape, Tensor } from "@kintsugi/autodiff";
import { addInput, expectFitting, fuse, leaving, schedule } from "@kintsugi/autodiff/backend";
import type { At } from "./lower/at.js";
import { lower } from "./lower/index.js";
import { Model, type Name } from "./model.js";
import { Values } from "./values.js";

/** One value that enters or leaves the model. */
export interface End {
  readonly tensor: Tensor;
  /** What the model calls it. */
  readonly name: Name;
}

export interface OnnxProgram {
  /** The `.onnx` file. */
  readonly bytes: Uint8Array;
  /** By the names of the program. */
  readonly inputs: ReadonlyMap<string, End>;
  readonly outputs: ReadonlyMap<string, End>;
  readonly records: ReadonlyMap<string, End>;
  /** Variables that the program reads and whose values are not part of the file. */
  readonly variables: readonly End[];
  /** New values, each with the variable that it replaces. */
  readonly updates: readonly { readonly variable: Tensor; readonly name: Name }[];
}

/**
 * Lowers a program.
 *
 * @param weights values of variables that shall be part of the file, for a model to be given away; all others go in
 */
export function toOnnx(program: Program, weights: ReadonlyMap<Tensor, Float32Array> = new Map()): OnnxProgram {
  const nodes = schedule(program);
  const model = new Model(program.name);
  const values = new Values(model);
  const unique = uniqueNames();
  const inputs = new Map<string, End>();
  const variables: End[] = [];
  for (const node of nodes) {
    if (node.kind !== "input" && node.kind !== "variable") continue;
    const { name: label } = (node as Node<"input" | "variable">).attributes;
    const tensor = node.outputs[0]!;
    const known = weights.get(tensor);
    if (known) {
      expectFitting(tensor, known);
      values.define(tensor, model.weight(unique(label), known, tensor.shape));
      continue;
    }
    const name = model.input(unique(label), tensor.shape);
    values.define(tensor, name);
    if (node.kind === "input") addInput(program.name, inputs, node as Node<"input">, { tensor, name });
    else variables.push({ tensor, name });
  }

  const at: At = {
    model,
    values,
    fused: fusedBiases(nodes, new Set(leaving(program).map(([, tensor]) => tensor))),
    centred: new Map(),
  };
  for (const node of nodes) lower(node, at);

  const end = (tensor: Tensor, label: string, shape: Shape): End => {
    const name = unique(label);
    model.output(values.get(tensor), name, shape);
    return { tensor, name };
  };
  const ends = (tensors: Readonly<Record<string, Tensor>> = {}) =>
    new Map(Object.entries(tensors).map(([label, tensor]) => [label, end(tensor, label, tensor.shape)]));
  const outputs = ends(program.outputs);
  const records = ends(program.records);
  const updates = (program.updates ?? []).map(({ variable, value }) => {
    const { name: label } = (variable.node as Node<"variable">).attributes;
    return { variable, name: end(value, `${label}/next`, value.shape).name };
  });
  return { bytes: model.encode(), inputs, outputs, records, variables, updates };
}

/** Biases that a product adds itself. It stands where it was traced, so that they must have been there before it. */
function fusedBiases(nodes: readonly Node[], kept: ReadonlySet<Tensor>): At["fused"] {
  const fused = new Map<Node, { bias: Tensor; sum: Tensor }>();
  for (const { node, bias, outputs } of fuse(nodes, kept, { slopes: false })) {
    if (!bias || (bias.node.kind !== "variable" && bias.node.id > node.id)) continue;
    fused.set(node, { bias, sum: outputs[0]! });
  }
  return fused;
}

/** Names of a graph may repeat, names of a model may not. */
function uniqueNames(): (label: string) => Name {
  const taken = new Set<string>();
  return (label) => {
    let name = label;
    for (let i = 2; taken.has(name); i++) name = `${label} ${i}`;
    taken.add(name);
    return name;
  };
}
