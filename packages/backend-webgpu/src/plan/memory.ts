/**
 * Which tensors share a buffer. A slot is the storage of one value over its life: a reshape shares its input's, and an
 * in-place op hands its input's on. Slots whose lives do not overlap take turns on the buffers of a pool.
 */
import { type Node, type Program, sizeOf, type Tensor } from "@kintsugi/autodiff";
import { factsOf, leaving, replacesOf, type Step } from "@kintsugi/autodiff/backend";
import type { BufferView } from "@kintsugi/gpu";

export interface Slot {
  readonly bytes: number;
  /** The tensor that it was made for; a reshape or an in-place op adds others. */
  readonly origin: Tensor;
  /** The last step that reads or writes it. */
  lastUse: number;
  /** How often an in-place op has replaced its value; a tensor knows the version it stands for. */
  version: number;
  view?: BufferView;
  /** Where it lies together with others; see `together.ts`. */
  place?: { readonly arena: Arena; readonly offset: number };
}

/** One buffer for several slots, with zeros between them. */
export interface Arena {
  /** Sizes and places. Arenas of one layout take turns on a buffer: what is a gap to one is a gap to the other. */
  readonly layout: string;
  readonly bytes: number;
  /** Those that are still needed. */
  readonly slots: Set<Slot>;
  view?: BufferView;
}

/** Bindings begin at multiples of this, the default `minStorageBufferOffsetAlignment`. */
const PLACE = 256;

/** The next byte at which a tensor can begin in a buffer that it shares. */
export function alignPlace(bytes: number): number {
  return Math.ceil(bytes / PLACE) * PLACE;
}

/**
 * Gives each tensor its slot, and each slot its life. Throws where a value is read after it was replaced, by the program
 * or by who reads its results, and where an in-place op would change what must outlive the run as it is.
 */
export function assignSlots(program: Program, leaves: readonly Node[], steps: readonly Step[]): Map<Tensor, Slot> {
  const slots = new Map<Tensor, Slot>();
  const versions = new Map<Tensor, number>();
  const create = (tensor: Tensor, step: number) => {
    slots.set(tensor, { bytes: sizeOf(tensor.shape) * 4, origin: tensor, lastUse: step, version: 0 });
    versions.set(tensor, 0);
  };
  const share = (tensor: Tensor, slot: Slot) => {
    slots.set(tensor, slot);
    versions.set(tensor, slot.version);
  };
  const read = (reader: string, tensor: Tensor): Slot => {
    const slot = slots.get(tensor)!;
    if (versions.get(tensor) === slot.version) return slot;
    throw new Error(`${program.name}: ${reader} reads a value after ${describe(slot.origin)} was replaced`);
  };
  for (const leaf of leaves) create(leaf.outputs[0]!, -1);
  steps.forEach(({ node, inputs, outputs }, index) => {
    for (const input of inputs) read(node.kind, input).lastUse = index;
    outputs.forEach((output, position) => {
      if (factsOf(node.kind).role === "view") {
        share(output, slots.get(inputs[0]!)!);
      } else if (position < replacesOf(node)) {
        const slot = slots.get(inputs[position]!)!;
        slot.version++;
        share(output, slot);
      } else {
        create(output, index);
      }
    });
  });
  for (const [label, tensor] of leaving(program)) read(label, tensor).lastUse = Number.POSITIVE_INFINITY;
  checkReplaced(program, leaves, slots);
  return slots;
}

/** Leaves outlive a run: only an update may change them, and an output that shows one would show its new value. */
function checkReplaced(program: Program, leaves: readonly Node[], slots: ReadonlyMap<Tensor, Slot>): void {
  const updates = program.updates ?? [];
  for (const [tensor] of leaves.map((leaf) => leaf.outputs)) {
    const slot = slots.get(tensor!)!;
    const inPlace = updates.some(({ variable, value }) => variable === tensor && slots.get(value) === slot);
    if (slot.version > 0 && !inPlace) {
      throw new Error(`${program.name}: ${describe(slot.origin)} is replaced in place, and no update says so`);
    }
    if (inPlace || !updates.some(({ variable }) => variable === tensor)) continue;
    const shown = Object.entries(program.outputs ?? {}).find(([, output]) => slots.get(output) === slot);
    if (shown) {
      throw new Error(`${program.name}: the output ${shown[0]} is ${describe(slot.origin)}, which the run replaces`);
    }
  }
}

function describe({ node }: Tensor): string {
  if (node.kind === "variable" || node.kind === "input") return (node as Node<"variable" | "input">).attributes.name;
  return node.kind === "constant" ? "a constant" : `the result of ${node.kind}`;
}
