/**
 * A program is what a back end compiles: which values to compute, and which state they replace. The interfaces here are
 * all that layers, models and searches know of the machine they run on.
 */
import { type Node, sameShape, show, type Tensor } from "./graph.js";
import type { Kind } from "./kinds.js";

export interface Program {
  /** Names the program in labels and messages. */
  readonly name: string;
  /** Values that can be read after a run. */
  readonly outputs?: Readonly<Record<string, Tensor>>;
  /** Small values kept for every run until they are fetched, such as losses. */
  readonly records?: Readonly<Record<string, Tensor>>;
  /** New values of variables. */
  readonly updates?: readonly Update[];
}

export interface Update {
  readonly variable: Tensor;
  readonly value: Tensor;
}

export type Inputs = Readonly<Record<string, Float32Array>>;
export type Values = Record<string, Float32Array>;

/** Where graphs run. Holds the values of variables. */
export interface Backend {
  /** For people: the adapter or runtime. */
  readonly description: string;
  /** Kinds of nodes that it does not compile, since the host does them better; left out where there are none. */
  readonly lacks?: ReadonlySet<Kind>;
  /** Bytes that one variable may have; left out where memory alone is the limit. */
  readonly largest?: number;
  compile(program: Program): Promise<Executable>;
  /**
   * Lays variables side by side, in their order, where the back end gains by it: those whose updates a program will trace
   * in this order. Changes no result. Those that have been written stay where they are. No op may replace one by another
   * of them.
   */
  together?(variables: readonly Tensor[]): void;
  /** Sets a variable. */
  write(variable: Tensor, values: Float32Array): void;
  /** A variable's present value. */
  read(variable: Tensor): Promise<Float32Array>;
  /** Gives variables' memory back, once no program that uses them will run again. Written anew they begin at 0. */
  free(variables: Iterable<Tensor>): void;
  /** Resolves when all that was asked for is done; throws what went wrong. */
  idle(): Promise<void>;
  destroy(): void;
}

/** A compiled program. */
export interface Executable {
  /**
   * Runs once. Inputs that are left out keep their last values. Resolves when the next run may be given, which may be
   * before this one has finished.
   */
  run(inputs?: Inputs): Promise<void>;
  /** Outputs of the last run. */
  read(...names: string[]): Promise<Values>;
  /** The records of all runs since the last call, oldest first. */
  fetchRecords(): Promise<Values[]>;
  /** Frees what belongs to this program alone; variables stay. */
  destroy(): void;
}

/** All values that must exist after the last node, with what they are called in messages. */
export function leaving({ outputs = {}, records = {}, updates = [] }: Program): (readonly [string, Tensor])[] {
  const nameOf = ({ node }: Tensor) => (node as Node<"variable">).attributes.name;
  return [
    ...Object.entries(outputs).map(([name, tensor]) => [`the output ${name}`, tensor] as const),
    ...Object.entries(records).map(([name, tensor]) => [`the record ${name}`, tensor] as const),
    ...updates.map(({ variable, value }) => [`the update of ${nameOf(variable)}`, value] as const),
  ];
}

/** All nodes that a program needs, in the order in which they run. Throws where an update makes no sense. */
export function schedule(program: Program): Node[] {
  const seen = new Set<Node>();
  const stack: Node[] = [];
  const roots = [...Object.values(program.outputs ?? {}), ...Object.values(program.records ?? {})];
  for (const { variable, value } of program.updates ?? []) {
    if (variable.node.kind !== "variable") throw new Error(`${program.name}: an update needs a variable to replace`);
    if (!sameShape(variable.shape, value.shape)) {
      throw new Error(`${program.name}: ${show(value.shape)} cannot replace a variable of ${show(variable.shape)}`);
    }
    roots.push(variable, value);
  }
  stack.push(...roots.map((root) => root.node));
  while (stack.length > 0) {
    const node = stack.pop()!;
    if (seen.has(node)) continue;
    seen.add(node);
    stack.push(...node.inputs.map((input) => input.node));
  }
  return [...seen].sort((a, b) => a.id - b.id);
}
