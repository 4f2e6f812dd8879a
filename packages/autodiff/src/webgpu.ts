/** The WebGPU back end: compiles programs to plans of hand-written kernels and holds the values of variables. */
import type { BufferView, Device } from "@kintsugi/gpu";
import { expectFitting, variableNode } from "./checks.js";
import { sizeOf, type Tensor } from "./graph.js";
import { Plan } from "./plan/plan.js";
import type { Backend, Program } from "./program.js";

export class WebGpuBackend implements Backend {
  readonly #variables = new Map<Tensor, BufferView>();

  constructor(readonly device: Device) {}

  get description(): string {
    const { description, vendor, architecture } = this.device.adapter;
    return `WebGPU: ${description || [vendor, architecture].filter(Boolean).join(" ")}`;
  }

  compile(program: Program): Promise<Plan> {
    return Plan.create(this.device, program, (tensor) => this.#buffer(tensor));
  }

  write(variable: Tensor, values: Float32Array): void {
    expectFitting(variable, values);
    this.device.write(this.#buffer(variable), values);
  }

  read(variable: Tensor): Promise<Float32Array> {
    return this.device.read(this.#buffer(variable));
  }

  idle(): Promise<void> {
    return this.device.idle();
  }

  destroy(): void {
    this.device.destroy();
  }

  #buffer(variable: Tensor): BufferView {
    const { name } = variableNode(variable).attributes;
    let view = this.#variables.get(variable);
    if (!view) {
      const bytes = sizeOf(variable.shape) * 4;
      view = { buffer: this.device.createBuffer(name, bytes), offset: 0, bytes };
      this.#variables.set(variable, view);
    }
    return view;
  }
}

export { Plan };
