/** Registers `<image-completer>`. */
import { ImageCompleter } from "./element.js";

export * from "./index.js";

// A page may bring the script twice; a server that renders pages has no elements.
if (globalThis.customElements && !customElements.get("image-completer"))
  customElements.define("image-completer", ImageCompleter);
