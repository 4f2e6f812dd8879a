/**
 * The device: buffers, pipelines, errors. The same object in Node and in a page; `node.ts` and `browser.ts` open it.
 * It knows no tensor and no kernel.
 */
import type { Shader } from "@kintsugi/shaders";
import {
  DeviceLostError,
  fromGpuError,
  fromThrown,
  NoAdapterError,
  OutOfMemoryError,
  UnsupportedError,
} from "./errors.js";
import { patiently } from "./patience.js";

/** A stretch of a buffer, in bytes. */
export interface BufferView {
  readonly buffer: GPUBuffer;
  readonly offset: number;
  readonly bytes: number;
}

/** What is known of the adapter behind a device. */
export interface AdapterDescription {
  readonly vendor: string;
  readonly architecture: string;
  readonly description: string;
  /** True for adapters that run on the CPU (lavapipe, SwiftShader, WARP). Kernels choose their tiles by it. */
  readonly software: boolean;
  /** Invocations in a subgroup at least; 0 where the adapter has no subgroups. */
  readonly subgroupSize: number;
  /** And at most. */
  readonly largestSubgroup: number;
  /** Sizes of matrices that a subgroup multiplies at once, where the adapter tells of them. */
  readonly matrices: readonly MatrixConfig[];
  readonly features: readonly string[];
}

/** A product of matrices M×K by K×N that a subgroup does at once, and the types of its numbers. */
export interface MatrixConfig {
  readonly componentType: string;
  readonly resultComponentType: string;
  readonly M: number;
  readonly N: number;
  readonly K: number;
}

/** How many objects a device has made. A plan that is set up adds none, and a test counts them. */
export interface Counters {
  buffers: number;
  bindGroups: number;
  pipelines: number;
  submits: number;
  /** Bytes of all buffers alive. */
  bytes: number;
}

const OPTIONAL_FEATURES: readonly string[] = ["timestamp-query", "subgroups"];
const LIMITS = ["maxBufferSize", "maxStorageBufferBindingSize", "maxComputeWorkgroupStorageSize"] as const;

/** Describes an adapter; WebGPU itself does not say reliably whether it is a CPU, so its names are looked at too. */
export function describeAdapter(adapter: GPUAdapter): AdapterDescription {
  // Browsers of 2023 have no `info`, and say of the adapter itself whether it is a fallback.
  const info: Partial<DawnInfo> = adapter.info ?? {};
  const { vendor = "", architecture = "", description = "" } = info;
  const { isFallbackAdapter = info.isFallbackAdapter } = adapter as { readonly isFallbackAdapter?: boolean };
  const names = `${vendor} ${architecture} ${description}`.toLowerCase();
  return {
    vendor,
    architecture,
    description,
    software: isFallbackAdapter === true || /llvmpipe|lavapipe|swiftshader|basic render|warp/.test(names),
    subgroupSize: adapter.features.has("subgroups") ? (info.subgroupMinSize ?? 0) : 0,
    largestSubgroup: adapter.features.has("subgroups") ? (info.subgroupMaxSize ?? 0) : 0,
    matrices: matricesOf(info),
    features: [...adapter.features].sort(),
  };
}

/** What an adapter is called in messages. */
export function nameOf({ description, vendor, architecture }: AdapterDescription): string {
  return description || [vendor, architecture].filter(Boolean).join(" ") || "this adapter";
}

/** Dawn's addition to what an adapter tells of itself. */
type DawnInfo = GPUAdapterInfo & { readonly subgroupMatrixConfigs?: Iterable<MatrixConfig> };

function matricesOf(info: Partial<DawnInfo>) {
  return [...(info.subgroupMatrixConfigs ?? [])].map(
    ({ componentType, resultComponentType, M, N, K }): MatrixConfig => ({
      componentType,
      resultComponentType,
      M,
      N,
      K,
    }),
  );
}

/**
 * Opens a device on the best adapter of `gpu`. Throws `NoAdapterError`.
 *
 * @param needs features that the device must have. Throws `UnsupportedError` where the adapter lacks one.
 */
export async function openDevice(gpu: GPU | undefined, needs: readonly string[] = []): Promise<Device> {
  const adapter = await gpu?.requestAdapter({ powerPreference: "high-performance" });
  if (!adapter) {
    throw new NoAdapterError(
      "no WebGPU adapter: there is no GPU, no driver for it, or WebGPU is switched off (`kintsugi doctor` tells more)",
    );
  }
  const described = describeAdapter(adapter);
  const missing = needs.find((feature) => !adapter.features.has(feature));
  if (missing) throw new UnsupportedError(`${nameOf(described)} has no ${missing}`);
  const wanted = [...new Set([...OPTIONAL_FEATURES, ...needs])].filter((feature) => adapter.features.has(feature));
  const handle = await adapter.requestDevice({
    label: "kintsugi",
    requiredFeatures: wanted as GPUFeatureName[],
    requiredLimits: Object.fromEntries(LIMITS.map((limit) => [limit, adapter.limits[limit]])),
  });
  return new Device(handle, described);
}

export class Device {
  readonly counters: Counters = { buffers: 0, bindGroups: 0, pipelines: 0, submits: 0, bytes: 0 };
  readonly #pipelines = new Map<string, Promise<GPUComputePipeline>>();
  readonly #layouts = new Map<string, GPUBindGroupLayout>();
  #failure: Error | undefined;

  constructor(
    readonly handle: GPUDevice,
    readonly adapter: AdapterDescription,
  ) {
    handle.onuncapturederror = (event) => {
      this.#failure ??= fromGpuError(event.error, "GPU");
    };
    handle.lost.then((info) => {
      this.#failure ??= new DeviceLostError(`GPU device lost (${info.reason}): ${info.message || "no reason given"}`);
    });
  }

