/** Who may use the service, as the options of `serve` say it. */
import { readFile } from "node:fs/promises";
import { CommandError, exitCodes } from "@kintsugi/terminal";
import type { GuardOptions } from "./guard.js";
import { isLoopback } from "./guard.js";

export interface AccessOptions {
  /** The address to listen on. */
  readonly host: string;
  readonly allowHost?: readonly string[] | undefined;
  readonly allowOrigin?: readonly string[] | undefined;
  readonly tokenFile?: string | undefined;
  readonly withoutToken: boolean;
}

/** Bits of a token that nobody guesses need so many characters. */
const SHORTEST = 16;

/** Throws CommandError (usage) where anybody on the network could use the service unasked. */
export async function accessOf(options: AccessOptions): Promise<GuardOptions> {
  const { host, allowHost = [], allowOrigin = [], tokenFile, withoutToken } = options;
  if (tokenFile !== undefined && withoutToken) {
    throw new CommandError(
      "--token-file and --without-token contradict each other: leave one of them out",
      exitCodes.usage,
    );
  }
  if (tokenFile === undefined && !withoutToken && !isLoopback(host)) {
    throw new CommandError(
      `--host ${host} lets other machines in: give --token-file FILE, or --without-token to let anybody use the service`,
      exitCodes.usage,
    );
  }
  const hosts = isLoopback(host) ? allowHost : [...allowHost, host];
  return { hosts, origins: allowOrigin, token: tokenFile === undefined ? undefined : await readToken(tokenFile) };
}

async function readToken(path: string): Promise<string> {
  const text = await readFile(path, "utf8").catch((cause: NodeJS.ErrnoException) => {
    const reason =
      cause.code === "ENOENT" ? "there is no such file" : cause.code === "EISDIR" ? "it is a folder" : cause.code;
    throw new CommandError(`--token-file ${path}: ${reason}; write the token into a file`, exitCodes.usage, { cause });
  });
  const token = text.trim();
  if (token.length >= SHORTEST && /^[\x21-\x7e]+$/.test(token)) return token;
  throw new CommandError(
    `--token-file ${path}: give one line of at least ${SHORTEST} printable characters, such as openssl rand -hex 32 prints`,
    exitCodes.usage,
  );
}

/** Reads names of hosts with commas between them. Throws RangeError that says what to give. */
export function parseHosts(text: string): readonly string[] {
  return listOf(text, (name) => {
    if (!/^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$|^\[?[0-9a-f:]+\]?$/i.test(name)) {
      throw new RangeError("Give names of hosts without port, with commas between them.");
    }
    return name.toLowerCase();
  });
}

/** Reads origins of pages with commas between them. Throws RangeError that says what to give. */
export function parseOrigins(text: string): readonly string[] {
  return listOf(text, (origin) => {
    if (origin === "*" || origin === "null") return origin;
    if (URL.canParse(origin) && new URL(origin).origin === origin.toLowerCase().replace(/\/$/, ""))
      return new URL(origin).origin;
    throw new RangeError("Give origins such as https://example.org, with commas between them, or * for all.");
  });
}

function listOf(text: string, read: (item: string) => string): readonly string[] {
  return text.split(",").map((item) => read(item.trim()));
}
