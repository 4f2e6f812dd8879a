import { appendFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { CommandError, claimDirectory, createCsv } from "../src/index.js";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "kintsugi-terminal-"));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

describe("claimDirectory", () => {
  it("makes a directory, or takes an empty one", async () => {
    const path = join(folder, "runs", "one");
    await claimDirectory(path, { what: "run" });
    await claimDirectory(path, { what: "run" });
    expect(readdirSync(path)).toEqual([]);
  });

  it("refuses earlier results unless told", async () => {
    writeFileSync(join(folder, "metrics.csv"), "");
    const refused = claimDirectory(folder, { what: "run" });
    await expect(refused).rejects.toThrow(
      `${folder} is not empty: give --overwrite to write the run over what it holds, or another --out`,
    );
    await expect(refused).rejects.toMatchObject({ name: "CommandError", exitCode: 2 });
    await claimDirectory(folder, { what: "run", overwrite: true });
    await claimDirectory(folder, { what: "run", resume: true });
    expect(readdirSync(folder)).toEqual(["metrics.csv"]);
  });

  it("names a file in its way", async () => {
    const path = join(folder, "file");
    writeFileSync(path, "");
    for (const wanted of [path, join(path, "below")]) {
      await expect(claimDirectory(wanted, { what: "run" })).rejects.toThrow(/is a file; choose another --out$/);
    }
  });
});

describe("createCsv", () => {
  const columns = ["step", "note"] as const;

  it("writes every row at once, and quotes", () => {
    const path = join(folder, "metrics.csv");
    const csv = createCsv(path, columns);
    expect(readFileSync(path, "utf8")).toBe("step,note\n");
    csv.row({ step: 1, note: 'a, "b"' });
    expect(readFileSync(path, "utf8")).toBe('step,note\n1,"a, ""b"""\n');
    csv.close();
    createCsv(path, columns).close();
    expect(readFileSync(path, "utf8")).toBe("step,note\n");
  });

  it("can wait for some rows", () => {
    const path = join(folder, "metrics.csv");
    const csv = createCsv(path, columns, { flushEvery: 2 });
    csv.row({ step: 1, note: "" });
    expect(readFileSync(path, "utf8")).toBe("step,note\n");
    csv.row({ step: 2, note: "" });
    expect(readFileSync(path, "utf8")).toBe("step,note\n1,\n2,\n");
    csv.row({ step: 3, note: "" });
    csv.close();
    expect(readFileSync(path, "utf8")).toBe("step,note\n1,\n2,\n3,\n");
  });

  it("takes a file up again after half a line, and refuses other columns", () => {
    const path = join(folder, "metrics.csv");
    const first = createCsv(path, columns, { append: true });
    first.row({ step: 1, note: "a" });
    first.close();
    appendFileSync(path, "2,tor");
    const second = createCsv(path, columns, { append: true });
    second.row({ step: 2, note: "b" });
    second.close();
    expect(readFileSync(path, "utf8")).toBe("step,note\n1,a\n2,b\n");
    expect(() => createCsv(path, ["step"], { append: true })).toThrow(CommandError);
    expect(readFileSync(path, "utf8")).toBe("step,note\n1,a\n2,b\n");
  });
});