  /** Throws what has gone wrong on the device since it was opened, if anything has. */
  check(): void {
    if (this.#failure) throw this.#failure;
  }

  /**
   * A zeroed buffer of at least `bytes`, usable by kernels and copies. Throws `OutOfMemoryError` where one buffer of this
   * device cannot be so large (kernels bind a buffer whole); memory that runs out shows later, in `guard` or `check`.
   */
  createBuffer(label: string, bytes: number, usage = storageUsage()): GPUBuffer {
    const size = Math.max(16, Math.ceil(bytes / 16) * 16);
    const { maxBufferSize, maxStorageBufferBindingSize } = this.handle.limits;
    const limit = Math.min(maxBufferSize, usage & STORAGE ? maxStorageBufferBindingSize : maxBufferSize);
    if (size > limit) {
      throw new OutOfMemoryError(
        `${label}: ${size} bytes, and a buffer of this GPU holds ${limit}; use a smaller batch or width`,
      );
    }
    this.counters.buffers++;
    this.counters.bytes += size;
    return this.handle.createBuffer({ label, size, usage });
  }

  destroyBuffer(buffer: GPUBuffer): void {
    this.counters.bytes -= buffer.size;
    buffer.destroy();
  }

  /**
   * Runs `task` and throws what WebGPU has against it, as one of our exceptions.
   *
   * Error scopes are one stack per device. They are opened and closed around the part of `task` before its first `await`,
   * so that two guarded tasks at a time cannot take each other's errors; what goes wrong after that is thrown by the final
   * `check`, without the label.
   */
  async guard<T>(label: string, task: () => T | Promise<T>): Promise<T> {
    this.check();
    const filters: GPUErrorFilter[] = ["internal", "out-of-memory", "validation"];
    for (const filter of filters) this.handle.pushErrorScope(filter);
    let started: T | Promise<T>;
    try {
      started = task();
    } catch (error) {
      started = Promise.reject(error);
    }
    const popped = filters.map(() => this.handle.popErrorScope());
    const [outcome, ...scopes] = await this.settled(Promise.allSettled([started, ...popped]));
    this.check();
    for (const scope of scopes) {
      if (scope.status === "fulfilled" && scope.value) throw fromGpuError(scope.value, label);
    }
    if (outcome.status === "rejected") throw fromThrown(outcome.reason, label);
    return outcome.value;
  }

  /** The layout of a shader's only bind group. */
  layout(shader: Shader): GPUBindGroupLayout {
    let layout = this.#layouts.get(shader.name);
    if (!layout) {
      layout = this.handle.createBindGroupLayout({
        label: shader.name,
        entries: Object.values(shader.bindings).map(({ index, type }) => ({
          binding: index,
          visibility: GPU_SHADER_STAGE_COMPUTE,
          buffer: { type },
        })),
      });
      this.#layouts.set(shader.name, layout);
    }
    return layout;
  }

  /** The pipeline of a shader with its constants filled in; made once, in the background. */
  pipeline(shader: Shader, constants: Readonly<Record<string, number>>): Promise<GPUComputePipeline> {
    const key = `${shader.name} ${JSON.stringify(constants)}`;
    let pipeline = this.#pipelines.get(key);
    if (!pipeline) {
      this.counters.pipelines++;
      pipeline = this.handle.createComputePipelineAsync({
        label: shader.name,
        layout: this.handle.createPipelineLayout({ bindGroupLayouts: [this.layout(shader)] }),
        compute: {
          module: this.handle.createShaderModule({ label: shader.name, code: shader.code }),
          entryPoint: "main",
          constants,
        },
      });
      this.#pipelines.set(key, pipeline);
    }
    return pipeline;
  }

  write(view: BufferView, values: Float32Array | Uint32Array | Uint8Array): void {
    this.handle.queue.writeBuffer(view.buffer, view.offset, values as Float32Array<ArrayBuffer>);
  }

  /** Reads a view back. Waits for everything submitted before. */
  async read(view: BufferView): Promise<Float32Array<ArrayBuffer>> {
    this.check();
    const bytes = Math.ceil(view.bytes / 4) * 4;
    const staging = this.handle.createBuffer({ label: "readback", size: bytes, usage: 0x1 | 0x8 });
    try {
      const encoder = this.handle.createCommandEncoder({ label: "readback" });
      encoder.copyBufferToBuffer(view.buffer, view.offset, staging, 0, bytes);
      this.handle.queue.submit([encoder.finish()]);
      await this.settled(staging.mapAsync(1)).catch((error: unknown) => {
        this.check();
        throw error;
      });
      const values = new Float32Array(staging.getMappedRange().slice(0));
      this.check();
      return values;
    } finally {
      staging.destroy();
    }
  }

  /** Resolves when everything submitted so far has run. */
  async idle(): Promise<void> {
    await this.settled(this.handle.queue.onSubmittedWorkDone());
    this.check();
  }

  /** A promise of this device, waited for without disturbing an adapter that computes on our own processor. */
  settled<T>(promise: Promise<T>): Promise<T> {
    return this.adapter.software ? patiently(promise) : promise;
  }

  /** Frees the device and all that lives on it. */
  destroy(): void {
    this.#failure = new DeviceLostError("this GPU device was closed");
    this.handle.destroy();
  }
}

// The flags by number: Node has no global GPUBufferUsage until the `webgpu` package is told to install one.
const GPU_SHADER_STAGE_COMPUTE = 0x4;
const COPY_SRC = 0x4;
const COPY_DST = 0x8;
const STORAGE = 0x80;

function storageUsage(): number {
  return STORAGE | COPY_SRC | COPY_DST;
}
