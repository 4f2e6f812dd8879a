/** Where the worker's file lies, for hosts that bundlers know nothing of; they know the expression below. */
const FILE = "./worker.js";

export function startWorker(): Worker {
  if (new URL(import.meta.url).origin === location.origin) {
    return new Worker(new URL("./worker.js", import.meta.url), { type: "module" });
  }
  // A worker must come from the page's own host; one from there may import what another host allows.
  const { href } = new URL(FILE, import.meta.url);
  const script = URL.createObjectURL(new Blob([`import ${JSON.stringify(href)}`], { type: "text/javascript" }));
  const worker = new Worker(script, { type: "module" });
  // Revoked later: the browser reads it after this returns.
  setTimeout(() => URL.revokeObjectURL(script), 60_000);
  return worker;
}
