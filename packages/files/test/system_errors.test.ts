import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { FileError, inWords, isSystemError, openGrowing } from "../src/index.js";

const thrown = async (work: () => unknown): Promise<unknown> => {
  try {
    return await work();
  } catch (error) {
    return error;
  }
};

it("puts what Node throws into words, and nothing else", async () => {
  const folder = mkdtempSync(join(tmpdir(), "kintsugi-files-"));
  try {
    const missing = join(folder, "missing.csv");
    const cases = [
      [() => readFileSync(missing), `cannot read ${missing}: there is no such file; check the path`],
      [() => readFile(missing), `cannot read ${missing}: there is no such file; check the path`],
      [
        () => writeFileSync(join(folder, "no", "x"), ""),
        /^cannot read .*no\/x: there is no such file; check the path$/,
      ],
    ] as const;
    for (const [work, message] of cases) {
      const error = inWords(await thrown(work));
      expect(error).toBeInstanceOf(FileError);
      expect((error as Error).message).toMatch(message);
    }
    const plain = new RangeError("x");
    expect(inWords(plain)).toBe(plain);
    expect(isSystemError(Object.assign(new Error("x"), { code: "ERR_INVALID_THIS" }))).toBe(false);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

it("tells what the machine lacks from what another path would mend", () => {
  const ending = (code: string) => new FileError("a.png", "write", Object.assign(new Error(code), { code })).ending;
  expect(["ENOSPC", "EROFS", "EACCES", "EIO", "EWHATEVER"].map(ending)).toEqual(Array(5).fill("failed"));
  expect(["EISDIR", "ENOTDIR", "EEXIST", "ENOENT"].map(ending)).toEqual(Array(4).fill("usage"));
});

it("names the file of a growing file that cannot be opened or grow", () => {
  expect(() => openGrowing("/dev/null/x", "a")).toThrow("cannot write /dev/null/x: a part of its path is a file");
  if (process.platform !== "linux") return;
  expect(() => openGrowing("/dev/full", "a").add(Uint8Array.of(1))).toThrow("cannot write /dev/full: the disk is full");
});
