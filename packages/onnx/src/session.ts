/** A compiled program: one session of the runtime. State goes from run to run as the tensors that the runtime made. */
import { type Executable, type Inputs, type Program, sizeOf, type Values } from "@kintsugi/autodiff";
import { expectWritten, findInput, findOutput, RECORDS_KEPT } from "@kintsugi/autodiff/backend";
import type { Float32Tensor, Runtime, Session, SessionOptions } from "./runtime.js";
import type { Variables } from "./state.js";
import { type End, type OnnxProgram, toOnnx } from "./to_onnx.js";

export class OnnxExecutable implements Executable {
  readonly #given = new Map<string, Float32Tensor>();
  /** Outputs of the last run. */
  #results: Readonly<Record<string, Float32Tensor>> = {};
  #records: Values[] = [];

  private constructor(
    readonly program: OnnxProgram,
    readonly name: string,
    readonly session: Session,
    readonly runtime: Runtime,
    readonly variables: Variables,
  ) {}

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
    for (const name of names) findOutput(this.name, this.program.outputs, name);
    return this.variables.inTurn(() => {
      const read = names.map((name) => [name, this.#results[name]?.data.slice() ?? this.#nothing(name)] as const);
      return Object.fromEntries(read);
    });
  }

  async fetchRecords(): Promise<Values[]> {
    return this.variables.inTurn(() => this.#records.splice(0));
  }

  destroy(): void {
    void this.variables.inTurn(() => this.session.release());
  }

  /** What an output holds before the first run, as on a GPU. */
  #nothing(name: string): Float32Array {
    return new Float32Array(sizeOf(this.program.outputs.get(name)!.tensor.shape));
  }

  async #run(): Promise<void> {
    const { program, variables } = this;
    const feeds: Record<string, Float32Tensor> = {};
    const unwritten = new Set([...program.inputs.keys()].filter((label) => !this.#given.has(label)));
    expectWritten(this.name, unwritten);
    for (const [label, { name }] of program.inputs) feeds[name] = this.#given.get(label)!;
    for (const { name, tensor } of program.variables) feeds[name] = variables.current(tensor);
    const results = (await this.session.run(feeds)) as Readonly<Record<string, Float32Tensor>>;
    for (const { name, variable } of program.updates) variables.replace(variable, results[name]!);
    const kept = (ends: ReadonlyMap<string, End>) =>
      [...ends].map(([label, { name }]) => [label, results[name]!] as const);
    this.#results = Object.fromEntries(kept(program.outputs));
    if (program.records.size === 0) return;
    this.#records.push(Object.fromEntries(kept(program.records).map(([label, { data }]) => [label, data])));
    if (this.#records.length > RECORDS_KEPT) this.#records.shift();
  }

  #checked(name: string, values: Float32Array): Float32Tensor {
    const size = ({ tensor }: End) => sizeOf(tensor.shape);
    const { tensor } = findInput(this.name, this.program.inputs, name, values.length, size);
    // A copy, so that the caller may use the array again at once.
    return new this.runtime.Tensor("float32", values.slice(), tensor.shape);
  }
}
