/** Gets pictures, from files, addresses or the page itself, as bitmaps; and says what part of one is completed. */
import { CompleterError, type Region } from "./messages.js";

export type PictureSource = string | Blob | ImageBitmap | ImageData | HTMLImageElement | HTMLCanvasElement;

/** Throws CompleterError: picture-cors, picture-fetch, picture-format, picture-size. */
export async function loadPicture(source: PictureSource, signal?: AbortSignal): Promise<ImageBitmap> {
  if (typeof source === "string") return decode(await download(source, signal), source);
  if (source instanceof HTMLImageElement) await source.decode().catch(() => {});
  return decode(source, source instanceof File ? source.name : "the picture");
}

async function download(address: string, signal?: AbortSignal): Promise<Blob> {
  const url = new URL(address, document.baseURI);
  const response = await fetch(url, { ...(signal ? { signal } : {}) }).catch((error: unknown) => {
    signal?.throwIfAborted();
    // A browser does not tell a refusal to share from a host that is not there.
    const code = url.origin === location.origin ? "picture-fetch" : "picture-cors";
    throw new CompleterError(code, `${address}: ${error instanceof Error ? error.message : error}`);
  });
  if (!response.ok) throw new CompleterError("picture-fetch", `${address}: HTTP ${response.status}`);
  return response.blob();
}

/** Files are decoded off the main thread. */
async function decode(source: ImageBitmapSource, name: string): Promise<ImageBitmap> {
  try {
    const bitmap = await createImageBitmap(source);
    check(bitmap, name);
    return bitmap;
  } catch (error) {
    if (error instanceof CompleterError) throw error;
    // A canvas that another host's picture was drawn into may be shown and not read.
    const code = error instanceof DOMException && error.name === "SecurityError" ? "picture-cors" : "picture-format";
    throw new CompleterError(code, `${name}: ${error instanceof Error ? error.message : error}`);
  }
}

/** Of every browser: canvases of so many pixels, and so many along a side, can be had. */
const SAFE = { pixels: 2 ** 24, side: 8192 };

/** Reads one pixel, as completing will: pictures of other hosts can be shown but not read, large ones become empty canvases. */
function check(bitmap: ImageBitmap, name: string): void {
  const { width, height } = bitmap;
  const small = width * height <= SAFE.pixels && Math.max(width, height) <= SAFE.side;
  const [canvasWidth, canvasHeight] = small ? [1, 1] : [width, height];
  try {
    const context = new OffscreenCanvas(canvasWidth, canvasHeight).getContext("2d", { willReadFrequently: true });
    context?.drawImage(bitmap, 0, 0, 1, 1);
    context?.getImageData(0, 0, 1, 1);
    if (small) return;
    context?.fillRect(canvasWidth - 1, canvasHeight - 1, 1, 1);
    if (context?.getImageData(canvasWidth - 1, canvasHeight - 1, 1, 1).data[3] === 255) return;
  } catch (error) {
    if (error instanceof DOMException && error.name === "SecurityError") throw error;
  }
  throw new CompleterError("picture-size", `${name}: ${width}×${height} pixels`);
}

/** The largest square, at `position` (0…1) along the longer side. */
export function squareAt(width: number, height: number, position = 0.5): Region {
  const side = Math.min(width, height);
  return { x: Math.round((width - side) * position), y: Math.round((height - side) * position), side };
}
