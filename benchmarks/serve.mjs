/** `npm run bench:web [-- --port N]`: serves the page with the benchmarks on this machine. */
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const { values } = parseArgs({ options: { port: { type: "string", default: "8787" } } });
const file = (name) => fileURLToPath(new URL(name, import.meta.url));
const files = {
  "/": [file("web.html"), "text/html; charset=utf-8"],
  "/page.js": [file("dist/web/page.js"), "text/javascript; charset=utf-8"],
};

const server = createServer(async (request, response) => {
  const found = files[new URL(request.url ?? "/", "http://localhost").pathname];
  if (!found) {
    response.writeHead(404).end();
    return;
  }
  const [path, type] = found;
  response.writeHead(200, { "content-type": type, "cache-control": "no-store" }).end(await readFile(path));
});
// Not to the network: WebGPU needs a secure context, which localhost is.
server.listen(Number(values.port), "localhost", () => {
  console.error(`benchmarks: http://localhost:${values.port}/ (Ctrl-C to end)`);
});
