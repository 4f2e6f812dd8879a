/** Alone in its file, because bundlers know this very expression, and the one-file build replaces the name in it. */
export function startWorker(): Worker {
  const url = new URL("./worker.js", import.meta.url);
  if (url.origin === location.origin) return new Worker(new URL("./worker.js", import.meta.url), { type: "module" });
  // A worker must come from the page's own host; one from there may import what another host allows.
  const script = URL.createObjectURL(new Blob([`import ${JSON.stringify(url.href)}`], { type: "text/javascript" }));
  const worker = new Worker(script, { type: "module" });
  // Revoked later: the browser reads it after this returns.
  setTimeout(() => URL.revokeObjectURL(script), 60_000);
  return worker;
}
