/** Checkpoints as files. What is in them is `run_state`'s. */
import { copyFile, link, mkdir, readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { ModelError } from "@kintsugi/dcgan";
import { CommandError, exitCodes } from "@kintsugi/terminal";
import { decodeCheckpoint, type Resumed } from "./run_state.js";

export function checkpointPath(run: string): string {
  return join(run, "checkpoint.safetensors");
}

/** Reads a checkpoint, or ends with the documented code. */
export async function readCheckpoint(path: string): Promise<Resumed> {
  const wrong = (reason: string, cause: unknown) =>
    new CommandError(`cannot resume from ${path}: ${reason}`, exitCodes.checkpoint, { cause });
  const bytes = await readFile(path).catch((error: NodeJS.ErrnoException) => {
    const reason = error.code === "ENOENT" ? "there is none; leave out --resume to begin anew" : error.message;
    throw wrong(reason, error);
  });
  try {
    return decodeCheckpoint(bytes);
  } catch (error) {
    if (error instanceof ModelError || error instanceof SyntaxError) throw wrong(error.message, error);
    throw error;
  }
}

/** Checkpoints before the last: checkpoints/NNNNNN.safetensors, the oldest of which make room. */
export class KeptCheckpoints {
  readonly #folder: string;

  constructor(
    run: string,
    readonly count: number,
  ) {
    this.#folder = join(run, "checkpoints");
  }

  /** Keeps the file that holds this step. It must be replaced whole afterwards, never changed. */
  async add(path: string, step: number): Promise<void> {
    if (this.count === 0) return;
    await mkdir(this.#folder, { recursive: true });
    const kept = join(this.#folder, `${String(step).padStart(6, "0")}.safetensors`);
    await rm(kept, { force: true });
    // A second name costs nothing; where the disk knows no such thing, a copy.
    await link(path, kept).catch(() => copyFile(path, kept));
    const steps = await this.#steps();
    // The last one is checkpoint.safetensors itself.
    for (const old of steps.slice(0, Math.max(0, steps.length - this.count - 1))) await this.#remove(old);
  }

  /** Forgets what a run did after the step that it goes on from. */
  async dropAfter(step: number): Promise<void> {
    for (const later of (await this.#steps()).filter((one) => one > step)) await this.#remove(later);
  }

  async #steps(): Promise<number[]> {
    const names = await readdir(this.#folder).catch(() => []);
    const steps = names.flatMap((name) => /^(\d+)\.safetensors$/.exec(name)?.[1] ?? []).map(Number);
    return steps.sort((a, b) => a - b);
  }

  #remove(step: number): Promise<void> {
    return rm(join(this.#folder, `${String(step).padStart(6, "0")}.safetensors`), { force: true });
  }
}
