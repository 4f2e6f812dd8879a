/**
 * A recording: dispatches whose pipelines and bind groups are made once and replayed with one submit. Replaying creates
 * nothing but the command buffer, which WebGPU allows to be used only once.
 */
import type { BufferView, Device } from "./device.js";
import type { Dispatch } from "./dispatch.js";

/** A copy of bytes after the last dispatch; the target's offset may change from run to run. */
export interface Copy {
  readonly from: BufferView;
  readonly to: GPUBuffer;
  /** Byte offset in `to` for the run with this number, counted from 0. */
  readonly offset: (run: number) => number;
}

interface Prepared {
  readonly pipeline: GPUComputePipeline;
  readonly group: GPUBindGroup;
  readonly x: number;
  readonly y: number;
  readonly z: number;
}

/** How a profile takes part in a submit. */
export interface Timing {
  /** Opens the pass of one dispatch. */
  pass(encoder: GPUCommandEncoder, index: number): GPUComputePassEncoder;
  /** Called when all is encoded. */
  after(encoder: GPUCommandEncoder): void;
}

/** How many submits may wait in the queue: enough to keep it busy, few enough to stop at once. */
const IN_FLIGHT = 2;

export class Recording {
  #runs = 0;
  readonly #waiting: Promise<undefined>[] = [];

  private constructor(
    readonly device: Device,
    readonly label: string,
    readonly dispatches: readonly Dispatch[],
    readonly prepared: readonly Prepared[],
    readonly copies: readonly Copy[],
  ) {}

  /** Builds all pipelines in parallel and all bind groups; throws what WebGPU has against them. */
  static create(
    device: Device,
    label: string,
    dispatches: readonly Dispatch[],
    copies: readonly Copy[] = [],
  ): Promise<Recording> {
    return device.guard(label, async () => {
      const prepared = await Promise.all(
        dispatches.map(async (entry) => {
          const [x, y, z] = entry.workgroups;
          // Before any waiting, while the guard's error scopes are open.
          const group = bind(device, entry);
          return { pipeline: await device.pipeline(entry.shader, entry.constants), group, x, y, z };
        }),
      );
      return new Recording(device, label, dispatches, prepared, copies);
    });
  }

  /** How often this recording was run. */
  get runs(): number {
    return this.#runs;
  }

  /** Submits the whole recording once. Never waits. With `timing`, each dispatch has a pass of its own. */
  submit(timing?: Timing): void {
    this.#encode((encoder) => {
      const all = timing ? undefined : encoder.beginComputePass({ label: this.label });
      this.prepared.forEach((prepared, index) => {
        const pass = all ?? timing!.pass(encoder, index);
        dispatchOne(pass, prepared);
        if (!all) pass.end();
      });
      all?.end();
      this.#copy(encoder);
      timing?.after(encoder);
    });
    this.#runs++;
  }

  /** Submits one dispatch alone, for timing by the host's clock. */
  submitOne(index: number): void {
    this.#encode((encoder) => {
      const pass = encoder.beginComputePass({ label: this.label });
      dispatchOne(pass, this.prepared[index]!);
      pass.end();
    });
  }

  /** Submits the copies alone, which ends a run that was submitted one by one. */
  submitCopies(): void {
    this.#encode((encoder) => this.#copy(encoder));
    this.#runs++;
  }

  #encode(record: (encoder: GPUCommandEncoder) => void): void {
    this.device.check();
    const { handle } = this.device;
    const encoder = handle.createCommandEncoder({ label: this.label });
    record(encoder);
    handle.queue.submit([encoder.finish()]);
    this.device.counters.submits++;
  }

  #copy(encoder: GPUCommandEncoder): void {
    for (const { from, to, offset } of this.copies) {
      encoder.copyBufferToBuffer(from.buffer, from.offset, to, offset(this.#runs), from.bytes);
    }
  }

  /** Submits, and resolves as soon as no more than two runs are waiting in the queue. */
  async run(): Promise<void> {
    this.submit();
    this.#waiting.push(this.device.settled(this.device.handle.queue.onSubmittedWorkDone()));
    if (this.#waiting.length > IN_FLIGHT) await this.#waiting.shift();
    this.device.check();
  }
}

function dispatchOne(pass: GPUComputePassEncoder, { pipeline, group, x, y, z }: Prepared): void {
  pass.setPipeline(pipeline);
  pass.setBindGroup(0, group);
  pass.dispatchWorkgroups(x, y, z);
}

function bind(device: Device, { shader, bindings, label }: Dispatch): GPUBindGroup {
  device.counters.bindGroups++;
  return device.handle.createBindGroup({
    label,
    layout: device.layout(shader),
    entries: Object.entries(shader.bindings).map(([name, { index }]) => {
      const view = bindings[name];
      if (!view) throw new TypeError(`${label}: nothing is bound to ${name}`);
      return { binding: index, resource: { buffer: view.buffer, offset: view.offset, size: wholeVec4(view.bytes) } };
    }),
  });
}

/** Kernels read vec4f: a binding ends on a whole one. Buffers are that long, see `Device.createBuffer`. */
function wholeVec4(bytes: number): number {
  return Math.max(16, Math.ceil(bytes / 16) * 16);
}
