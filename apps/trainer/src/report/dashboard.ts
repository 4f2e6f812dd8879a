/**
 * The dashboard: the page of a run on this machine alone. The page asks for run.json every two seconds, so that it outlives a
 * reload, a run that ends, and a dashboard that is started again.
 */
import { readFile } from "node:fs/promises";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { CommandError, exitCodes } from "@kintsugi/terminal";
import { pageOf } from "./page.js";
import { openRun, SAMPLE } from "./run_reader.js";

export const DEFAULT_PORT = 6600;

const ADDRESS = "127.0.0.1";

export interface Dashboard {
  readonly url: string;
  close(): Promise<void>;
}

export interface DashboardOptions {
  /** 0 for any that is free. */
  readonly port: number;
  /** Whether this process trains the run. */
  readonly running?: boolean;
}

/**
 * Serves the folder of a run, which may still be empty.
 *
 * @throws CommandError (usage) where the port is taken or forbidden
 */
export async function startDashboard(path: string, { port, running = false }: DashboardOptions): Promise<Dashboard> {
  const run = openRun(path, { running });
  const view = async () => ({ ...(await run.read()), live: true });
  const server = createServer((request, response) => {
    answer(path, view, request, response).catch((error: Error) => {
      if (!response.headersSent) response.writeHead(500, { "content-type": "text/plain" });
      response.end(error.message);
    });
  });
  await new Promise<void>((done, failed) => {
    server.once("error", (error: NodeJS.ErrnoException) => failed(refused(port, error)));
    server.listen(port, ADDRESS, done);
  });
  return {
    url: `http://${ADDRESS}:${(server.address() as AddressInfo).port}/`,
    close: () =>
      new Promise((done) => {
        server.close(() => done());
        server.closeAllConnections();
      }),
  };
}

function refused(port: number, cause: NodeJS.ErrnoException): Error {
  const reason =
    cause.code === "EADDRINUSE"
      ? "is taken"
      : cause.code === "EACCES"
        ? "is not for every user to open"
        : cause.message;
  const other = port < 65_535 && port > 1023 ? `${port + 1}, or 0 for any that is free` : "0 for any that is free";
  return new CommandError(`the dashboard's port ${port} ${reason}: give another, such as ${other}`, exitCodes.usage, {
    cause,
  });
}

type View = () => Promise<Parameters<typeof pageOf>[0]>;

async function answer(path: string, view: View, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const send = (status: number, type: string, body: string | Uint8Array) => {
    response.writeHead(status, {
      "content-type": type,
      "cache-control": "no-cache",
      "x-content-type-options": "nosniff",
    });
    response.end(request.method === "HEAD" ? undefined : body);
  };
  // A page elsewhere can have its own name point here; no such name is ours.
  if (!/^(127\.0\.0\.1|localhost)(:\d+)?$/.test(request.headers.host ?? "")) {
    return send(403, "text/plain", "ask for 127.0.0.1 or localhost\n");
  }
  if (request.method !== "GET" && request.method !== "HEAD") return send(405, "text/plain", "GET only\n");
  const { pathname } = new URL(request.url ?? "/", "http://localhost");
  if (pathname === "/") return send(200, "text/html; charset=utf-8", await pageOf(await view()));
  if (pathname === "/run.json") return send(200, "application/json", JSON.stringify(await view()));
  const name = /^\/samples\/([^/]+)$/.exec(pathname)?.[1] ?? "";
  const png = SAMPLE.test(name) ? await readFile(join(path, "samples", name)).catch(() => undefined) : undefined;
  return png ? send(200, "image/png", png) : send(404, "text/plain", "there is no such page\n");
}
