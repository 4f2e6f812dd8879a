/** How commands get at a model: a file of the user's, or one that is shipped. */
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { decodeModel, type Model, ModelError, withoutClasses } from "@kintsugi/dcgan";
import { CommandError, exitCodes, kinds, option } from "@kintsugi/terminal";
import { isModelName, models } from "./index.js";

/** The option of commands that take a model. */
export const MODEL_OPTION = {
  model: option(kinds.text("file"), {
    help: "a model or checkpoint, .safetensors, or the name of a shipped one",
    required: `a model, or a shipped one: ${Object.keys(models).join(" or ")}`,
  }),
};

/** The file of a shipped model, or the path as it is. A file that is there goes before a shipped model of its name. */
export function modelFile(pathOrName: string): string {
  return isModelName(pathOrName) && !existsSync(pathOrName) ? fileURLToPath(models[pathOrName].url) : pathOrName;
}

/**
 * Reads a model: a file, or a shipped one by its name. Throws CommandError (checkpoint) that names it.
 *
 * @param classes whether it may be one that draws classes
 */
export async function readModel(pathOrName: string, { classes = false } = {}): Promise<Model> {
  try {
    const model = decodeModel(await readFile(modelFile(pathOrName)));
    return classes ? model : withoutClasses(model);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (!(error instanceof ModelError) && code === undefined) throw error;
    const reasons: Partial<Record<string, string>> = {
      ENOENT: `there is no such file, and the models by name are ${Object.keys(models).join(", ")}`,
      EISDIR: `it is a folder; name the file, such as ${join(pathOrName, "model.safetensors")}`,
    };
    const reason = reasons[code ?? ""] ?? message;
    throw new CommandError(`cannot read the model ${pathOrName}: ${reason}`, exitCodes.checkpoint, { cause: error });
  }
}
