/**
 * Named state. A table of specifications says what a model owns; variables hold its values in a back end; `State` follows
 * what becomes of them while a step is traced.
 */
import { type Backend, type Shape, sizeOf, type Tensor, type Update, variable } from "@kintsugi/autodiff";
import { normal, PURPOSE, truncatedNormal } from "./random.js";

export interface ParameterSpec {
  readonly name: string;
  readonly shape: Shape;
  /** A number fills; the others are distributions of standard deviation `sigma`. */
  readonly initial: number | { readonly kind: "normal" | "truncatedNormal"; readonly sigma: number };
  /** False for state that no optimiser touches: running statistics, and biases that a batch norm cancels. */
  readonly trainable: boolean;
}

export type Variables = ReadonlyMap<string, Tensor>;
export type NamedValues = ReadonlyMap<string, Float32Array>;

export function createVariables(specs: readonly ParameterSpec[]): Variables {
  return new Map(specs.map(({ name, shape }) => [name, variable(name, shape)]));
}

/** First values: a function of the seed and of each parameter's place in the table. */
export function initialValues(specs: readonly ParameterSpec[], seed: number): NamedValues {
  return new Map(
    specs.map(({ name, shape, initial }, index) => {
      const count = sizeOf(shape);
      if (typeof initial === "number") return [name, new Float32Array(count).fill(initial)];
      const draw = initial.kind === "normal" ? normal : truncatedNormal;
      return [name, draw({ seed, purpose: PURPOSE.weights, index }, count, initial.sigma)];
    }),
  );
}

/**
 * Lays out side by side what is updated side by side: the parameters of a network, their moments, their averages. Call it
 * before anything is written or compiled; `writeAll` does.
 */
export function placeTogether(backend: Backend, variables: Variables): void {
  const families = new Set([...variables.keys()].filter((name) => name.includes("/")).map(familyOf));
  for (const family of families) {
    backend.together?.(sideBySide(variables, family).map((name) => variables.get(name)!));
  }
}

/**
 * The names of a family, which is the first part of a name, in the order in which they lie side by side: what is trained,
 * the running statistics, the rest. Moments and averages are families of their own, in the order of what they belong to.
 */
export function sideBySide(variables: Variables, family: string): readonly string[] {
  const rank = (name: string): number => {
    const source = variables.has(name.slice(family.length + 1)) ? name.slice(family.length + 1) : name;
    if (variables.has(`adam_m/${source}`)) return 0;
    return /\/moving_(mean|variance)$/.test(source) ? 1 : 2;
  };
  return [...variables.keys()]
    .filter((name) => name.includes("/") && familyOf(name) === family)
    .sort((a, b) => rank(a) - rank(b));
}

function familyOf(name: string): string {
  return name.slice(0, name.indexOf("/"));
}

/** Writes values into their variables. Throws, by name, what is missing or has another size. */
export function writeAll(backend: Backend, variables: Variables, values: NamedValues): void {
  for (const [name, tensor] of variables) {
    const found = values.get(name);
    if (!found) throw new Error(`the value of ${name} is missing`);
    if (found.length !== sizeOf(tensor.shape)) {
      throw new Error(`${name} has ${found.length} values, the model needs [${tensor.shape.join(", ")}]`);
    }
  }
  placeTogether(backend, variables);
  for (const [name, tensor] of variables) backend.write(tensor, values.get(name)!);
}

/** The present values of all variables. */
export async function readAll(backend: Backend, variables: Variables): Promise<Map<string, Float32Array>> {
  const values = new Map<string, Float32Array>();
  for (const [name, tensor] of variables) values.set(name, await backend.read(tensor));
  return values;
}

/** Named state while a step is traced: what each variable's value is by now. */
export class State {
  readonly #values: Map<string, Tensor>;

  constructor(readonly variables: Variables) {
    this.#values = new Map(variables);
  }

  get(name: string): Tensor {
    const value = this.#values.get(name);
    if (!value) throw new Error(`there is no state called ${name}`);
    return value;
  }

  set(name: string, value: Tensor): void {
    this.get(name);
    this.#values.set(name, value);
  }

  /** What a program must write back. */
  updates(): Update[] {
    return [...this.variables]
      .map(([name, variable]) => ({ variable, value: this.get(name) }))
      .filter(({ variable, value }) => variable !== value);
  }
}
