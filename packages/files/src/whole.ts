/**
 * The one way in which results reach the disk: at every moment, a crash or a loss of power included, a path holds either what
 * it held or all of the new. A temporary file in the same folder is written in full, flushed (fsync), renamed into place,
 * and the folder flushed. What killed runs left in a folder is removed by the next run that writes there.
 */
import { randomBytes } from "node:crypto";
import { type FileHandle, open, rename, rm } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { removeLeftovers, temporaryName } from "./leftovers.js";
import { FileError } from "./system_errors.js";

/** A file that is being written. */
export interface FileInProgress {
  /** Writes all of the bytes at a place of the file. */
  write(bytes: Uint8Array, position: number): Promise<void>;
}

/** The part of a file handle that is written through. */
export interface Writer {
  write(bytes: Uint8Array, offset: number, length: number, position: number): Promise<{ bytesWritten: number }>;
}

/**
 * Writes all of the bytes: the system may take fewer than it is given, on a disk that is nearly full for one, and says so
 * by a number alone.
 *
 * @throws whatever the writer throws; an error ENOSPC where it takes nothing any more
 */
export async function writeAll(file: Writer, bytes: Uint8Array, position: number): Promise<void> {
  for (let at = 0; at < bytes.length; ) {
    const { bytesWritten } = await file.write(bytes, at, bytes.length - at, position + at);
    if (bytesWritten === 0) throw Object.assign(new Error("nothing was written"), { code: "ENOSPC", syscall: "write" });
    at += bytesWritten;
  }
}

/**
 * Writes a file whole or not at all. The folder must exist.
 *
 * @throws FileError
 */
export async function writeFileWhole(path: string, bytes: Uint8Array | string): Promise<void> {
  const content = typeof bytes === "string" ? Buffer.from(bytes) : bytes;
  await writeWhole(path, (file) => file.write(content, 0));
}

/**
 * As `writeFileWhole`, for a file that is made a part at a time.
 *
 * @param fill writes the parts; where it throws, nothing is left behind
 * @returns what `fill` returns
 * @throws FileError, or what `fill` throws
 */
export async function writeWhole<T>(path: string, fill: (file: FileInProgress) => Promise<T>): Promise<T> {
  const folder = dirname(path);
  await sweep(folder);
  const temporary = join(folder, temporaryName(basename(path), randomBytes(4).toString("hex")));
  const wrap = (cause: unknown) => new FileError(path, "write", cause);
  let file: FileHandle;
  try {
    file = await open(temporary, "wx");
  } catch (cause) {
    throw wrap(cause);
  }
  try {
    let made: T;
    try {
      made = await fill({
        write: (bytes, position) =>
          writeAll(file, bytes, position).catch((cause: unknown) => {
            throw wrap(cause);
          }),
      });
      await file.sync().catch((cause: unknown) => {
        throw wrap(cause);
      });
    } finally {
      await file.close();
    }
    await rename(temporary, path).catch((cause: unknown) => {
      throw wrap(cause);
    });
    await syncFolder(folder);
    return made;
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined);
    throw error;
  }
}

/** Folders that this process has looked through. */
const swept = new Map<string, Promise<void>>();

/** Once a process and folder: what is left there afterwards is its own. */
function sweep(folder: string): Promise<void> {
  const key = resolve(folder);
  const running = swept.get(key) ?? removeLeftovers(folder);
  swept.set(key, running);
  return running;
}

/** What some systems and network disks answer where a folder cannot be flushed: they have no such thing. */
const NO_SYNC = new Set(["EINVAL", "ENOTSUP", "EPERM", "EACCES", "EISDIR", "EBADF"]);

/** Makes a rename durable. Windows opens no folders, and needs none of this. */
async function syncFolder(path: string): Promise<void> {
  if (process.platform === "win32") return;
  try {
    const folder = await open(path, "r");
    try {
      await folder.sync();
    } finally {
      await folder.close();
    }
  } catch (error) {
    if (!NO_SYNC.has((error as NodeJS.ErrnoException).code ?? "")) throw new FileError(path, "write", error);
  }
}
