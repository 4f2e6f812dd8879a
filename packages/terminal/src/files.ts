/** Results on disk: written whole or not at all, and never over earlier ones unasked. */
import { randomBytes } from "node:crypto";
import { mkdir, open, readdir, realpath, rename, rm, stat } from "node:fs/promises";
import { basename, dirname, join, resolve, sep } from "node:path";
import { CommandError, exitCodes } from "./exit-codes.js";

/**
 * Writes a file so that at every moment, a crash or a loss of power included, its path holds either the old content or
 * all of the new: a temporary file in the same directory, fsync, rename, fsync of the directory.
 */
export async function writeFileWhole(path: string, bytes: Uint8Array | string): Promise<void> {
  const directory = dirname(path);
  const temporary = join(directory, `.${basename(path)}.${process.pid}-${randomBytes(4).toString("hex")}.tmp`);
  try {
    const file = await open(temporary, "wx");
    try {
      await file.writeFile(bytes);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
  await syncDirectory(directory);
}

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
    const { code } = cause as NodeJS.ErrnoException;
    const reason = code === "EEXIST" || code === "ENOTDIR" ? "it, or a folder above it, is a file" : (code ?? cause);
    throw new CommandError(
      `${path} cannot hold the ${what}: ${reason}; choose another --out`,
      code === "EEXIST" || code === "ENOTDIR" ? exitCodes.usage : exitCodes.failed,
      { cause },
    );
  }
  if (overwrite || resume) return;
  if ((await readdir(path)).length > 0) {
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

/** Makes a rename durable. Windows opens no directories, and needs none of this. */
async function syncDirectory(path: string): Promise<void> {
  if (process.platform === "win32") return;
  const directory = await open(path, "r");
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}
