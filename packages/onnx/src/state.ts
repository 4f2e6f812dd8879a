/**
 * The values of variables: tensors of the runtime, handed from the run that makes them to the next that reads them. Also
 * the one line in which runs, writes and reads wait for their turn.
 */
import { sizeOf, type Tensor } from "@kintsugi/autodiff";
import { expectFitting, variableNode } from "@kintsugi/autodiff/backend";
import type { Float32Tensor, Runtime } from "./runtime.js";

export class Variables {
  readonly #values = new Map<Tensor, Float32Tensor>();
  #last: Promise<unknown> = Promise.resolve();

  constructor(readonly runtime: Runtime) {}

  /** Does something after all that was asked for before. */
  inTurn<T>(action: () => T | Promise<T>): Promise<T> {
    const result = this.#last.then(action);
    // Who asked hears of a failure; those who come after go on.
    this.#last = result.catch(() => {});
    return result;
  }

  write(variable: Tensor, values: Float32Array): void {
    expectFitting(variable, values);
    const tensor = this.#tensor(variable, values.slice());
    void this.inTurn(() => this.replace(variable, tensor));
  }

  read(variable: Tensor): Promise<Float32Array> {
    variableNode(variable);
    return this.inTurn(() => this.current(variable).data.slice());
  }

  /** The present value; zeros where there was none. */
  current(variable: Tensor): Float32Tensor {
    const found = this.#values.get(variable) ?? this.#tensor(variable, new Float32Array(sizeOf(variable.shape)));
    this.#values.set(variable, found);
    return found;
  }

  replace(variable: Tensor, value: Float32Tensor): void {
    this.#values.set(variable, value);
  }

  /** Forgets values, after all that was asked for before. */
  free(variables: readonly Tensor[]): void {
    void this.inTurn(() => {
      for (const variable of variables) this.#values.delete(variable);
    });
  }

  clear(): void {
    this.#values.clear();
  }

  #tensor({ shape }: Tensor, values: Float32Array): Float32Tensor {
    return new this.runtime.Tensor("float32", values, shape);
  }
}
