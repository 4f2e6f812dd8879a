/** Mask files: pictures that are white or transparent where something is to be filled. */
import { CompleterError, type Region } from "./messages.js";
import { loadPicture, type PictureSource } from "./picture.js";
import { h } from "./view/dom.js";

/**
 * The part of a mask that lies over `region`, side×side RGBA. It has the shape of the picture. Throws CompleterError: mask-shape, and
 * those of pictures.
 */
export async function maskPixels(
  source: PictureSource,
  picture: ImageBitmap,
  region: Region,
  side: number,
): Promise<Uint8ClampedArray> {
  const painted = await loadPicture(source);
  const [sx, sy] = [painted.width / picture.width, painted.height / picture.height];
  // One pixel of the mask is what rounding leaves when a picture is resized.
  if (Math.min(Math.abs(sx * picture.height - painted.height), Math.abs(sy * picture.width - painted.width)) > 1) {
    const [mask, other] = [painted, picture].map(({ width, height }) => `${width}×${height}`);
    painted.close();
    throw new CompleterError("mask-shape", `the mask is ${mask}, the picture ${other}`);
  }
  const canvas = h("canvas", { width: String(side), height: String(side) });
  const context = canvas.getContext("2d", { willReadFrequently: true });
  if (!context) throw new Error("this browser gives no canvas");
  context.drawImage(painted, region.x * sx, region.y * sy, region.side * sx, region.side * sy, 0, 0, side, side);
  painted.close();
  return context.getImageData(0, 0, side, side).data;
}
