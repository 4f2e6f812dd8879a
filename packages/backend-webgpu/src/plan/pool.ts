/** Buffers that slots take turns on. */
import type { BufferView, Device } from "@kintsugi/gpu";
import type { Slot } from "./memory.js";

export class Pool {
  readonly #all: GPUBuffer[] = [];
  readonly #free: GPUBuffer[] = [];
  /** Buffers of arenas. */
  readonly #gapped = new Set<GPUBuffer>();
  /** The free ones of them, by layout. */
  readonly #arenas = new Map<string, BufferView[]>();

  constructor(
    readonly device: Device,
    readonly label: string,
  ) {}

  /** Bytes of all buffers. */
  get bytes(): number {
    return this.#all.reduce((total, buffer) => total + buffer.size, 0);
  }

  /** The smallest free buffer that is large enough, or a new one. */
  take(bytes: number): BufferView {
    const fitting = this.#free.filter((buffer) => buffer.size >= bytes).sort((a, b) => a.size - b.size)[0];
    if (fitting) this.#free.splice(this.#free.indexOf(fitting), 1);
    return { buffer: fitting ?? this.#create(bytes), offset: 0, bytes };
  }

  /** A buffer that takes no turns, for what is written once and must stay. */
  keep(bytes: number): BufferView {
    return { buffer: this.#create(bytes), offset: 0, bytes };
  }

  give({ buffer }: BufferView): void {
    this.#free.push(buffer);
  }

  /** The memory of a slot: a buffer, or its place in its arena's. */
  takeSlot({ bytes, place }: Slot): BufferView {
    if (!place) return this.take(bytes);
    const { arena, offset } = place;
    // New buffers are zeroed, and none but arenas of this layout ever writes to it.
    arena.view ??= this.#arenas.get(arena.layout)?.pop() ?? this.#createArena(arena.bytes);
    return { buffer: arena.view.buffer, offset, bytes };
  }

  /** Takes the memory of a slot back; that of an arena, with its last slot. */
  giveSlot(slot: Slot): void {
    if (!slot.place) {
      this.give(slot.view!);
      return;
    }
    const { arena } = slot.place;
    arena.slots.delete(slot);
    if (arena.slots.size > 0) return;
    this.#arenas.set(arena.layout, [...(this.#arenas.get(arena.layout) ?? []), arena.view!]);
  }

  isArena(buffer: GPUBuffer): boolean {
    return this.#gapped.has(buffer);
  }

  destroy(): void {
    for (const buffer of this.#all.splice(0)) this.device.destroyBuffer(buffer);
  }

  #createArena(bytes: number): BufferView {
    const buffer = this.#create(bytes);
    this.#gapped.add(buffer);
    return { buffer, offset: 0, bytes };
  }

  #create(bytes: number): GPUBuffer {
    const buffer = this.device.createBuffer(`${this.label} ${this.#all.length}`, bytes);
    this.#all.push(buffer);
    return buffer;
  }
}
