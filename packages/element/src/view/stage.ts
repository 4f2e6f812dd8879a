/**
 * Where one paints: pointers and keys become strokes on the mask, zoom and pan. Pens, fingers and mice are one path; two
 * fingers, the middle button and Control with the wheel move the view.
 */
import type { Mask, Point } from "../mask.js";
import type { Region } from "../messages.js";
import { h } from "./dom.js";
import { Layers } from "./layers.js";
import { Viewport } from "./viewport.js";

export interface StageEvents {
  /** A stroke begins: whatever was shown instead of the mask goes. Returns whether one may paint. */
  onBegin(): boolean;
  /** The mask has changed. */
  onChange(): void;
  /** A key that is not about the brush or the view. */
  onKey(event: KeyboardEvent): void;
}

export class Stage {
  readonly layers = new Layers();
  readonly viewport = new Viewport();
  readonly #ring = h("div", { class: "ring", hidden: true });
  readonly element: HTMLDivElement;
  /** Brush diameter as a share of the region on screen. */
  brush = 0.16;
  erasing = false;
  #mask: Mask | undefined;
  #region: Region = { x: 0, y: 0, side: 1 };
  /** Where the brush is, in cells. */
  #at: Point = { x: 0, y: 0 };
  readonly #pointers = new Map<number, Point>();
  #painting: number | "key" | undefined;
  #frame = 0;

  constructor(
    label: string,
    readonly events: StageEvents,
  ) {
    this.element = h(
      "div",
      {
        class: "stage",
        part: "stage",
        tabindex: "0",
        role: "application",
        "aria-label": label,
        "aria-describedby": "keys",
        onpointerdown: (event) => this.#down(event as PointerEvent),
        onpointermove: (event) => this.#move(event as PointerEvent),
        onpointerup: (event) => this.#up(event as PointerEvent),
        onpointercancel: (event) => this.#up(event as PointerEvent),
        onpointerleave: () => this.#leave(),
        onkeydown: (event) => this.#key(event as KeyboardEvent),
        onkeyup: (event) => this.#keyUp(event as KeyboardEvent),
        onfocus: () => this.#drawRing(),
        onblur: () => this.#leave(),
      },
      this.layers.element,
      this.#ring,
    );
    // Not passive: with Control the wheel zooms the picture, and not the page.
    this.element.addEventListener("wheel", (event) => this.#wheel(event), { passive: false });
  }

  show(bitmap: ImageBitmap): void {
    this.layers.show(bitmap);
    this.element.style.setProperty("--ratio", String(bitmap.width / bitmap.height));
    this.viewport.fit();
    this.#applyView();
  }

  paintOn(mask: Mask, region: Region): void {
    // A stroke that is under way was meant for what was here before.
    this.#painting = undefined;
    this.#pointers.clear();
    this.#mask = mask;
    this.#region = region;
    this.#at = { x: mask.side / 2, y: mask.side / 2 };
    this.layers.place(region, mask);
    this.redraw();
  }

  /** Draws the mask once before the next frame, however often it changes until then. */
  redraw(): void {
    if (this.#frame) return;
    this.#frame = requestAnimationFrame(() => {
      this.#frame = 0;
      if (this.#mask) this.layers.drawMask(this.#mask);
    });
  }

  zoom(factor: number, at?: Point): void {
    this.viewport.zoom(factor, at);
    this.#applyView();
  }

  fit(): void {
    this.viewport.fit();
    this.#applyView();
  }

  #applyView(): void {
    const { x, y, scale } = this.viewport;
    this.layers.element.style.transform = `translate(${x * 100}%, ${y * 100}%) scale(${scale})`;
    this.#drawRing();
  }

