/**
 * Completion over HTTP: one process, a queue of limited length, and requests that wait with the same options are searched
 * together. Whoever hangs up loses his place; where nobody waits for a search any more, it ends.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { Blend, Completed, Completer, CompletionOptions } from "@kintsugi/completion";
import { Refusal } from "./body.js";
import { createMetrics } from "./metrics.js";
import { openApi } from "./openapi.js";
import { type Faces, type RequestLimits, readRequest } from "./request.js";

export interface ServiceOptions extends RequestLimits {
  /** Requests that may wait or run; more are turned away with 503. */
  readonly queue: number;
  /** Seconds that a request may take, waiting included; then it ends with 504. */
  readonly timeout: number;
  readonly faces: Faces;
  /** What requests that say nothing else get. */
  readonly defaults: CompletionOptions & { readonly blend: Blend };
  /** Told of errors that are nobody's fault but ours. */
  readonly onError: (error: unknown) => void;
}

export interface Service {
  readonly server: Server;
  /** Takes no further request; resolves when those at hand are answered. */
  close(): Promise<void>;
}

/** The server; the caller lets it listen, and owns the completer. */
export function createService(completer: Completer, options: ServiceOptions): Service {
  const metrics = createMetrics();
  const { size, channels } = completer.config;
  const description = JSON.stringify(openApi({ ...options, config: completer.config }));
  let busy = 0;
  let closing = false;

  async function complete(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (closing) throw new Refusal(503, "the server is shutting down");
    if (busy >= options.queue) throw new Refusal(503, `the queue is full (${options.queue}); try again later`);
    metrics.waiting(++busy);
    const gone = new AbortController();
    const hangUp = () => {
      if (!response.writableFinished) gone.abort(new DOMException("the client hung up", "AbortError"));
    };
    response.once("close", hangUp);
    const late = new Refusal(504, `it took longer than ${options.timeout} s; ask for fewer iterations, or later`);
    const clock = setTimeout(() => gone.abort(late), 1000 * options.timeout);
    try {
      const wanted = await readRequest(request, options, completer.config, options.faces);
      const began = performance.now();
      const asked = { ...options.defaults, ...wanted.options };
      const result = await completer.complete(wanted.image, wanted.mask, { ...asked, signal: gone.signal });
      if (!result.total.every(Number.isFinite)) throw new Error("the model paints no finite pictures: it is damaged");
      const png = await wanted.finish(result, asked.blend);
      const seconds = (performance.now() - began) / 1000;
      metrics.completed(seconds, result.iteration, result.together);
      if (closing) response.setHeader("connection", "close");
      answer(request, response, png, result, seconds);
    } finally {
      clearTimeout(clock);
      response.off("close", hangUp);
      metrics.waiting(--busy);
    }
  }

  async function route(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = (request.url ?? "").split("?")[0];
    const methods = { "/v1/complete": "POST", "/healthz": "GET", "/metrics": "GET", "/openapi.json": "GET" };
    const allowed = Object.hasOwn(methods, path!) ? methods[path as keyof typeof methods] : undefined;
    if (!allowed) {
      const all = Object.entries(methods).map(([place, method]) => `${method} ${place}`);
      throw new Refusal(404, `there are ${all.join(", ")}`);
    }
    if (request.method !== allowed) {
      response.setHeader("allow", allowed);
      throw new Refusal(405, `${path} takes ${allowed}`);
    }
    if (path === "/v1/complete") return complete(request, response);
    if (path === "/metrics") return send(response, 200, "text/plain; version=0.0.4; charset=utf-8", metrics.text());
    if (path === "/openapi.json") return send(response, 200, "application/json", description);
    const health = { status: closing ? "closing" : "ok", size, channels, waiting: busy };
    send(response, closing ? 503 : 200, "application/json", `${JSON.stringify(health)}\n`);
  }

  const server = createServer((request, response) => {
    response.once("finish", () => metrics.answered(response.statusCode));
    route(request, response).catch((error: unknown) => {
      if (response.destroyed) return metrics.abandoned();
      if (!(error instanceof Refusal)) options.onError(error);
      const status = error instanceof Refusal ? error.status : 500;
      const message = error instanceof Refusal ? error.message : "the completion failed; the server's log says why";
      if (status === 503) response.setHeader("retry-after", String(Math.min(60, Math.ceil(metrics.mean()))));
      // What is left of the body is not read: the connection cannot be used again.
      if (closing || !request.complete) response.setHeader("connection", "close");
      send(response, status, "application/json", `${JSON.stringify({ error: message })}\n`);
    });
  });
  server.requestTimeout = 60_000;
  return {
    server,
    close() {
      closing = true;
      return new Promise((resolve) => {
        server.close(() => resolve());
        server.closeIdleConnections();
      });
    },
  };
}

function send(response: ServerResponse, status: number, type: string, body: string | Uint8Array): void {
  response.writeHead(status, { "content-type": type, "content-length": Buffer.byteLength(body) }).end(body);
}

/** The PNG itself for who accepts image/png, else JSON with the PNG as a data URL. */
function answer(
  request: IncomingMessage,
  response: ServerResponse,
  png: Uint8Array,
  result: Completed,
  seconds: number,
) {
  if (/\bimage\/png\b/.test(request.headers.accept ?? "")) return send(response, 200, "image/png", png);
  const { iteration: iterations, contextual, perceptual, total } = result;
  const image = `data:image/png;base64,${Buffer.from(png).toString("base64")}`;
  const losses = { contextual: contextual[0], perceptual: perceptual[0], total: total[0] };
  send(response, 200, "application/json", `${JSON.stringify({ image, iterations, ...losses, seconds })}\n`);
}
