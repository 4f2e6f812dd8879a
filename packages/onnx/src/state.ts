/**
 * The values of variables. Each has two arrays that take turns: a run reads one and writes the other, in place, so that no
 * value passes through JavaScript. Also the one line in which runs, writes and reads wait for their turn.
 */
import { expectFitting, sizeOf, type Tensor, variableNode } from "@kintsugi/autodiff";
import type { Float32Tensor, Runtime } from "./runtime.js";

interface Cell {
  current: Float32Tensor;
  /** Made when the variable is first replaced. */
  next?: Float32Tensor;
}

export class Variables {
  readonly #cells = new Map<Tensor, Cell>();
  #last: Promise<unknown> = Promise.resolve();

  constructor(readonly runtime: Runtime) {}

  /** Does something after all that was asked for before. */
  inTurn<T>(action: () => Promise<T>): Promise<T> {
    const result = this.#last.then(action);
    // Who asked hears of a failure; those who come after go on.
    this.#last = result.catch(() => {});
    return result;
  }

  write(variable: Tensor, values: Float32Array): void {
    expectFitting(variable, values);
    const cell = this.#cell(variable);
    const copy = values.slice();
    void this.inTurn(async () => cell.current.data.set(copy));
  }

  read(variable: Tensor): Promise<Float32Array> {
    const cell = this.#cell(variable);
    return this.inTurn(async () => cell.current.data.slice());
  }

  current(variable: Tensor): Float32Tensor {
    return this.#cell(variable).current;
  }

  /** Where a run puts the new value. */
  next(variable: Tensor): Float32Tensor {
    const cell = this.#cell(variable);
    cell.next ??= this.#empty(variable);
    return cell.next;
  }

  /** The new value becomes the current one. */
  advance(variable: Tensor): void {
    const cell = this.#cell(variable);
    const { next, current } = cell;
    if (next) Object.assign(cell, { current: next, next: current });
  }

  clear(): void {
    this.#cells.clear();
  }

  #cell(variable: Tensor): Cell {
    variableNode(variable);
    let cell = this.#cells.get(variable);
    if (!cell) {
      cell = { current: this.#empty(variable) };
      this.#cells.set(variable, cell);
    }
    return cell;
  }

  #empty({ shape }: Tensor): Float32Tensor {
    return new this.runtime.Tensor("float32", new Float32Array(sizeOf(shape)), shape);
  }
}
