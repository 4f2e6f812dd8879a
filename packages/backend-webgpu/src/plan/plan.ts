/** A program on a device: every buffer, pipeline and bind group made once; a run is one submit. */
import type { Executable, Inputs, Node, Program, Tensor, Values } from "@kintsugi/autodiff";
import {
  addInput,
  expectWritten,
  findInput,
  findOutput,
  fuse,
  isLeaf,
  leaving,
  RECORDS_KEPT,
  type Step,
  schedule,
} from "@kintsugi/autodiff/backend";
import { type BufferView, type Copy, type Device, type Dispatch, Recording } from "@kintsugi/gpu";
import type { DeviceClass } from "@kintsugi/kernels";
import { createHalves } from "./halves.js";
import { createLasting, type Lasting, prepare, type VariableTable } from "./lasting.js";
import { lower, lowerTogether } from "./lower.js";
import { assignSlots, type Slot } from "./memory.js";
import { Pool } from "./pool.js";
import { findTogether, joined } from "./together.js";

interface Ring {
  readonly buffer: GPUBuffer;
  /** Bytes of the records of one run. */
  readonly row: number;
  readonly offsets: ReadonlyMap<string, { readonly offset: number; readonly length: number }>;
}

export class Plan implements Executable {
  #fetched = 0;
  readonly #unwritten: Set<string>;

  private constructor(
    readonly name: string,
    readonly recording: Recording,
    readonly pool: Pool,
    readonly inputs: ReadonlyMap<string, BufferView>,
    readonly outputs: ReadonlyMap<string, BufferView>,
    readonly ring: Ring | undefined,
    private readonly variables: VariableTable,
    private readonly updated: readonly Tensor[],
    private readonly lasting: readonly Lasting[],
  ) {
    this.#unwritten = new Set(inputs.keys());
  }

  /** @param kind by what kernels are chosen */
  static async create(
    device: Device,
    program: Program,
    variables: VariableTable,
    kind: DeviceClass = device.adapter,
  ): Promise<Plan> {
    const pool = new Pool(device, program.name);
    try {
      const made = await device.guard(program.name, () => build(device, program, pool, variables, kind));
      const recording = await Recording.create(device, program.name, made.dispatches, made.copies);
      const lasting = await createLasting(device, program.name, made.lasting);
      const updated = (program.updates ?? []).map(({ variable }) => variable);
      return new Plan(program.name, recording, pool, made.inputs, made.outputs, made.ring, variables, updated, lasting);
    } catch (error) {
      pool.destroy();
      throw error;
    }
  }

  /** GPU bytes of everything but the variables: constant from here on. */
  get bytes(): number {
    return this.pool.bytes;
  }

  run(inputs: Inputs = {}): Promise<void> {
    return this.runBy((recording) => recording.run(), inputs);
  }

