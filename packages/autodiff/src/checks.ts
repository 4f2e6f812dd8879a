/** What can be done wrong with a compiled program, said in the same words by every back end. */
import { type Node, show, sizeOf, type Tensor } from "./graph.js";

/** Runs whose records are kept until they are fetched. */
export const RECORDS_KEPT = 1024;

/** Adds an input under its name. Throws where the name is taken. */
export function addInput<T>(program: string, inputs: Map<string, T>, leaf: Node<"input">, input: T): void {
  const { name } = leaf.attributes;
  if (inputs.has(name)) throw new Error(`${program}: two inputs are called ${name}`);
  inputs.set(name, input);
}

/** The input that `length` values are meant for. Throws where there is none, or one of another size. */
export function findInput<T>(
  program: string,
  inputs: ReadonlyMap<string, T>,
  name: string,
  length: number,
  size: (input: T) => number,
): T {
  const input = inputs.get(name);
  if (!input) {
    const names = [...inputs.keys()].join(", ") || "none";
    throw new Error(`${program}: there is no input ${name}; the inputs are ${names}`);
  }
  if (length !== size(input)) {
    throw new Error(`${program}: input ${name} takes ${size(input)} values, not ${length}`);
  }
  return input;
}

export function expectWritten(program: string, unwritten: ReadonlySet<string>): void {
  if (unwritten.size > 0) {
    throw new Error(`${program}: the input ${[...unwritten].join(", ")} has never been written`);
  }
}

export function findOutput<T>(program: string, outputs: ReadonlyMap<string, T>, name: string): T {
  const output = outputs.get(name);
  if (!output) throw new Error(`${program}: there is no output ${name}`);
  return output;
}

/** A variable's node. Throws for any other tensor. */
export function variableNode({ node }: Tensor): Node<"variable"> {
  if (node.kind !== "variable") throw new Error(`${node.kind} holds no state, only variables do`);
  return node as Node<"variable">;
}

/** Throws unless a variable can hold these values. */
export function expectFitting(variable: Tensor, values: Float32Array): void {
  variableNode(variable);
  if (values.length !== sizeOf(variable.shape)) {
    throw new Error(`a variable of ${show(variable.shape)} cannot hold ${values.length} values`);
  }
}
