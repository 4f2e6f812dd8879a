import { execFileSync, spawn } from "node:child_process";
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { FileError, type Writer, writeAll, writeFileWhole, writeWhole } from "../src/index.js";
import { removeLeftovers, temporaryName } from "../src/leftovers.js";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "kintsugi-files-"));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

/** A disk that takes at most some bytes at a time, and in all. */
function shortDisk(atOnce: number, room: number): Writer & { readonly bytes: number[] } {
  const bytes: number[] = [];
  return {
    bytes,
    async write(from, offset, length, position) {
      const taken = Math.min(atOnce, length, room - bytes.length);
      for (let i = 0; i < taken; i++) bytes[position + i] = from[offset + i]!;
      return { bytesWritten: taken };
    },
  };
}

describe("writeAll", () => {
  it("goes on where the system takes a part", async () => {
    const disk = shortDisk(3, 100);
    await writeAll(
      disk,
      Uint8Array.from({ length: 10 }, (_, i) => i),
      0,
    );
    expect(disk.bytes).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });

  it("fails where it takes nothing any more", async () => {
    await expect(writeAll(shortDisk(3, 7), new Uint8Array(10), 0)).rejects.toMatchObject({ code: "ENOSPC" });
  });
});

describe("writeFileWhole", () => {
  it("replaces a file and leaves nothing else behind", async () => {
    const path = join(folder, "model.safetensors");
    await writeFileWhole(path, "old");
    await writeFileWhole(path, new Uint8Array([1, 2, 3]));
    expect([...readFileSync(path)]).toEqual([1, 2, 3]);
    expect(readdirSync(folder)).toEqual(["model.safetensors"]);
  });

  it("takes every name that the disk takes", async () => {
    for (const name of ["a".repeat(255), "ü".repeat(127)]) await writeFileWhole(join(folder, name), "x");
    expect(readdirSync(folder)).toHaveLength(2);
    const tooLong = writeFileWhole(join(folder, "a".repeat(256)), "x");
    await expect(tooLong).rejects.toThrow("the name is too long for this disk; choose a shorter one");
  });

  it("names the file, what was attempted and the remedy", async () => {
    mkdirSync(join(folder, "taken"));
    writeFileSync(join(folder, "file"), "");
    const cases = [
      ["taken", "a folder has that name; choose another name"],
      ["missing/x", "its folder does not exist; make the folder first, or check the path"],
      ["file/x", "a part of its path is a file, not a folder; choose another path"],
    ] as const;
    for (const [name, reason] of cases) {
      const path = join(folder, name);
      const error: unknown = await writeFileWhole(path, "x").catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(FileError);
      expect(error).toMatchObject({ message: `cannot write ${path}: ${reason}`, ending: "usage" });
    }
    expect(readdirSync(folder).sort()).toEqual(["file", "taken"]);
  });

  it("keeps the old file where making the new one fails", async () => {
    const path = join(folder, "a.kpack");
    await writeFileWhole(path, "old");
    const failing = writeWhole(path, async (file) => {
      await file.write(Uint8Array.of(1, 2), 0);
      throw new RangeError("no more");
    });
    await expect(failing).rejects.toThrow(RangeError);
    expect(readFileSync(path, "utf8")).toBe("old");
    expect(readdirSync(folder)).toEqual(["a.kpack"]);
  });

  it("fails on a disk that is full, and leaves the old file", async ({ skip }) => {
    const disk = join(folder, "disk");
    mkdirSync(disk);
    try {
      execFileSync("mount", ["-t", "tmpfs", "-o", "size=64k", "tmpfs", disk], { stdio: "ignore" });
    } catch {
      skip("no disk of its own can be mounted here, so that none can be filled");
    }
    try {
      const path = join(disk, "p.kpack");
      await writeFileWhole(path, "old");
      // One write that begins within the free room and ends beyond it, and many small ones.
      for (const step of [100_000, 1000]) {
        const filling = writeWhole(path, async (file) => {
          for (let at = 0; at < 100_000; at += step) await file.write(new Uint8Array(step), at);
        });
        await expect(filling).rejects.toThrow(`cannot write ${path}: the disk is full; free some space`);
      }
      expect(readdirSync(disk)).toEqual(["p.kpack"]);
      expect(readFileSync(path, "utf8")).toBe("old");
    } finally {
      execFileSync("umount", [disk]);
    }
  });
});

describe("leftovers", () => {
  const leave = (name: string, agoSeconds = 0) => {
    writeFileSync(join(folder, name), "half");
    const when = Date.now() / 1000 - agoSeconds;
    utimesSync(join(folder, name), when, when);
    return name;
  };
  const named = (pid: number | undefined) =>
    temporaryName("a.kpack", "00000000").replace(`-${process.pid}-`, `-${pid}-`);

  it("of a killed process go with the next write there, those of living ones stay", async () => {
    const other = spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"], { stdio: "ignore" });
    const living = leave(named(other.pid));
    await removeLeftovers(folder);
    expect(readdirSync(folder)).toEqual([living]);
    const gone = new Promise((resolve) => other.on("exit", resolve));
    other.kill("SIGKILL");
    await gone;
    await writeFileWhole(join(folder, "b.png"), "x");
    expect(readdirSync(folder)).toEqual(["b.png"]);
  });

  it("of an earlier process of the same number go, a writer's own stay", async () => {
    leave(temporaryName("old", "00000000"), process.uptime() + 60);
    const own = leave(temporaryName("own", "00000001"));
    await removeLeftovers(folder);
    expect(readdirSync(folder)).toEqual([own]);
  });

  it("of another machine stay for a day", async () => {
    const foreign = (random: string) => `.a.kintsugi-00000000-1-${random}.tmp`;
    leave(foreign("00000001"), 25 * 3600);
    const young = leave(foreign("00000002"), 3600);
    await removeLeftovers(folder);
    expect(readdirSync(folder)).toEqual([young]);
  });

  it("never takes other people's files", async () => {
    const theirs = [".a.tmp", "a.tmp", ".a.123-abcd.tmp", ".notes.kintsugi-x.tmp"].map((name) => leave(name, 1e6));
    await removeLeftovers(folder);
    expect(readdirSync(folder).sort()).toEqual([...theirs].sort());
    expect(statSync(join(folder, "a.tmp")).size).toBe(4);
  });
});
