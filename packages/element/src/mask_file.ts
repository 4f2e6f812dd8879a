/** Mask files: pictures that are white or transparent where something is to be filled. */
import type { Region } from "./messages.js";
import { loadPicture, type PictureSource } from "./picture.js";
import { h } from "./view/dom.js";

/**
 * The part of a mask that lies over `region`, side×side RGBA. A mask of the picture's shape lies over the whole picture, any
 * other over the region alone. Throws CompleterError.
 */
export async function maskPixels(
  source: PictureSource,
  picture: ImageBitmap,
  region: Region,
  side: number,
): Promise<Uint8ClampedArray> {
  const painted = await loadPicture(source);
  const whole = Math.abs(painted.width / painted.height - picture.width / picture.height) < 0.01;
  const canvas = h("canvas", { width: String(side), height: String(side) });
  const context = canvas.getContext("2d", { willReadFrequently: true });
  if (!context) throw new Error("this browser gives no canvas");
  const [sx, sy] = whole
    ? [painted.width / picture.width, painted.height / picture.height]
    : [painted.width / region.side, painted.height / region.side];
  const [x, y] = whole ? [region.x, region.y] : [0, 0];
  context.drawImage(painted, x * sx, y * sy, region.side * sx, region.side * sy, 0, 0, side, side);
  painted.close();
  return context.getImageData(0, 0, side, side).data;
}
