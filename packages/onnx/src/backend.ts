/** The CPU back end: compiles programs to ONNX models, has ONNX Runtime execute them, and holds the values of variables. */
import type { Backend, Kind, Program, Tensor } from "@kintsugi/autodiff";
import { LACKS } from "./lower/index.js";
import type { Runtime, SessionOptions } from "./runtime.js";
import { OnnxExecutable } from "./session.js";
import { Variables } from "./state.js";

export interface OnnxBackendOptions {
  /** For people: which runtime this is. */
  readonly description: string;
  /** Threads that work on one operator. */
  readonly threads: number;
}

export class OnnxBackend implements Backend {
  readonly description: string;
  readonly lacks: ReadonlySet<Kind> = LACKS;
  readonly #variables: Variables;
  readonly #session: SessionOptions;

  constructor(
    readonly runtime: Runtime,
    { description, threads }: OnnxBackendOptions,
  ) {
    this.description = description;
    this.#variables = new Variables(runtime);
    this.#session = {
      executionProviders: ["cpu"],
      graphOptimizationLevel: "all",
      intraOpNumThreads: threads,
      // Threads sleep while they wait: where others want the cores too, spinning makes a step two to three times slower.
      extra: { session: { intra_op: { allow_spinning: "0" } } },
      // Errors only: the runtime's warnings are about models that somebody else could still change.
      logSeverityLevel: 3,
    };
  }

  compile(program: Program): Promise<OnnxExecutable> {
    return OnnxExecutable.create(this.runtime, this.#session, this.#variables, program);
  }

  write(variable: Tensor, values: Float32Array): void {
    this.#variables.write(variable, values);
  }

  read(variable: Tensor): Promise<Float32Array> {
    return this.#variables.read(variable);
  }

  free(variables: Iterable<Tensor>): void {
    this.#variables.free([...variables]);
  }

  async idle(): Promise<void> {
    await this.#variables.inTurn(() => {});
  }

  destroy(): void {
    this.#variables.clear();
  }
}
