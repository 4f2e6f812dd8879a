/** Results on disk: never written over earlier ones unasked. */
import { mkdir, readdir, realpath, stat } from "node:fs/promises";
import { resolve, sep } from "node:path";
import { FileError, reasonOf, removeLeftovers } from "@kintsugi/files";
import { CommandError, exitCodes } from "./exit-codes.js";

export interface ClaimOptions {
  /** What the directory is to hold, for the message: "run", "completions". */
  readonly what: string;
  /** Lets results be written over earlier ones of the same name; others stay. */
  readonly overwrite?: boolean;
  /** Takes an earlier run up again, so that its files are wanted. */
  readonly resume?: boolean;
}

/**
 * Makes a directory for results, or accepts an empty one, or with `overwrite` or `resume` any.
 * @throws CommandError (usage) where it holds something or is no directory, naming the remedy
 */
export async function claimDirectory(path: string, { what, overwrite, resume }: ClaimOptions): Promise<void> {
  try {
    await mkdir(path, { recursive: true });
  } catch (cause) {
    throw blocked(path, what, cause);
  }
  await removeLeftovers(path);
  if (overwrite || resume) return;
  const held = await readdir(path).catch((cause: unknown) => {
    throw blocked(path, what, cause);
  });
  if (held.length > 0) {
    throw new CommandError(
      `${path} is not empty: give --overwrite to write the ${what} over what it holds, or another --out`,
      exitCodes.usage,
    );
  }
}

/**
 * Results may not lie among what they are made from: they would write over it, or be read as data the next time.
 * @throws CommandError (usage) where one of the inputs lies in the directory or below it
 */
export async function refuseInputs(directory: string, inputs: readonly string[], option = "--out"): Promise<void> {
  // Links lead to the same files by other names.
  const real = (path: string) => realpath(path).catch(() => resolve(path));
  const inside = `${await real(directory)}${sep}`;
  for (const input of inputs) {
    if (!(await real(input)).startsWith(inside)) continue;
    throw new CommandError(`${input} is an input, and lies in ${directory}: choose another ${option}`, exitCodes.usage);
  }
}

function blocked(path: string, what: string, cause: unknown): CommandError {
  const { code } = cause as NodeJS.ErrnoException;
  const file = code === "EEXIST" || code === "ENOTDIR";
  const reason = file ? `it, or a folder above it, is a file; choose another --out` : reasonOf(cause, "write");
  const ending = new FileError(path, "write", cause).ending === "usage" ? exitCodes.usage : exitCodes.failed;
  return new CommandError(`${path} cannot hold the ${what}: ${reason}`, ending, { cause });
}

/** Throws CommandError (usage) where a result would be written over an existing file unasked. */
export async function refuseExisting(
  path: string,
  { overwrite = false }: { readonly overwrite?: boolean },
): Promise<void> {
  if (overwrite) return;
  const exists = await stat(path).then(
    () => true,
    () => false,
  );
  if (exists)
    throw new CommandError(`${path} exists: give --overwrite to replace it, or another --out`, exitCodes.usage);
}
