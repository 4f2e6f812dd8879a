/** Gets pictures, from files, addresses or the page itself, as bitmaps; and says what part of one is completed. */
import { CompleterError, type Region } from "./messages.js";

export type PictureSource = string | Blob | ImageBitmap | ImageData | HTMLImageElement | HTMLCanvasElement;

/** Throws CompleterError: picture-cors, picture-fetch, picture-format. */
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
    return await createImageBitmap(source);
  } catch (error) {
    // A canvas that another host's picture was drawn into may be shown and not read.
    const code = error instanceof DOMException && error.name === "SecurityError" ? "picture-cors" : "picture-format";
    throw new CompleterError(code, `${name}: ${error instanceof Error ? error.message : error}`);
  }
}

/** The largest square, at `position` (0…1) along the longer side. */
export function squareAt(width: number, height: number, position = 0.5): Region {
  const side = Math.min(width, height);
  return { x: Math.round((width - side) * position), y: Math.round((height - side) * position), side };
}
