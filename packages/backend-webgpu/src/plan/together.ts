/**
 * Which steps are one dispatch though they are many: consecutive updates of state that lies side by side. The tensors they
 * read are then made side by side too, in an arena, at the distances that the state has, so that one kernel can walk over
 * all of them as over one; or they are state themselves, and lie so already. Between the tensors of an arena there are
 * zeros, which such a kernel may take in.
 */
import type { Tensor } from "@kintsugi/autodiff";
import { factsOf, isLeaf, replacesOf, type Step } from "@kintsugi/autodiff/backend";
import type { BufferView } from "@kintsugi/gpu";
import { type Arena, alignPlace, type Slot } from "./memory.js";

/**
 * Finds the runs of steps that can be one dispatch, and gives the slots of what they read their places in arenas.
 *
 * @param variable the buffer that holds a variable's value
 */
export function findTogether(
  steps: readonly Step[],
  slots: ReadonlyMap<Tensor, Slot>,
  variable: (tensor: Tensor) => BufferView,
): (readonly Step[])[] {
  const slotOf = (tensor: Tensor) => slots.get(tensor)!;
  const runs: Step[][] = [];
  for (const step of steps) {
    if (!isBatched(step) || !stateOf(step).every((tensor) => slotOf(tensor).origin.node.kind === "variable")) {
      runs.push([]);
      continue;
    }
    const run = runs.at(-1);
    const last = run?.at(-1);
    const view = (tensor: Tensor) => variable(slotOf(tensor).origin);
    if (run && last && alike(last, step) && stateOf(step).every((x, i) => follows(view(stateOf(last)[i]!), view(x)))) {
      run.push(step);
    } else {
      runs.push([step]);
    }
  }
  const readsState = (run: readonly Step[]) => {
    const read = run.map((step) => slotOf(readBy(step)).origin);
    if (!read.every(({ node }) => node.kind === "variable")) return false;
    return liesLike(
      run.map((step) => variable(slotOf(stateOf(step)[0]!).origin)),
      read.map(variable),
    );
  };
  const several = runs.filter((run) => run.length > 1);
  const placed = several.filter((run) => place(run.map((step) => slotOf(readBy(step)))));
  giveUpConflicts(steps, slotOf);
  return several.filter((run) => (placed.includes(run) ? slotOf(readBy(run[0]!)).place : readsState(run)));
}

/** Whether views lie at the distances that others have, in a buffer that a dispatch may read while it writes to theirs. */
function liesLike(others: readonly BufferView[], views: readonly BufferView[]): boolean {
  const distance = views[0]!.offset - others[0]!.offset;
  return views.every(
    ({ buffer, offset }, i) =>
      buffer === views[0]!.buffer && buffer !== others[i]!.buffer && offset - others[i]!.offset === distance,
  );
}

function isBatched({ node: { kind } }: Step): boolean {
  const facts = factsOf(kind);
  return facts.role === "state" && facts.batched;
}

function stateOf({ node, inputs }: Step): readonly Tensor[] {
  return inputs.slice(0, replacesOf(node));
}

/** The tensor by which a step moves its state. */
export function readBy({ node, inputs }: Step): Tensor {
  return inputs[replacesOf(node)]!;
}

/** Whether two steps do the same to different state. */
function alike(a: Step, b: Step): boolean {
  if (a.node.kind !== b.node.kind) return false;
  if (JSON.stringify(a.node.attributes) !== JSON.stringify(b.node.attributes)) return false;
  if (a.node.kind === "runningAverage") return readBy(a).shape[0] === readBy(b).shape[0];
  return a.inputs.at(-1) === b.inputs.at(-1);
}

/** Neighbours in an arena as one view, the zeros between them included. */
export function joined(views: readonly BufferView[], isArena: (buffer: GPUBuffer) => boolean): readonly BufferView[] {
  const all: BufferView[] = [];
  for (const view of views) {
    const last = all.at(-1);
    if (last && isArena(view.buffer) && follows(last, view)) {
      all[all.length - 1] = { ...last, bytes: view.offset + view.bytes - last.offset };
    } else {
      all.push(view);
    }
  }
  return all;
}

function follows(before: BufferView, after: BufferView): boolean {
  return before.buffer === after.buffer && alignPlace(before.offset + before.bytes) === after.offset;
}

/** Puts slots one after the other into an arena. False where one of them cannot be moved there. */
function place(slots: readonly Slot[]): boolean {
  const [first] = slots;
  if (first?.place) return slots.every(({ place }) => place && place.arena === first.place!.arena) && isWhole(slots);
  if (new Set(slots).size < slots.length) return false;
  if (slots.some((slot) => slot.place || slot.version > 0 || isLeaf(slot.origin.node))) return false;
  let bytes = 0;
  const offsets = slots.map((slot) => {
    const offset = alignPlace(bytes);
    bytes = offset + slot.bytes;
    return offset;
  });
  const arena: Arena = { layout: `${bytes}: ${offsets.join(" ")}`, bytes, slots: new Set(slots) };
  slots.forEach((slot, i) => {
    slot.place = { arena, offset: offsets[i]! };
  });
  return true;
}

/** Whether slots that have places already have those which they would be given. */
function isWhole(slots: readonly Slot[]): boolean {
  return slots.every(({ place }, i) => {
    const before = slots[i - 1];
    return place!.offset === (before ? alignPlace(before.place!.offset + before.bytes) : 0);
  });
}

/**
 * WebGPU forbids a dispatch to read from a buffer that it also writes to, at whatever place. Where a step would, the arena
 * is given up.
 */
function giveUpConflicts(steps: readonly Step[], slotOf: (tensor: Tensor) => Slot): void {
  for (const { node, inputs, outputs } of steps) {
    if (factsOf(node.kind).role === "view") continue;
    const read = new Set(inputs.map((tensor) => slotOf(tensor).place?.arena));
    for (const tensor of outputs) {
      const { place } = slotOf(tensor);
      if (!place || !read.has(place.arena)) continue;
      for (const slot of place.arena.slots) delete slot.place;
    }
  }
}
