/** Ways in which a run ends early: Ctrl-C, SIGTERM, and a reader of our output that went away. */
import { exitCodes } from "./exit-codes.js";

const signals = ["SIGINT", "SIGTERM"] as const;

/** A run that SIGINT and SIGTERM stop at its next step. */
export interface Interruptible {
  /** Aborted by the first signal: finish the step, write the checkpoint, throw (`signal.throwIfAborted()`). */
  readonly signal: AbortSignal;
  /** Gives the signals back to Node; call it when the work is over. */
  release(): void;
}

/**
 * Turns the first SIGINT or SIGTERM into an abort, and lets the second end the process at once, with exit code 130.
 * The abort's reason is an `AbortError`, for which `runCommandLine` exits with 130.
 * @param onInterrupt is called at the first signal, e.g. to say that a checkpoint is being written
 */
export function interruptible(onInterrupt?: (signal: NodeJS.Signals) => void): Interruptible {
  const controller = new AbortController();
  const handle = (signal: NodeJS.Signals) => {
    if (controller.signal.aborted) process.exit(exitCodes.interrupted);
    controller.abort(new DOMException(`interrupted by ${signal}`, "AbortError"));
    onInterrupt?.(signal);
  };
  for (const signal of signals) process.on(signal, handle);
  return {
    signal: controller.signal,
    release() {
      for (const signal of signals) process.off(signal, handle);
    },
  };
}

const watched = new WeakSet<NodeJS.WritableStream>();

/**
 * Makes a reader that went away (`kintsugi … --json | head -1`) end the process without a word: where a run is
 * interruptible, like Ctrl-C, so that its checkpoint is written; else at once.
 */
export function quietBrokenPipe(stream: NodeJS.WritableStream): void {
  if (watched.has(stream)) return;
  watched.add(stream);
  let gone = false;
  stream.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw error;
    if (gone) return; // every later write fails too, and a second SIGINT would leave at once
    gone = true;
    if (!process.emit("SIGINT", "SIGINT")) process.exit(exitCodes.ok);
  });
}
