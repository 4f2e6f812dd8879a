/** The WebGPU back end: compiles programs to plans of hand-written kernels and holds the values of variables. */
import type { BufferView, Device } from "@kintsugi/gpu";
import type { DeviceClass } from "@kintsugi/kernels";
import { expectFitting, variableNode } from "./checks.js";
import { sizeOf, type Tensor } from "./graph.js";
import { alignPlace } from "./plan/memory.js";
import { Plan } from "./plan/plan.js";
import type { Backend, Program } from "./program.js";

export class WebGpuBackend implements Backend {
  readonly #variables = new Map<Tensor, BufferView>();

  /** @param cores how products are multiplied, where not by the rule of `@kintsugi/kernels` */
  constructor(
    readonly device: Device,
    readonly cores: Pick<DeviceClass, "core" | "cores"> = {},
  ) {}

  get description(): string {
    const { description, vendor, architecture } = this.device.adapter;
    return `WebGPU: ${description || [vendor, architecture].filter(Boolean).join(" ")}`;
  }

  get largest(): number {
    const { maxBufferSize, maxStorageBufferBindingSize } = this.device.handle.limits;
    return Math.min(maxBufferSize, maxStorageBufferBindingSize);
  }

  compile(program: Program): Promise<Plan> {
    const kind = { ...this.device.adapter, ...this.cores };
    return Plan.create(this.device, program, (tensor) => this.#buffer(tensor), kind);
  }

  /** Side by side in one buffer, or in as few as this device's limits allow. */
  together(variables: readonly Tensor[]): void {
    const limit = this.largest;
    let group: { readonly tensor: Tensor; readonly offset: number; readonly bytes: number }[] = [];
    let end = 0;
    const close = () => {
      if (group.length === 0) return;
      const { name } = variableNode(group[0]!.tensor).attributes;
      const buffer = this.device.createBuffer(`${name} and ${group.length - 1} more`, end);
      for (const { tensor, offset, bytes } of group) this.#variables.set(tensor, { buffer, offset, bytes });
      group = [];
      end = 0;
    };
    for (const tensor of variables) {
      variableNode(tensor);
      if (this.#variables.has(tensor)) continue;
      const bytes = sizeOf(tensor.shape) * 4;
      if (alignPlace(end) + bytes > limit) close();
      const offset = alignPlace(end);
      group.push({ tensor, offset, bytes });
      // A binding ends on a whole vec4, see `Recording`.
      end = offset + Math.ceil(bytes / 16) * 16;
    }
    close();
  }

  write(variable: Tensor, values: Float32Array): void {
    expectFitting(variable, values);
    this.device.write(this.#buffer(variable), values);
  }

  read(variable: Tensor): Promise<Float32Array> {
    return this.device.read(this.#buffer(variable));
  }

  /** A buffer that several variables share goes with the last of them. */
  free(variables: Iterable<Tensor>): void {
    const left = new Set<GPUBuffer>();
    for (const variable of variables) {
      const view = this.#variables.get(variable);
      if (view) left.add(view.buffer);
      this.#variables.delete(variable);
    }
    for (const { buffer } of this.#variables.values()) left.delete(buffer);
    for (const buffer of left) this.device.destroyBuffer(buffer);
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
