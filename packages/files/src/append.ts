/** Files that grow: tables and events of a run, a record at a time. */
import { closeSync, ftruncateSync, openSync, writeSync } from "node:fs";
import { FileError } from "./system_errors.js";

export interface GrowingFile {
  /** Adds the bytes, at once: it also holds in a signal handler. Throws FileError. */
  add(bytes: Uint8Array): void;
  close(): void;
}

/**
 * Opens a file to add to.
 *
 * @param flags as `open` takes them: "w" begins anew, "a" goes on, "wx" refuses one that is there
 * @param keep bytes at its beginning that stay; the rest, such as half a line of a run that was killed, is cut off
 * @throws FileError
 */
export function openGrowing(path: string, flags: "w" | "a" | "wx", keep?: number): GrowingFile {
  const named = <T>(work: () => T): T => {
    try {
      return work();
    } catch (cause) {
      throw cause instanceof FileError ? cause : new FileError(path, "write", cause);
    }
  };
  const file = named(() => openSync(path, flags));
  if (keep !== undefined) named(() => ftruncateSync(file, keep));
  return {
    add: (bytes) =>
      named(() => {
        for (let at = 0; at < bytes.length; ) at += writeSync(file, bytes, at);
      }),
    close: () => named(() => closeSync(file)),
  };
}
