/**
 * Completion over HTTP: one process and a few for pictures, a queue of limited length, and requests that wait with the same
 * options are searched together. A client that disconnects loses its place, and work that nobody waits for ends.
 */
import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from "node:http";
import type { Blend, Completer, CompletionOptions } from "@kintsugi/completion";
import { encodePng } from "@kintsugi/images/node";
import { checkHeaders } from "./body.js";
import { trackConnections } from "./connections.js";
import { answerOptions, createGuard, type GuardOptions } from "./guard.js";
import { createMetrics } from "./metrics.js";
import { openApi } from "./openapi.js";
import type { PageFile } from "./page.js";
import { createPicturePool } from "./picture_pool.js";
import type { Setting } from "./pictures.js";
import { Refusal } from "./refusal.js";
import { refuse, send, sendFile, sendJson, wantsPng } from "./reply.js";
import { createUploads } from "./upload.js";

export interface ServiceOptions extends GuardOptions, Pick<Setting, "maxBytes" | "maxPixels" | "template"> {
  /** Requests that may wait or run; more are turned away with 503. */
  readonly queue: number;
  /** Seconds that a request may take, its upload and waiting included; then it ends with 504. */
  readonly timeout: number;
  /** Processes that work on pictures. */
  readonly pictureProcesses: number;
  /** What requests that say nothing else get. */
  readonly defaults: CompletionOptions & { readonly blend: Blend };
  /** What a browser may open, by name. */
  readonly page: ReadonlyMap<string, PageFile>;
  /** Answers /healthz and /metrics on a server of their own, and not here. */
  readonly probesApart: boolean;
  /** Told of errors that are no client's fault. */
  readonly onError: (error: unknown) => void;
}

export interface Service {
  readonly server: Server;
  /** /healthz and /metrics. */
  readonly probes: RequestListener;
  /** Takes no further request; resolves when those at hand are answered. */
  close(): Promise<void>;
}

/** Most seconds of an upload. */
const UPLOAD_SECONDS = 60;
/** Seconds that a closing server waits for unfinished uploads, and then for clients that take no answer. */
const GRACE = { upload: 3, answer: 10 } as const;
/** Most milliseconds of a job on a picture once the server is closing. */
const HURRY = 1000;

type Handler = (request: IncomingMessage, response: ServerResponse) => void | Promise<void>;