  /** Brush radius in cells: zoomed in, the same brush is finer. */
  get #radius(): number {
    return ((this.brush / 2) * (this.#mask?.side ?? 1)) / this.viewport.scale;
  }

  /** Where a point of the page lies, in cells of the mask. */
  #cellAt(event: { readonly clientX: number; readonly clientY: number }): Point {
    const { picture } = this.layers;
    const box = picture.getBoundingClientRect();
    const cells = (this.#mask?.side ?? 1) / this.#region.side;
    return {
      x: (((event.clientX - box.left) / box.width) * picture.width - this.#region.x) * cells,
      y: (((event.clientY - box.top) / box.height) * picture.height - this.#region.y) * cells,
    };
  }

  #inFrame(point: Point): Point {
    const box = this.element.getBoundingClientRect();
    return { x: (point.x - box.left) / box.width, y: (point.y - box.top) / box.height };
  }

  #down(event: PointerEvent): void {
    if (!this.#mask || (event.pointerType === "mouse" && event.button > 1)) return;
    this.element.setPointerCapture(event.pointerId);
    this.#pointers.set(event.pointerId, { x: event.clientX, y: event.clientY });
    if (this.#pointers.size > 1) {
      // A second finger: the first one's dab was none.
      if (this.#painting !== undefined) this.#mask.undo();
      this.#painting = undefined;
      this.redraw();
    } else if (event.button === 0) {
      this.#at = this.#cellAt(event);
      this.#begin(event.pointerId);
    }
  }

  #move(event: PointerEvent): void {
    const before = this.#pointers.get(event.pointerId);
    if (before) {
      const now = { x: event.clientX, y: event.clientY };
      if (this.#painting === undefined) this.#drag(event.pointerId, before, now);
      this.#pointers.set(event.pointerId, now);
    }
    // The browser gathers a fast pen's points; without them curves become corners.
    const points = event.getCoalescedEvents?.() ?? [];
    for (const point of points.length > 0 ? points : [event]) {
      const to = this.#cellAt(point);
      if (this.#painting === event.pointerId) this.#stroke(to);
      this.#at = to;
    }
    if (this.#painting !== "key") this.#drawRing();
  }

  /** One pointer pans; two also zoom, by how their distance changes. */
  #drag(id: number, before: Point, now: Point): void {
    const { width, height } = this.element.getBoundingClientRect();
    const others = [...this.#pointers].filter(([other]) => other !== id);
    const share = 1 / (others.length + 1);
    this.viewport.pan(((now.x - before.x) / width) * share, ((now.y - before.y) / height) * share);
    const [, other] = others[0] ?? [];
    if (other) {
      const distance = (point: Point) => Math.hypot(point.x - other.x, point.y - other.y);
      const middle = { x: (now.x + other.x) / 2, y: (now.y + other.y) / 2 };
      this.viewport.zoom(distance(now) / Math.max(1, distance(before)), this.#inFrame(middle));
    }
    this.#applyView();
  }

  #up(event: PointerEvent): void {
    this.#pointers.delete(event.pointerId);
    if (this.#painting === event.pointerId) this.#end();
  }

  #leave(): void {
    if (this.#painting === undefined) this.#ring.hidden = true;
    if (this.#painting === "key") this.#end();
  }

  #begin(by: number | "key"): void {
    if (!this.#mask || !this.events.onBegin()) return;
    this.#painting = by;
    this.#mask.begin();
    this.#stroke(this.#at);
  }

  #stroke(to: Point): void {
    this.#mask?.stroke(this.#at, to, this.#radius, this.erasing ? 0 : 1);
    this.redraw();
  }

  #end(): void {
    this.#painting = undefined;
    this.events.onChange();
  }

  #wheel(event: WheelEvent): void {
    if (!event.ctrlKey && !event.metaKey) return;
    event.preventDefault();
    this.zoom(Math.exp(-event.deltaY / 200), this.#inFrame({ x: event.clientX, y: event.clientY }));
  }

  #key(event: KeyboardEvent): void {
    const direction = DIRECTIONS[event.key];
    if (!this.#mask || event.ctrlKey || event.metaKey || event.altKey) this.events.onKey(event);
    else if (direction && event.shiftKey) this.viewport.pan(-direction.x * 0.1, -direction.y * 0.1);
    else if (direction) this.#step(direction);
    else if (event.key === " ") {
      if (!event.repeat) this.#begin("key");
    } else if (event.key === "+" || event.key === "=") this.viewport.zoom(1.25);
    else if (event.key === "-") this.viewport.zoom(0.8);
    else if (event.key === "0") this.viewport.fit();
    else {
      this.events.onKey(event);
      this.#drawRing();
      return;
    }
    event.preventDefault();
    this.#applyView();
  }

  #keyUp(event: KeyboardEvent): void {
    if (event.key === " " && this.#painting === "key") this.#end();
  }

  /** Moves the brush by a fortieth of what is seen; the view follows. */
  #step({ x, y }: Point): void {
    const { side } = this.#mask!;
    const step = Math.max(1, side / 40 / this.viewport.scale);
    const keep = (at: number) => Math.min(side, Math.max(0, at));
    const to = { x: keep(this.#at.x + x * step), y: keep(this.#at.y + y * step) };
    if (this.#painting === "key") this.#stroke(to);
    this.#at = to;
    this.viewport.reveal(this.#shareOf(to));
  }

  /** Cells as a share of the whole picture. */
  #shareOf({ x, y }: Point): Point {
    const { picture } = this.layers;
    const pixels = this.#region.side / (this.#mask?.side ?? 1);
    return { x: (this.#region.x + x * pixels) / picture.width, y: (this.#region.y + y * pixels) / picture.height };
  }

  #drawRing(): void {
    if (!this.#mask) return;
    const { x, y, scale } = this.viewport;
    const share = this.#shareOf(this.#at);
    const { style } = this.#ring;
    // Without a pointer or the keyboard's focus here there is no brush to show.
    this.#ring.hidden = !this.element.matches(":hover, :focus-visible");
    style.left = `${(share.x * scale + x) * 100}%`;
    style.top = `${(share.y * scale + y) * 100}%`;
    style.width = `${((this.brush * this.#region.side) / this.layers.picture.width) * 100}%`;
  }
}

const DIRECTIONS: Readonly<Record<string, Point | undefined>> = {
  ArrowLeft: { x: -1, y: 0 },
  ArrowRight: { x: 1, y: 0 },
  ArrowUp: { x: 0, y: -1 },
  ArrowDown: { x: 0, y: 1 },
};
