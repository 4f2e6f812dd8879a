/** A compiled program: one session of the runtime. Every array that goes in or out is allocated once and used in place. */
import {
  type Executable,
  expectWritten,
  findInput,
  findOutput,
  type Inputs,
  type Program,
  RECORDS_KEPT,
  sizeOf,
  type Tensor,
  type Values,
} from "@kintsugi/autodiff";
import type { Float32Tensor, Runtime, Session, SessionOptions } from "./runtime.js";
import type { Variables } from "./state.js";
import { type End, type OnnxProgram, toOnnx } from "./to_onnx.js";

export class OnnxExecutable implements Executable {
  readonly #given = new Map<string, Float32Tensor>();
  readonly #results = new Map<string, Float32Tensor>();
  #records: Values[] = [];

  private constructor(
    readonly program: OnnxProgram,
    readonly name: string,
    readonly session: Session,
    readonly runtime: Runtime,
    readonly variables: Variables,
  ) {
    for (const { name, tensor } of [...program.outputs.values(), ...program.records.values()]) {
      this.#results.set(name, emptyTensor(runtime, tensor));
    }
  }

  static async create(
    runtime: Runtime,
    options: SessionOptions,
    variables: Variables,
    program: Program,
  ): Promise<OnnxExecutable> {
    const made = toOnnx(program);
    const session = await runtime.InferenceSession.create(made.bytes, options);
    return new OnnxExecutable(made, program.name, session, runtime, variables);
  }

  async run(inputs: Inputs = {}): Promise<void> {
    const given = Object.entries(inputs).map(([name, values]) => [name, this.#checked(name, values)] as const);
    await this.variables.inTurn(async () => {
      for (const [name, tensor] of given) this.#given.set(name, tensor);
      await this.#run();
    });
  }

  async read(...names: string[]): Promise<Values> {
    const ends = names.map((name) => [name, findOutput(this.name, this.program.outputs, name)] as const);
    return this.variables.inTurn(async () => Object.fromEntries(ends.map(([name, end]) => [name, this.#copy(end)])));
  }

  async fetchRecords(): Promise<Values[]> {
    return this.variables.inTurn(async () => this.#records.splice(0));
  }

  destroy(): void {
    void this.variables.inTurn(() => this.session.release());
  }

  async #run(): Promise<void> {
    const { program, variables } = this;
    const feeds: Record<string, Float32Tensor> = {};
    const unwritten = new Set([...program.inputs.keys()].filter((label) => !this.#given.has(label)));
    expectWritten(this.name, unwritten);
    for (const [label, { name }] of program.inputs) feeds[name] = this.#given.get(label)!;
    for (const { name, tensor } of program.variables) feeds[name] = variables.current(tensor);
    const fetches = Object.fromEntries(this.#results);
    for (const { name, variable } of program.updates) fetches[name] = variables.next(variable);
    await this.session.run(feeds, fetches);
    for (const { variable } of program.updates) variables.advance(variable);
    if (program.records.size === 0) return;
    this.#records.push(Object.fromEntries([...program.records].map(([name, end]) => [name, this.#copy(end)])));
    if (this.#records.length > RECORDS_KEPT) this.#records.shift();
  }

  #checked(name: string, values: Float32Array): Float32Tensor {
    const size = ({ tensor }: End) => sizeOf(tensor.shape);
    const { tensor } = findInput(this.name, this.program.inputs, name, values.length, size);
    // A copy, so that the caller may use the array again at once.
    return new this.runtime.Tensor("float32", values.slice(), tensor.shape);
  }

  #copy({ name }: End): Float32Array {
    return this.#results.get(name)!.data.slice();
  }
}

function emptyTensor(runtime: Runtime, { shape }: Tensor): Float32Tensor {
  return new runtime.Tensor("float32", new Float32Array(sizeOf(shape)), shape);
}
