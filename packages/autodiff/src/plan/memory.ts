/**
 * Which tensors share a buffer. A slot is the storage of one value over its life: a reshape shares its input's, and an
 * in-place op hands its input's on. Slots whose lives do not overlap take turns on the buffers of a pool.
 */
import type { BufferView, Device } from "@kintsugi/gpu";
import { type Node, sizeOf, type Tensor } from "../graph.js";
import type { Kind } from "../kinds.js";
import type { Step } from "./steps.js";

export interface Slot {
  readonly bytes: number;
  /** The last step that reads or writes it. */
  lastUse: number;
  /** How often an in-place op has replaced its value; a tensor knows the version it stands for. */
  version: number;
  view?: BufferView;
}

/** Kinds whose output i is input i, changed. */
const IN_PLACE: Readonly<Partial<Record<Kind, number>>> = { adam: 3, projectedMomentum: 2, runningAverage: 1 };

export function isInPlace(node: Node): boolean {
  return IN_PLACE[node.kind] !== undefined;
}

/** Gives each tensor its slot, and each slot its life. Throws where a value is read after it was replaced. */
export function assignSlots(name: string, leaves: readonly Node[], steps: readonly Step[]): Map<Tensor, Slot> {
  const slots = new Map<Tensor, Slot>();
  const versions = new Map<Tensor, number>();
  const create = (tensor: Tensor, step: number) => {
    slots.set(tensor, { bytes: sizeOf(tensor.shape) * 4, lastUse: step, version: 0 });
    versions.set(tensor, 0);
  };
  const share = (tensor: Tensor, slot: Slot) => {
    slots.set(tensor, slot);
    versions.set(tensor, slot.version);
  };
  for (const leaf of leaves) create(leaf.outputs[0]!, -1);
  steps.forEach(({ node, inputs, outputs }, index) => {
    for (const input of inputs) {
      const slot = slots.get(input)!;
      if (versions.get(input) !== slot.version) {
        throw new Error(`${name}: ${node.kind} reads a value after ${describe(input)} was replaced`);
      }
      slot.lastUse = index;
    }
    outputs.forEach((output, position) => {
      if (node.kind === "reshape") {
        share(output, slots.get(inputs[0]!)!);
      } else if (position < (IN_PLACE[node.kind] ?? 0)) {
        const slot = slots.get(inputs[position]!)!;
        slot.version++;
        share(output, slot);
      } else {
        create(output, index);
      }
    });
  });
  return slots;
}

function describe({ node }: Tensor): string {
  return node.kind === "variable" ? (node as Node<"variable">).attributes.name : `the result of ${node.kind}`;
}

/** Buffers that slots take turns on: the smallest that is large enough, or a new one. */
export class Pool {
  readonly #all: GPUBuffer[] = [];
  readonly #free: GPUBuffer[] = [];

  constructor(
    readonly device: Device,
    readonly label: string,
  ) {}

  /** Bytes of all buffers. */
  get bytes(): number {
    return this.#all.reduce((total, buffer) => total + buffer.size, 0);
  }

  take(bytes: number): BufferView {
    const fitting = this.#free.filter((buffer) => buffer.size >= bytes).sort((a, b) => a.size - b.size)[0];
    if (fitting) this.#free.splice(this.#free.indexOf(fitting), 1);
    const buffer = fitting ?? this.device.createBuffer(`${this.label} ${this.#all.length}`, bytes);
    if (!fitting) this.#all.push(buffer);
    return { buffer, offset: 0, bytes };
  }

  give({ buffer }: BufferView): void {
    this.#free.push(buffer);
  }

  destroy(): void {
    for (const buffer of this.#all.splice(0)) this.device.destroyBuffer(buffer);
  }
}