/** The server; the caller lets it listen, and owns the completer. */
export function createService(completer: Completer, options: ServiceOptions): Service {
  const { size, channels } = completer.config;
  const { queue, maxBytes, maxPixels, timeout, template } = options;
  const setting = { size, channels: channels as Setting["channels"], maxBytes, maxPixels, template };
  const guard = createGuard(options);
  const pictures = createPicturePool(options.pictureProcesses);
  const uploads = createUploads({ maxBytes, maxHeld: queue * maxBytes, seconds: Math.min(UPLOAD_SECONDS, timeout) });
  const metrics = createMetrics({ queue: () => busy, uploads: () => uploads.count });
  const description = JSON.stringify(openApi({ ...options, config: completer.config }));
  const shuttingDown = () => new Refusal(503, "the server is shutting down");
  let busy = 0;
  let closing = false;

  async function complete(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (closing) throw shuttingDown();
    const gone = new AbortController();
    response.once("close", () => {
      clearTimeout(clock);
      if (!response.writableFinished) gone.abort(new DOMException("the client hung up", "AbortError"));
    });
    const late = new Refusal(504, `it took longer than ${timeout} s; ask for fewer iterations, or later`);
    const clock = setTimeout(() => {
      gone.abort(late);
      // Who does not take the answer is not waited for either.
      if (response.headersSent) response.destroy();
    }, 1000 * timeout);
    const { "content-type": type = "", "content-encoding": encoding = "identity" } = request.headers;
    const head = { type, encoding: encoding.trim().toLowerCase() };
    checkHeaders(head);
    const body = { ...head, bytes: await uploads.read(request, gone.signal) };
    if (closing) throw shuttingDown();
    if (busy >= queue) throw new Refusal(503, `the queue is full (${queue}); try again later`);
    busy++;
    try {
      const began = performance.now();
      const prepared = await pictures.run({ body, setting }, gone.signal);
      if (!("prepared" in prepared)) throw new Error("pictures: no answer to what was asked");
      const { image, mask, place, options: own } = prepared.prepared;
      const asked = { ...options.defaults, ...own };
      const found = await completer.complete(image, mask, { ...asked, signal: gone.signal });
      if (!found.total.every(Number.isFinite)) throw new Error("the model paints no finite pictures: it is damaged");
      const base64 = !wantsPng(request);
      const painted = place && {
        ...{ body, setting, base64 },
        found: { place, hat: found.hat, blend: asked.blend },
      };
      const bytes = painted ? await pictures.run(painted, gone.signal) : { png: small(found.image, base64) };
      if (!("png" in bytes)) throw new Error("pictures: no answer to what was asked");
      const seconds = (performance.now() - began) / 1000;
      metrics.completed(seconds, found.iteration, found.together);
      if (closing) response.setHeader("connection", "close");
      if (base64) sendJson(response, bytes.png, found, seconds);
      else send(response, "image/png", bytes.png);
    } finally {
      busy--;
    }
  }

  /** The PNG of the model's own square. */
  function small(values: Float32Array, base64: boolean): Uint8Array {
    const png = encodePng({ width: size, height: size, channels: setting.channels, values });
    return base64 ? Buffer.from(Buffer.from(png).toString("base64"), "latin1") : png;
  }

  const probes: Record<string, Record<string, Handler>> = {
    "/healthz": {
      GET: (_, response) => {
        const health = { status: closing ? "closing" : "ok", size, channels, waiting: busy };
        send(response, "application/json", `${JSON.stringify(health)}\n`, closing ? 503 : 200);
      },
    },
    "/metrics": { GET: async (_, response) => send(response, metrics.contentType, await metrics.text()) },
  };
  const routes: typeof probes = {
    "/v1/complete": { POST: complete },
    ...(options.probesApart ? {} : probes),
    "/openapi.json": { GET: (_, response) => send(response, "application/json", description) },
  };
  for (const [name, file] of options.page) {
    routes[name === "index.html" ? "/" : `/${name}`] = {
      GET: (request, response) => sendFile(request, response, file),
    };
  }

  const listener =
    (all: typeof probes, admit: (path: string, ...rest: Parameters<typeof guard.admit>) => void): RequestListener =>
    (request, response) => {
      response.once("finish", () => metrics.answered(response.statusCode));
      const handled = async () => {
        const path = (request.url ?? "").split("?")[0]!;
        admit(path, request, response);
        await handlerOf(all, path, request, response)(request, response);
      };
      handled().catch((error: unknown) => {
        if (response.destroyed) return metrics.abandoned();
        if (response.headersSent) return response.destroy();
        if (!(error instanceof Refusal)) options.onError(error);
        const refusal =
          error instanceof Refusal ? error : new Refusal(500, "the completion failed; the server's log says why");
        if (refusal.status === 503) {
          response.setHeader("retry-after", String(Math.max(1, Math.min(60, Math.ceil(metrics.mean())))));
        }
        if (closing) response.setHeader("connection", "close");
        return refuse(request, response, refusal);
      });
    };

  const server = createServer(
    { connectionsCheckingInterval: 1000, headersTimeout: 10_000, requestTimeout: 1000 * (UPLOAD_SECONDS + 10) },
    // An orchestrator's probes come by address, and know no token.
    listener(routes, (path, ...rest) => path in probes || guard.admit(...rest)),
  );
  const connections = trackConnections(server);
  return {
    server,
    probes: listener(probes, () => {}),
    async close() {
      closing = true;
      const closed = new Promise<void>((resolve) => {
        server.close(() => resolve());
      });
      connections.endIdle();
      pictures.hurry(HURRY);
      const clock = setTimeout(() => uploads.end(), 1000 * GRACE.upload);
      let idle = 0;
      const watch = setInterval(() => {
        connections.endIdle();
        idle = busy + uploads.count === 0 ? idle + 1 : 0;
        // Answers that nobody reads.
        if (idle > 10 * GRACE.answer) connections.endAll();
      }, 100);
      await closed;
      clearTimeout(clock);
      clearInterval(watch);
      pictures.destroy();
    },
  };
}

/** Throws Refusal: 404, 405. */
function handlerOf(
  routes: Readonly<Record<string, Readonly<Record<string, Handler>>>>,
  path: string,
  { method = "GET" }: IncomingMessage,
  response: ServerResponse,
): Handler {
  const route = Object.hasOwn(routes, path) ? routes[path]! : undefined;
  if (!route) throw new Refusal(404, `there are ${Object.keys(routes).join(", ")}`);
  const methods = Object.keys(route).flatMap((name) => (name === "GET" ? ["GET", "HEAD"] : [name]));
  const allowed = [...methods, "OPTIONS"].join(", ");
  if (method === "OPTIONS") return (request) => answerOptions(request, response, allowed);
  const handler = route[method === "HEAD" ? "GET" : method];
  if (handler) return handler;
  throw new Refusal(405, `${path} takes ${allowed}`, { allow: allowed });
}
