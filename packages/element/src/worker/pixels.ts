/** Pictures in the worker: a region at the model's size, and the result laid back into the whole. */
import type { PaintedMask, Region } from "../messages.js";

function canvas(side: number, height = side): [OffscreenCanvas, OffscreenCanvasRenderingContext2D] {
  const made = new OffscreenCanvas(side, height);
  const context = made.getContext("2d");
  if (!context) throw new Error("this browser has no canvas in workers");
  return [made, context];
}

/** The whole bitmap as size×size RGBA. At its own size every byte stays as it is. */
export function pixelsOf(bitmap: ImageBitmap, size: number): Uint8ClampedArray {
  const [, context] = canvas(size);
  context.imageSmoothingEnabled = bitmap.width !== size || bitmap.height !== size;
  context.imageSmoothingQuality = "high";
  context.drawImage(bitmap, 0, 0, size, size);
  return context.getImageData(0, 0, size, size).data;
}

/** The filling alone, as large as the region: opaque where the mask is painted, transparent elsewhere. */
export function patch(
  rgba: Uint8ClampedArray<ArrayBuffer>,
  size: number,
  mask: PaintedMask,
  side: number,
): OffscreenCanvas {
  const [small, smallContext] = canvas(size);
  smallContext.putImageData(new ImageData(rgba, size, size), 0, 0);
  const [stencil, stencilContext] = canvas(mask.side);
  const cells = new Uint32Array(mask.cells.length);
  mask.cells.forEach((cell, at) => {
    if (cell === 1) cells[at] = 0xffffffff;
  });
  stencilContext.putImageData(new ImageData(new Uint8ClampedArray(cells.buffer), mask.side, mask.side), 0, 0);
  const [made, context] = canvas(side);
  context.imageSmoothingEnabled = side !== size;
  context.imageSmoothingQuality = "high";
  context.drawImage(small, 0, 0, side, side);
  context.globalCompositeOperation = "destination-in";
  context.imageSmoothingEnabled = false;
  context.drawImage(stencil, 0, 0, side, side);
  return made;
}

/** The whole picture with its holes filled, as PNG. Pixels that were not rubbed out are those of the picture. */
export async function render(
  picture: ImageBitmap,
  region: Region,
  mask: PaintedMask,
  size: number,
  rgba: Uint8ClampedArray<ArrayBuffer>,
): Promise<Blob> {
  const [made, context] = canvas(picture.width, picture.height);
  context.drawImage(picture, 0, 0);
  context.drawImage(patch(rgba, size, mask, region.side), region.x, region.y);
  return made.convertToBlob({ type: "image/png" });
}
