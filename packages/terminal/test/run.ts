import { type ChildProcessByStdio, spawn } from "node:child_process";
import { once } from "node:events";
import type { Readable } from "node:stream";
import { fileURLToPath } from "node:url";

const command = fileURLToPath(new URL("fixtures/command.mjs", import.meta.url));

export interface Run {
  readonly child: ChildProcessByStdio<null, Readable, Readable>;
  readonly ended: Promise<{ code: number | null; signal: string | null; stdout: string; stderr: string }>;
}

/** Starts the fixture command in a process of its own. */
export function start(args: readonly string[], env: Record<string, string> = {}): Run {
  const child = spawn(process.execPath, [command, ...args], {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, DEBUG: "", ...env },
  });
  const text = { stdout: "", stderr: "" };
  for (const name of ["stdout", "stderr"] as const) {
    child[name].setEncoding("utf8").on("data", (chunk: string) => {
      text[name] += chunk;
    });
  }
  const ended = once(child, "close").then(([code, signal]) => ({ code, signal, ...text }));
  return { child, ended };
}

/** Runs the fixture command to its end. */
export function run(args: readonly string[], env?: Record<string, string>) {
  return start(args, env).ended;
}

/** Resolves once a stream has said something. */
export async function says(stream: Readable, words: string): Promise<void> {
  let text = "";
  for await (const [chunk] of events(stream)) {
    text += chunk;
    if (text.includes(words)) return;
  }
}

async function* events(stream: Readable): AsyncGenerator<[string]> {
  for (;;) yield (await once(stream, "data")) as [string];
}
