/** The WebGPU back end: compiles programs to plans of hand-written kernels and holds the values of variables. */
import { type Backend, type Kind, type Program, sizeOf, type Tensor } from "@kintsugi/autodiff";
import { expectFitting, variableNode } from "@kintsugi/autodiff/backend";
import { type BufferView, type Device, nameOf } from "@kintsugi/gpu";
import type { DeviceClass } from "@kintsugi/kernels";
import type { VariableTable } from "./plan/lasting.js";
import { alignPlace } from "./plan/memory.js";
import { Plan } from "./plan/plan.js";
import { deviceClass, expectOpened, type Precision } from "./precision.js";
import { expectPassed, selfTest } from "./self_test.js";

/** How products are multiplied: by which cores, where not by the rule of `@kintsugi/kernels`, and in what precision. */
export interface WebGpuOptions extends Pick<DeviceClass, "core" | "cores" | "intensity"> {
  /** `f32` by default. Others need a device that was opened with their `PRECISION_FEATURES`. */
  readonly precision?: Precision;
  /** Kinds of nodes that are left to the host, where a bundle does without their kernels. None by default. */
  readonly lacks?: ReadonlySet<Kind>;
}

export class WebGpuBackend implements Backend {
  readonly #variables = new Map<Tensor, BufferView>();
  readonly #versions = new WeakMap<Tensor, number>();
  readonly #table: VariableTable = {
    viewOf: (variable) => this.#buffer(variable),
    versionOf: (variable) => this.#versions.get(variable) ?? 0,
    replaced: (variable) => this.#versions.set(variable, (this.#versions.get(variable) ?? 0) + 1),
  };
  readonly #kind: DeviceClass;
  readonly precision: Precision;
  readonly lacks: ReadonlySet<Kind>;
  #tested: Promise<void> | undefined;

  /** Throws `UnsupportedError` where the device was not opened for the precision. */
  constructor(
    readonly device: Device,
    { precision = "f32", lacks = new Set(), ...cores }: WebGpuOptions = {},
  ) {
    this.lacks = lacks;
    if (precision !== "f32") expectOpened(device, precision);
    this.precision = precision;
    this.#kind = { ...(precision === "f32" ? device.adapter : deviceClass(device.adapter, precision)), ...cores };
  }

  get largest(): number {
    const { maxBufferSize, maxStorageBufferBindingSize } = this.device.handle.limits;
    return Math.min(maxBufferSize, maxStorageBufferBindingSize);
  }

  get description(): string {
    const note = this.precision === "f32" ? "" : ` (precision ${this.precision})`;
    return `WebGPU: ${nameOf(this.device.adapter)}${note}`;
  }

  /** Throws `SelfTestError` where this device multiplies wrongly in a precision other than f32, before anything is run. */
  async compile(program: Program): Promise<Plan> {
    await this.prove();
    return Plan.create(this.device, program, this.#table, this.#kind);
  }

  /** Multiplies small matrices and images, once, where the precision is not that of the reference; see `selfTest`. */
  prove(): Promise<void> {
    if (this.precision === "f32") return Promise.resolve();
    this.#tested ??= selfTest(this.device, this.#kind).then((checks) =>
      expectPassed(this.device, this.precision, checks),
    );
    return this.#tested;
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
    this.#table.replaced(variable);
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
