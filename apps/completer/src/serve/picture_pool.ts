/**
 * A few processes that decode, cut and paint pictures, so that the server's own thread never does. A job whose request is gone
 * ends at once, whatever it is doing: its process is killed, and another takes its place.
 */
import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { Job, Outcome } from "./picture_process.js";
import { Refusal } from "./refusal.js";

interface Waiting {
  readonly job: Job;
  readonly settle: (end: { readonly outcome: Outcome } | { readonly reason: unknown }) => void;
}

/** From the sources too it is the build that is run: a new process of Node reads no TypeScript. */
const ENTRY = fileURLToPath(new URL("../../dist/serve/picture_process.js", import.meta.url));
/** Tries to start a process before jobs are told that it does not work. */
const MOST_FAILURES = 3;

export interface PicturePool {
  /** Throws Refusal, the signal's reason as soon as it is aborted, or Error. */
  run(job: Job, signal: AbortSignal): Promise<Outcome>;
  /** From now on no job takes longer than so many milliseconds; those that do are refused with 503. */
  hurry(milliseconds: number): void;
  destroy(): void;
}

export function createPicturePool(size: number): PicturePool {
  const processes = new Map<ChildProcess, Waiting | undefined | "starting">();
  let waiting: Waiting[] = [];
  let failures = 0;
  let limit: number | undefined;
  let destroyed = false;

  function start(): void {
    // A group of its own: Ctrl-C in a terminal is for the server, which lets jobs end.
    const detached = process.platform !== "win32";
    const child = fork(ENTRY, [], { serialization: "advanced", execArgv: [], detached });
    processes.set(child, "starting");
    child.on("message", (message: "ready" | Outcome) => {
      const done = processes.get(child);
      processes.set(child, undefined);
      if (message === "ready") failures = 0;
      else if (typeof done === "object") done.settle({ outcome: message });
      assign();
    });
    const over = (reason: string) => {
      if (!processes.has(child)) return;
      const lost = processes.get(child);
      processes.delete(child);
      if (lost === "starting" && ++failures >= MOST_FAILURES) {
        failures = 0;
        for (const { settle } of waiting.splice(0)) settle({ reason: new Error(`pictures: ${reason}`) });
      }
      if (typeof lost === "object") lost.settle({ reason: new Error(`a picture ended its process: ${reason}`) });
      assign();
    };
    child.once("error", ({ message }) => over(message));
    child.once("exit", (code, signal) => over(`it left with ${signal ?? `code ${code}`}`));
  }

  function assign(): void {
    if (destroyed) return;
    for (const [child, doing] of processes) {
      if (doing !== undefined || waiting.length === 0) continue;
      const next = waiting.shift()!;
      processes.set(child, next);
      child.send(next.job);
    }
    const starting = [...processes.values()].filter((doing) => doing === "starting").length;
    for (let more = Math.min(waiting.length - starting, size - processes.size); more > 0; more--) start();
  }

  /** Takes a job away from wherever it is. */
  function drop(dropped: Waiting): void {
    waiting = waiting.filter((other) => other !== dropped);
    for (const [child, doing] of processes) {
      if (doing !== dropped) continue;
      processes.delete(child);
      child.kill("SIGKILL");
    }
    assign();
  }

  const running = new Set<() => void>();
  start();
  return {
    async run(job, signal) {
      signal.throwIfAborted();
      let clock: NodeJS.Timeout | undefined;
      let onAbort = () => {};
      let hurried = () => {};
      try {
        const end = await new Promise<{ outcome: Outcome } | { reason: unknown }>((resolve) => {
          const own: Waiting = { job, settle: resolve };
          const leave = (reason: unknown) => {
            drop(own);
            resolve({ reason });
          };
          onAbort = () => leave(signal.reason);
          hurried = () => {
            clock ??= setTimeout(() => leave(new Refusal(503, "the server is shutting down")), limit);
          };
          signal.addEventListener("abort", onAbort, { once: true });
          running.add(hurried);
          if (limit !== undefined) hurried();
          // Painting goes before preparing: it is all that its request still waits for.
          if (job.found) waiting.unshift(own);
          else waiting.push(own);
          assign();
        });
        if ("reason" in end) throw end.reason;
        const { outcome } = end;
        if ("refusal" in outcome)
          throw new Refusal(outcome.refusal.status, outcome.refusal.message, outcome.refusal.headers);
        if ("error" in outcome) throw new Error(outcome.error);
        return outcome;
      } finally {
        clearTimeout(clock);
        signal.removeEventListener("abort", onAbort);
        running.delete(hurried);
      }
    },
    hurry(milliseconds) {
      limit = milliseconds;
      for (const hurried of running) hurried();
    },
    destroy() {
      destroyed = true;
      for (const child of processes.keys()) child.kill("SIGKILL");
      processes.clear();
    },
  };
}
