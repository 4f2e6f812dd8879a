/** A small web host for the tests: the bundle, the model and pictures, under a policy that allows nothing inline. */
import { readdirSync, readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { extname, join } from "node:path";
import { fromBytes } from "@kintsugi/images";
import { encodePng } from "@kintsugi/images/node";
import { toyFace } from "@kintsugi/images/toy";
import { bundle } from "../build.mjs";

const TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript",
  ".png": "image/png",
  ".css": "text/css",
  ".wasm": "application/wasm",
};

export const MODEL = readFileSync(new URL("fixtures/toy-16.safetensors", import.meta.url));

/** A toy face as PNG; oblong ones have it in the middle, on grey. */
export function face(index: number, size: number, height = size): Buffer {
  const bytes = new Uint8Array(size * height * 3).fill(90);
  bytes.set(toyFace(5, index, size), Math.floor((height - size) / 2) * size * 3);
  return Buffer.from(encodePng(fromBytes(bytes, size, height, 3)));
}

export interface Site {
  readonly url: string;
  /** Another host, that shares nothing. */
  readonly foreign: string;
  /** Paths that were asked for. */
  readonly log: string[];
  /** From now on every request for the model breaks off. */
  offline: boolean;
  /** Whether the policy allows WebAssembly. */
  wasm: boolean;
  /** Milliseconds that the model takes. */
  delay: number;
  /** Script that runs in the worker before its own. */
  prelude: string;
  /** Pictures whose address begins with /slow wait for this. */
  gate: Promise<unknown>;
  close(): Promise<void>;
}

/** @param attributes of the element */
export const page = (attributes: string, head = "") => `<!doctype html><html lang="en"><head><title>Test</title>${head}
<script type="module" src="/image-completer.js"></script></head>
<body><main><h1>Test</h1><image-completer ${attributes}></image-completer></main></body></html>`;

const policy = (foreign: string, wasm: boolean) =>
  `default-src 'none'; script-src 'self'${wasm ? " 'wasm-unsafe-eval'" : ""}; worker-src 'self'; img-src 'self' blob:; connect-src 'self' ${foreign}`;

/** @param pages further files, by path */
export async function openSite(pages: Readonly<Record<string, string | Buffer>> = {}): Promise<Site> {
  const folder = await mkdtemp(join(tmpdir(), "element-"));
  await bundle(folder);
  const files = new Map<string, Buffer>([
    ["/toy-16.safetensors", MODEL],
    ["/broken.safetensors", MODEL.subarray(0, 5000)],
    ["/face.png", face(1, 16)],
    ["/large.png", face(2, 96, 128)],
    ["/slow.png", face(4, 16)],
    ["/text.png", Buffer.from("no picture")],
    ...Object.entries(pages).map(
      ([path, text]) => [path, typeof text === "string" ? Buffer.from(text) : text] as const,
    ),
  ]);
  for (const name of readdirSync(folder)) files.set(`/${name}`, readFileSync(join(folder, name)));
  const other = createServer((_, response) => void response.end(face(3, 16)));
  const foreign = await listen(other);
  const site = { log: [] as string[], offline: false, wasm: false, delay: 0, prelude: "", gate: Promise.resolve() };
  const answer = (request: IncomingMessage, response: ServerResponse) => {
    const { pathname, searchParams } = new URL(request.url ?? "/", "http://host");
    site.log.push(pathname);
    const isModel = pathname.endsWith(".safetensors");
    if (isModel && site.offline) return void response.destroy();
    if (pathname === "/never.safetensors") return void response.writeHead(200).write(MODEL.subarray(0, 1000));
    const file = pathname === "/" ? page(searchParams.get("attributes") ?? "") : files.get(pathname);
    const body = site.prelude && pathname.endsWith("worker.js") ? `${site.prelude};${file}` : file;
    response.setHeader("content-security-policy", policy(foreign, site.wasm));
    response.setHeader("cache-control", "no-store");
    response.setHeader(
      "content-type",
      TYPES[extname(pathname)] ?? (pathname === "/" ? TYPES[".html"]! : "application/octet-stream"),
    );
    if (body) response.setHeader("content-length", Buffer.byteLength(body));
    else response.statusCode = 404;
    const finish = () => response.end(body ?? "nothing here");
    if (pathname.startsWith("/slow")) void site.gate.then(finish);
    else setTimeout(finish, isModel ? site.delay : 0);
  };
  const server = createServer(answer);
  const url = await listen(server);
  return Object.assign(site, {
    url,
    foreign,
    async close() {
      for (const each of [server, other]) {
        each.closeAllConnections();
        each.close();
      }
      await rm(folder, { recursive: true });
    },
  });
}

function listen(server: ReturnType<typeof createServer>): Promise<string> {
  return new Promise((resolve) => {
    server.listen(0, "localhost", () => resolve(`http://localhost:${(server.address() as AddressInfo).port}`));
  });
}
