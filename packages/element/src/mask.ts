/**
 * The mask while it is painted: hard-edged cells, strokes of a round brush, and a history. Knows no canvas. Soft edges
 * would leave a rim in the result, so a cell is missing or it is not.
 */
import type { PaintedMask } from "./messages.js";

export interface Point {
  readonly x: number;
  readonly y: number;
}

/** The most cells along a side: eight times finer than the usual model, and a step of history is still small. */
const FINEST = 512;
const STEPS = 100;

export class Mask implements PaintedMask {
  readonly side: number;
  cells: Uint8Array;
  #past: Uint8Array[] = [];
  #future: Uint8Array[] = [];

  /** @param pixels side of the region that is painted on */
  constructor(pixels: number) {
    this.side = Math.min(pixels, FINEST);
    this.cells = new Uint8Array(this.side ** 2);
  }

  get empty(): boolean {
    return !this.cells.includes(1);
  }

  get canUndo(): boolean {
    return this.#past.length > 0;
  }

  get canRedo(): boolean {
    return this.#future.length > 0;
  }

  /** Begins a change; what is done until the next `begin` is undone at once. */
  begin(): void {
    this.#past.push(this.cells.slice());
    if (this.#past.length > STEPS) this.#past.shift();
    this.#future = [];
  }

  undo(): boolean {
    return this.#move(this.#past, this.#future);
  }

  redo(): boolean {
    return this.#move(this.#future, this.#past);
  }

  #move(from: Uint8Array[], to: Uint8Array[]): boolean {
    const cells = from.pop();
    if (!cells) return false;
    to.push(this.cells);
    this.cells = cells;
    return true;
  }

  /** Draws a line with round ends: every cell whose centre is within `radius` of it. In cells; an edge may lie outside. */
  stroke(from: Point, to: Point, radius: number, value: 0 | 1): void {
    const { side, cells } = this;
    const reach = Math.max(radius, 0.5);
    const clamp = (at: number) => Math.min(side, Math.max(0, at));
    const [left, right] = [Math.min(from.x, to.x) - reach, Math.max(from.x, to.x) + reach];
    const [top, bottom] = [Math.min(from.y, to.y) - reach, Math.max(from.y, to.y) + reach];
    const [dx, dy] = [to.x - from.x, to.y - from.y];
    const length = dx * dx + dy * dy;
    for (let row = clamp(Math.floor(top)); row < clamp(Math.ceil(bottom)); row++) {
      for (let column = clamp(Math.floor(left)); column < clamp(Math.ceil(right)); column++) {
        const [px, py] = [column + 0.5 - from.x, row + 0.5 - from.y];
        const along = length === 0 ? 0 : Math.min(1, Math.max(0, (px * dx + py * dy) / length));
        if ((px - along * dx) ** 2 + (py - along * dy) ** 2 <= reach * reach) cells[row * side + column] = value;
      }
    }
  }

  clear(): void {
    this.cells.fill(0);
  }

  invert(): void {
    this.cells.forEach((cell, at) => {
      this.cells[at] = 1 - cell;
    });
  }

  /**
   * Takes a painted picture of side×side RGBA: white or transparent = missing, split in the middle, as mask files of the
   * command line are.
   */
  load(rgba: ArrayLike<number>): void {
    for (let at = 0; at < this.cells.length; at++) {
      // Rounded: in floating point the weights of white add up to a little less.
      const grey = Math.round(0.299 * rgba[4 * at]! + 0.587 * rgba[4 * at + 1]! + 0.114 * rgba[4 * at + 2]!);
      this.cells[at] = rgba[4 * at + 3]! < 128 || grey >= 128 ? 1 : 0;
    }
  }
}

/**
 * What a model of `size` pixels may look at, [size, size], 1 = known: a pixel is missing as soon as any cell in it is, so
 * that nothing of what was rubbed out shines through.
 */
export function knownPixels({ side, cells }: PaintedMask, size: number): Float32Array<ArrayBuffer> {
  const known = new Float32Array(size * size).fill(1);
  const first = (cell: number) => Math.floor((cell * size) / side);
  const end = (cell: number) => Math.ceil(((cell + 1) * size) / side);
  for (let at = 0; at < cells.length; at++) {
    if (cells[at] === 0) continue;
    const [row, column] = [Math.floor(at / side), at % side];
    for (let i = first(row); i < end(row); i++) known.fill(0, i * size + first(column), i * size + end(column));
  }
  return known;
}
