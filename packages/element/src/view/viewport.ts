/** Zoom and pan: a scale about a point, kept so that the picture never leaves its frame. Knows numbers alone. */
import type { Point } from "../mask.js";

const NEAREST = 16;

export class Viewport {
  scale = 1;
  /** Shift in frame widths and heights: 0 … 1 − scale. */
  x = 0;
  y = 0;

  /** @param at the point of the frame that stays where it is, 0…1 */
  zoom(factor: number, at: Point = { x: 0.5, y: 0.5 }): void {
    const scale = Math.min(NEAREST, Math.max(1, this.scale * factor));
    const ratio = scale / this.scale;
    this.scale = scale;
    this.#moveTo(at.x - (at.x - this.x) * ratio, at.y - (at.y - this.y) * ratio);
  }

  /** In frame widths and heights. */
  pan(dx: number, dy: number): void {
    this.#moveTo(this.x + dx, this.y + dy);
  }

  fit(): void {
    this.scale = 1;
    this.#moveTo(0, 0);
  }

  /** Scrolls a point of the picture (0…1) into the frame, where a brush moves out of it. */
  reveal({ x, y }: Point): void {
    const shift = (at: number, offset: number) => {
      const seen = at * this.scale + offset;
      return seen < 0 ? -seen : seen > 1 ? 1 - seen : 0;
    };
    this.pan(shift(x, this.x), shift(y, this.y));
  }

  #moveTo(x: number, y: number): void {
    const keep = (at: number) => Math.min(0, Math.max(1 - this.scale, at));
    this.x = keep(x);
    this.y = keep(y);
  }
}
