/** The picture as it is seen: the original, the filling over it, and the painted mask. Draws, and decides nothing. */
import type { Mask } from "../mask.js";
import type { Region } from "../messages.js";
import { h } from "./dom.js";

export class Layers {
  readonly picture = h("canvas", { class: "picture", part: "canvas", "aria-hidden": "true" });
  readonly #filling = h("canvas", { class: "over" });
  readonly #veil = h("canvas", { class: "over veil", part: "mask" });
  readonly #square = h("div", { class: "over square" });
  /** Covers the whole picture, so that a slider can uncover it. */
  readonly #after = h("div", { class: "after" }, this.#filling);
  readonly #edge = h("div", { class: "edge", hidden: true });
  readonly element = h("div", { class: "layers" }, this.picture, this.#after, this.#square, this.#veil, this.#edge);
  readonly #stencil = document.createElement("canvas");
  #cells = new ImageData(1, 1);

  show(bitmap: ImageBitmap): void {
    Object.assign(this.picture, { width: bitmap.width, height: bitmap.height });
    this.picture.getContext("2d")?.drawImage(bitmap, 0, 0);
  }

  /** @param mask its side is that of the layers over the region */
  place(region: Region, mask: Mask): void {
    const { width, height } = this.picture;
    for (const layer of [this.#filling, this.#veil, this.#square]) {
      const { style } = layer;
      style.left = `${(region.x / width) * 100}%`;
      style.top = `${(region.y / height) * 100}%`;
      style.width = `${(region.side / width) * 100}%`;
      style.height = `${(region.side / height) * 100}%`;
    }
    this.#square.hidden = region.side === width && region.side === height;
    for (const canvas of [this.#filling, this.#veil, this.#stencil]) {
      Object.assign(canvas, { width: mask.side, height: mask.side });
    }
    this.#cells = new ImageData(mask.side, mask.side);
  }

  /** Colours the cells that are missing, with stripes that tell the mask from the picture without colour. */
  drawMask({ side, cells }: Mask): void {
    const pixels = new Uint32Array(this.#cells.data.buffer);
    const stripe = Math.max(1, Math.round(side / 64));
    for (let at = 0; at < cells.length; at++) {
      const bright = Math.floor(((at % side) + Math.floor(at / side)) / stripe) % 3 === 0;
      pixels[at] = cells[at] === 0 ? 0 : bright ? 0xf0ffffff : 0xb0ffffff;
    }
    const context = this.#veil.getContext("2d");
    if (!context) return;
    context.globalCompositeOperation = "copy";
    context.putImageData(this.#cells, 0, 0);
    context.globalCompositeOperation = "source-in";
    context.fillStyle = getComputedStyle(this.#veil).color;
    context.fillRect(0, 0, side, side);
  }

  /** Fixes what the filling may cover. */
  cutStencil({ cells }: Mask): void {
    const pixels = new Uint32Array(this.#cells.data.buffer);
    cells.forEach((cell, at) => {
      pixels[at] = cell === 0 ? 0 : 0xffffffff;
    });
    this.#stencil.getContext("2d")?.putImageData(this.#cells, 0, 0);
  }

  /** Lays a completed region of size×size pixels over the picture, inside the stencil. */
  drawFilling(rgba: Uint8ClampedArray<ArrayBuffer>, size: number): void {
    const small = document.createElement("canvas");
    Object.assign(small, { width: size, height: size });
    small.getContext("2d")?.putImageData(new ImageData(rgba, size, size), 0, 0);
    const context = this.#filling.getContext("2d");
    if (!context) return;
    const { width } = this.#filling;
    context.globalCompositeOperation = "copy";
    context.imageSmoothingQuality = "high";
    context.drawImage(small, 0, 0, width, width);
    context.globalCompositeOperation = "destination-in";
    context.drawImage(this.#stencil, 0, 0);
  }

  clearFilling(): void {
    this.#filling.getContext("2d")?.clearRect(0, 0, this.#filling.width, this.#filling.height);
  }

  set veiled(shown: boolean) {
    this.#veil.hidden = !shown;
  }

  /** @param share of the width, from where one begins to read, that shows the picture as it was */
  compare(share: number, rightToLeft: boolean): void {
    const cut = `${share * 100}%`;
    this.#edge.hidden = share === 0;
    this.#edge.style.left = `${(rightToLeft ? 1 - share : share) * 100}%`;
    this.#after.style.clipPath = rightToLeft ? `inset(0 ${cut} 0 0)` : `inset(0 0 0 ${cut})`;
  }
}
