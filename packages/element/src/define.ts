/** Registers `<image-completer>`. */
import { ImageCompleter } from "./element.js";

export * from "./index.js";

// A page may bring the script twice.
if (!customElements.get("image-completer")) customElements.define("image-completer", ImageCompleter);
