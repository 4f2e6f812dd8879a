/** Ways for a picture to leave the page. */
import { CompleterError } from "./messages.js";
import { h } from "./view/dom.js";

/** How long an address of a blob is kept: browsers read it some time after the click. */
const KEEP = 60_000;

export async function download(blob: Promise<Blob>, name: string): Promise<void> {
  const link = h("a", { href: URL.createObjectURL(await blob), download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), KEEP);
}

/** Throws CompleterError (copy-refused) where the browser or the person refuses, or there is no https. */
export async function copy(blob: Promise<Blob>): Promise<void> {
  // The promise goes in, not the blob: Safari asks that the write begin within the click.
  try {
    await navigator.clipboard.write([new ClipboardItem({ "image/png": blob })]);
  } catch (error) {
    throw error instanceof CompleterError ? error : new CompleterError("copy-refused", String(error));
  }
}
