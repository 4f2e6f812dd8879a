import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { demo } from "../demo.mjs";

it("draws, completes, trains and completes again, twice over", async () => {
  const folder = await mkdtemp(join(tmpdir(), "kintsugi-demo-"));
  try {
    const run = () => demo(["--device", "cpu", "--quiet"], process.env, { folder, steps: 2 });
    expect(await run()).toBe(0);
    expect(await run(), "over the results of the first").toBe(0);
    expect(await readdir(folder)).toEqual(
      expect.arrayContaining(["faces.png", "completed", "run", "completed-by-yours"]),
    );
    for (const completed of ["completed", "completed-by-yours"]) {
      const files = await readdir(join(folder, completed));
      expect(files).toEqual(expect.arrayContaining(["before.png", "masked.png", "face-16.completed.png"]));
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});

it("ends with the exit code of the command that failed", async () => {
  const folder = await mkdtemp(join(tmpdir(), "kintsugi-demo-"));
  try {
    expect(await demo(["--no-such-option"], process.env, { folder })).toBe(2);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
