/**
 * Who may use the service. A browser sends what any page asks of it, to this machine too: so requests must name a host that the
 * service knows (a page can point a name of its own at 127.0.0.1), and come from no other page, unless that is allowed.
 */
import { createHash, timingSafeEqual } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { Refusal } from "./refusal.js";

export interface GuardOptions {
  /** Names of this service beside those of the loopback and its own addresses. */
  readonly hosts: readonly string[];
  /** Origins of pages that may use it, `https://example.org`; `*` for any. */
  readonly origins: readonly string[];
  /** What `Authorization: Bearer …` must give. */
  readonly token?: string | undefined;
}

export interface Guard {
  /** Sets the headers that let a page of an allowed origin read the answer. Throws Refusal: 401, 403, 421. */
  admit(request: IncomingMessage, response: ServerResponse): void;
}

export function createGuard({ hosts, origins, token }: GuardOptions): Guard {
  const names = new Set(hosts.map((name) => name.toLowerCase()));
  const digest = (text: string) => createHash("sha256").update(text).digest();
  const wanted = token === undefined ? undefined : digest(token);

  function checkHost({ headers, socket }: IncomingMessage): void {
    const name = hostName(headers.host);
    const own = socket.localAddress?.replace(/^::ffff:/, "");
    if (name !== undefined && (isLoopback(name) || names.has(name) || bare(name) === own)) return;
    const given =
      headers.host === undefined ? "the request names no host" : `${headers.host} is no name of this service`;
    throw new Refusal(421, `${given}; start it with --allow-host NAME to answer to another`);
  }

  function checkOrigin({ headers, method }: IncomingMessage, response: ServerResponse): void {
    const { origin, host } = headers;
    const site = headers["sec-fetch-site"];
    response.setHeader("vary", "Origin");
    const isOwn = origin === undefined || origin === `http://${host}` || origin === `https://${host}`;
    if (origin !== undefined && (origins.includes(origin) || origins.includes("*"))) {
      response.setHeader("access-control-allow-origin", origin);
      response.setHeader("access-control-expose-headers", "Retry-After");
      return;
    }
    // Following a link from another page to this one is harmless.
    const link = headers["sec-fetch-mode"] === "navigate" && method === "GET";
    if (isOwn && (site !== "cross-site" || link)) return;
    const from = origin === undefined ? "of another site" : `of ${origin}`;
    throw new Refusal(403, `pages ${from} may not use this service; start it with --allow-origin to let them`);
  }

  function checkToken({ headers, method }: IncomingMessage): void {
    // A preflight carries no token.
    if (wanted === undefined || method === "OPTIONS") return;
    const given = /^Bearer +([^\s]+)$/i.exec(headers.authorization ?? "")?.[1];
    if (given !== undefined && timingSafeEqual(digest(given), wanted)) return;
    const challenge = { "www-authenticate": 'Bearer realm="kintsugi"' };
    throw new Refusal(401, "send Authorization: Bearer and the token of this service", challenge);
  }

  return {
    admit(request, response) {
      checkHost(request);
      checkOrigin(request, response);
      checkToken(request);
    },
  };
}

/** Answers OPTIONS, and where a page asks whether it may (a preflight), with what it may. */
export function answerOptions(request: IncomingMessage, response: ServerResponse, methods: string): void {
  response.setHeader("allow", methods);
  if (response.hasHeader("access-control-allow-origin")) {
    response.setHeader("access-control-allow-methods", methods);
    response.setHeader("access-control-allow-headers", "Authorization, Content-Type, Accept");
    response.setHeader("access-control-max-age", "600");
    if (request.headers["access-control-request-private-network"] === "true") {
      response.setHeader("access-control-allow-private-network", "true");
    }
  }
  response.writeHead(204).end();
}

/** Whether it names this machine alone. */
export function isLoopback(name: string): boolean {
  return /^(localhost|.+\.localhost|127(\.\d{1,3}){3}|\[?::1\]?)$/.test(name);
}

/** The name in a Host header, in its normal form: without the port, in small letters. */
function hostName(host: string | undefined): string | undefined {
  if (host === undefined || !/^[\w.:[\]-]+$/.test(host)) return undefined;
  try {
    return new URL(`http://${host}`).hostname.replace(/\.$/, "");
  } catch {
    return undefined;
  }
}

function bare(name: string): string {
  return name.replace(/^\[|\]$/g, "");
}
