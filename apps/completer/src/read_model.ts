import { readFile } from "node:fs/promises";
import { decodeModel, type Model, ModelError } from "@kintsugi/dcgan";
import { CommandError, exitCodes } from "@kintsugi/terminal";

/** Reads a model file. Throws CommandError (checkpoint) that names it. */
export async function readModel(path: string): Promise<Model> {
  try {
    return decodeModel(await readFile(path));
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (!(error instanceof ModelError) && code === undefined) throw error;
    const reason = code === "ENOENT" ? "there is no such file" : message;
    throw new CommandError(`cannot read the model ${path}: ${reason}`, exitCodes.checkpoint, { cause: error });
  }
}
