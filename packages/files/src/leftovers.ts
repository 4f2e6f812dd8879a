/** Temporary files: their names, and which of them belong to nobody any more. */
import { createHash } from "node:crypto";
import { readdir, rm, stat } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";

/** `.NAME.kintsugi-HOST-PROCESS-RANDOM.tmp`: hidden, so that no folder of images takes it for one. */
const TEMPORARY = /^\..*\.kintsugi-([0-9a-f]{8})-(\d+)-[0-9a-f]{8}\.tmp$/;

/** Of the file's name so much that the temporary one is never too long where the file's own is not. */
const KEPT = 40;

/** A folder may be shared: a process number means something on its own machine alone. */
const HOST = createHash("sha256").update(hostname()).digest("hex").slice(0, 8);

/** A writer touches its file all the time, so a file that nobody touched for a day has none. */
const DAY = 24 * 60 * 60 * 1000;

export function temporaryName(name: string, random: string): string {
  return `.${[...name].slice(0, KEPT).join("")}.kintsugi-${HOST}-${process.pid}-${random}.tmp`;
}

/** Removes the temporary files of writers that are gone. What cannot be listed or removed stays: the write that follows says why. */
export async function removeLeftovers(folder: string): Promise<void> {
  for (const name of await readdir(folder).catch(() => [])) {
    const found = TEMPORARY.exec(name);
    if (!found) continue;
    const path = join(folder, name);
    const changed = await stat(path).then(
      ({ mtimeMs }) => mtimeMs,
      () => undefined,
    );
    if (changed !== undefined && isOrphan(found[1]!, Number(found[2]), changed)) {
      await rm(path, { force: true }).catch(() => undefined);
    }
  }
}

function isOrphan(host: string, pid: number, changed: number): boolean {
  if (Date.now() - changed > DAY) return true;
  if (host !== HOST) return false;
  // In a container the next run often has the number of the one before; its file is older than the process.
  if (pid === process.pid) return changed < Date.now() - process.uptime() * 1000 - 1000;
  return !isRunning(pid);
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