  /**
   * A run whose recording somebody else submits, such as `profile` of @kintsugi/gpu: `plan.runBy(profile)`. What its runs do
   * not change (`lasting`) is made before, if it must be, and is no part of the recording: in most runs there is nothing to
   * make. A training step replaces all weights that products read, so that its recording is the whole step. Nothing else
   * may run meanwhile.
   */
  async runBy<T>(submit: (recording: Recording) => Promise<T>, inputs: Inputs = {}): Promise<T> {
    for (const [name, values] of Object.entries(inputs)) {
      const view = findInput(this.name, this.inputs, name, values.length, ({ bytes }) => bytes / 4);
      this.recording.device.write(view, values);
      this.#unwritten.delete(name);
    }
    expectWritten(this.name, this.#unwritten);
    prepare(this.lasting, this.variables);
    const submitted = submit(this.recording);
    for (const variable of this.updated) this.variables.replaced(variable);
    return submitted;
  }

  async read(...names: string[]): Promise<Values> {
    const read = async (name: string) => {
      const view = findOutput(this.name, this.outputs, name);
      return [name, await this.recording.device.read(view)] as const;
    };
    return Object.fromEntries(await Promise.all(names.map(read)));
  }

  async fetchRecords(): Promise<Values[]> {
    const { ring } = this;
    const { runs, device } = this.recording;
    const first = Math.max(this.#fetched, runs - RECORDS_KEPT);
    this.#fetched = runs;
    if (!ring || first === runs) return [];
    const all = await device.read({ buffer: ring.buffer, offset: 0, bytes: RECORDS_KEPT * ring.row });
    return Array.from({ length: runs - first }, (_, i) => {
      const start = (((first + i) % RECORDS_KEPT) * ring.row) / 4;
      const values = [...ring.offsets].map(([name, { offset, length }]) => {
        const from = start + offset / 4;
        return [name, all.slice(from, from + length)] as const;
      });
      return Object.fromEntries(values);
    });
  }

  destroy(): void {
    this.pool.destroy();
  }
}

function build(device: Device, program: Program, pool: Pool, variables: VariableTable, kind: DeviceClass) {
  const nodes = schedule(program);
  const leaves = nodes.filter(isLeaf);
  const steps = fuse(nodes, new Set(leaving(program).map(([, tensor]) => tensor)));
  const slots = assignSlots(program, leaves, steps);

  // Before the steps, so that no step can take it for scratch.
  const ring = createRing(program, pool);
  const inputs = new Map<string, BufferView>();
  for (const leaf of leaves) {
    const tensor = leaf.outputs[0]!;
    const slot = slots.get(tensor)!;
    slot.lastUse = Number.POSITIVE_INFINITY;
    slot.view = leaf.kind === "variable" ? variables.viewOf(tensor) : pool.take(slot.bytes);
    if (leaf.kind === "input") addInput(program.name, inputs, leaf as Node<"input">, slot.view);
    if (leaf.kind === "constant") device.write(slot.view, (leaf as Node<"constant">).attributes.values);
  }

  const viewOf = (tensor: Tensor): BufferView => {
    const slot = slots.get(tensor)!;
    slot.view ??= pool.takeSlot(slot);
    return slot.view;
  };
  const variableOf = (tensor: Tensor) => variables.viewOf(tensor);
  const runs = new Map(
    findTogether(steps, slots, variableOf).flatMap((run) => run.map((step) => [step, run] as const)),
  );
  const gapless = (views: readonly BufferView[]) => joined(views, (buffer) => pool.isArena(buffer));
  const replaced = new Set((program.updates ?? []).map(({ variable }) => variable));
  const lasts = (value: Tensor) =>
    value.node.kind === "constant" || (value.node.kind === "variable" && !replaced.has(value));
  const halves = kind.operands === "f16" ? createHalves(steps, kind, pool, viewOf, lasts) : undefined;
  const lowerStep = (step: Step, index: number): Dispatch[] => {
    const run = runs.get(step);
    if (run) return step === run.at(-1) ? lowerTogether(run, viewOf, table) : [];
    const scratch: BufferView[] = [];
    const operands = halves?.operandsOf(step) ?? { kind, views: step.inputs.map(viewOf), dispatches: [] };
    const made = lower(step, {
      device: operands.kind,
      in: operands.views,
      out: step.outputs.map(viewOf),
      ...(step.bias ? { bias: viewOf(step.bias) } : {}),
      gapless,
      scratch: (bytes) => {
        const view = pool.take(bytes);
        scratch.push(view);
        return view;
      },
    });
    for (const view of [...scratch, ...(halves?.unneededAfter(index) ?? [])]) pool.give(view);
    return [...operands.dispatches, ...made];
  };
  const table = (values: Uint32Array<ArrayBuffer>): BufferView => {
    const view = pool.keep(values.byteLength);
    device.write(view, values);
    return view;
  };
  const living = new Set<Slot>();
  const dispatches: Dispatch[] = [];
  steps.forEach((step, index) => {
    dispatches.push(...lowerStep(step, index));
    for (const tensor of step.outputs) living.add(slots.get(tensor)!);
    for (const slot of living) {
      if (slot.lastUse > index) continue;
      living.delete(slot);
      pool.giveSlot(slot);
    }
  });

  const outputs = new Map(Object.entries(program.outputs ?? {}).map(([name, tensor]) => [name, viewOf(tensor)]));
  return {
    dispatches,
    inputs,
    outputs,
    ring,
    lasting: halves?.lasting ?? new Map<Tensor, readonly Dispatch[]>(),
    // Records first: what they show is what the run computed with.
    copies: [...records(program, viewOf, ring), ...updates(program, viewOf, pool)],
  };
}

/** New values that were not made in place are copied over the old ones at the end of a run. */
function updates(program: Program, viewOf: (tensor: Tensor) => BufferView, pool: Pool): Copy[] {
  const moves = (program.updates ?? [])
    .map(({ variable, value }) => ({ from: viewOf(value), to: viewOf(variable) }))
    .filter(({ from, to }) => from.buffer !== to.buffer || from.offset !== to.offset);
  const replaced = new Set(moves.map(({ to }) => to.buffer));
  // A variable whose old value becomes another's new one is set aside first, so that the order of updates is no matter.
  const aside: Copy[] = [];
  const copies = moves.map(({ from, to }): Copy => {
    if (!replaced.has(from.buffer)) return { from, to: to.buffer, offset: () => to.offset };
    const kept = pool.take(from.bytes);
    aside.push({ from, to: kept.buffer, offset: () => kept.offset });
    return { from: kept, to: to.buffer, offset: () => to.offset };
  });
  return [...aside, ...copies];
}

function createRing(program: Program, pool: Pool): Ring | undefined {
  const offsets = new Map<string, { offset: number; length: number }>();
  let row = 0;
  for (const [name, tensor] of Object.entries(program.records ?? {})) {
    const length = tensor.shape.reduce((product, side) => product * side, 1);
    offsets.set(name, { offset: row, length });
    row += length * 4;
  }
  return row === 0 ? undefined : { buffer: pool.take(RECORDS_KEPT * row).buffer, row, offsets };
}

function records(program: Program, viewOf: (tensor: Tensor) => BufferView, ring: Ring | undefined): Copy[] {
  if (!ring) return [];
  return Object.entries(program.records ?? {}).map(([name, tensor]) => ({
    from: viewOf(tensor),
    to: ring.buffer,
    offset: (run) => (run % RECORDS_KEPT) * ring.row + ring.offsets.get(name)!.offset,
  }));
}
