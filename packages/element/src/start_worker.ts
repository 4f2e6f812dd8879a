/**
 * Starts the worker. Bundlers know the expression `new Worker(new URL(…, import.meta.url))`, and it must stand as it does; what
 * they make of the address is theirs, so that nothing else here may depend on it.
 */
import { CompleterError } from "./messages.js";

/** The file's name, for hosts that bundlers know nothing of. */
const FILE = "./worker.js";

/** Throws CompleterError (worker) where the page may not start it. */
export function startWorker(): Worker {
  try {
    return new Worker(new URL("./worker.js", import.meta.url), { type: "module" });
  } catch (error) {
    try {
      return fromElsewhere();
    } catch {
      throw new CompleterError("worker", `${error instanceof Error ? error.message : error}`);
    }
  }
}

/** A worker must come from the page's own host; one from there may import what another host allows. */
function fromElsewhere(): Worker {
  const { url } = import.meta;
  const script = URL.createObjectURL(
    new Blob([`import ${JSON.stringify(new URL(FILE, url).href)}`], { type: "text/javascript" }),
  );
  // Revoked later: the browser reads it after this returns.
  setTimeout(() => URL.revokeObjectURL(script), 60_000);
  return new Worker(script, { type: "module" });
}

/** Its file is not where the page's script expects it. */
export function unreachable(): CompleterError {
  return new CompleterError(
    "worker",
    `${FILE.slice(2)} could not be loaded: it must lie beside the script, under a policy whose worker-src allows it (from ` +
      "another host: blob:). With a bundler, see Bundlers in the README of @kintsugi/element.",
  );
}
