/** Answers, as bytes on a connection. */
import { once } from "node:events";
import { open } from "node:fs/promises";
import type { IncomingMessage, ServerResponse } from "node:http";
import { pipeline } from "node:stream/promises";
import type { Completed } from "@kintsugi/completion";
import type { PageFile } from "./page.js";
import type { Refusal } from "./refusal.js";

/** Most milliseconds in which a reader takes nothing. */
const STALL = 60_000;

/** What of a refused body is still taken in, so that its sender gets to read the refusal. */
const LINGER = { milliseconds: 1000, bytes: 2 ** 20 } as const;

export function send(response: ServerResponse, type: string, body: string | Uint8Array, status = 200): void {
  response.writeHead(status, { "content-type": type, "content-length": Buffer.byteLength(body) }).end(body);
}

/** Whether the PNG itself is wanted; else JSON with the PNG as a data URL. */
export function wantsPng({ headers }: IncomingMessage): boolean {
  return /\bimage\/png\b/.test(headers.accept ?? "");
}

/** @param base64 the PNG in base64, as ASCII: of a large picture no string is made */
export function sendJson(response: ServerResponse, base64: Uint8Array, found: Completed, seconds: number): void {
  const { iteration: iterations, contextual, perceptual, total } = found;
  const losses = { contextual: contextual[0], perceptual: perceptual[0], total: total[0] };
  const head = Buffer.from('{"image":"data:image/png;base64,');
  const tail = Buffer.from(`",${JSON.stringify({ iterations, ...losses, seconds }).slice(1)}\n`);
  const length = head.length + base64.length + tail.length;
  response.writeHead(200, { "content-type": "application/json", "content-length": length });
  response.write(head);
  response.write(base64);
  response.end(tail);
}

/** Says no. Where the body is still being sent, the rest of it is dropped, and the connection then closed. */
export async function refuse(request: IncomingMessage, response: ServerResponse, refusal: Refusal): Promise<void> {
  const body = `${JSON.stringify({ error: refusal.message })}\n`;
  const whole = request.complete;
  if (!whole) response.setHeader("connection", "close");
  const headers = { "content-type": "application/json", "content-length": Buffer.byteLength(body), ...refusal.headers };
  response.writeHead(refusal.status, headers);
  if (!whole) {
    response.write(body);
    await drained(request, response);
  }
  response.end(whole ? body : undefined);
}

async function drained(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const over = new AbortController();
  const clock = setTimeout(() => over.abort(), LINGER.milliseconds);
  let dropped = 0;
  request.on("data", (chunk: Buffer) => {
    dropped += chunk.length;
    if (dropped > LINGER.bytes) over.abort();
  });
  const { signal } = over;
  await Promise.race([once(request, "end", { signal }), once(response, "close", { signal })]).catch(() => {});
  clearTimeout(clock);
  over.abort();
}

/** A file of the page; 304 where the browser has it. It is streamed, so that slow readers hold no memory. */
export async function sendFile(request: IncomingMessage, response: ServerResponse, file: PageFile): Promise<void> {
  for (const [name, value] of Object.entries(file.headers)) response.setHeader(name, value);
  response.setTimeout(STALL, () => response.destroy());
  if ("text" in file) return send(response, file.type, file.text);
  const opened = await open(file.path);
  try {
    const { size, mtimeMs } = await opened.stat();
    const tag = `"${size.toString(36)}-${Math.round(mtimeMs).toString(36)}"`;
    response.setHeader("etag", tag);
    if (request.headers["if-none-match"] === tag) response.writeHead(304).end();
    else {
      response.writeHead(200, { "content-type": file.type, "content-length": size });
      if (request.method === "HEAD") response.end();
      else await pipeline(opened.createReadStream({ autoClose: false }), response);
    }
  } finally {
    await opened.close();
  }
}
