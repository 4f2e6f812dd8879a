/** How the commands take --precision and --cores, as processes of their own. */
import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { openNodeDevice } from "@kintsugi/gpu/node";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { kintsugi, TINY, TOY, temporary, trained } from "./command.js";

let folder: Awaited<ReturnType<typeof temporary>>;
let adapter: string;
beforeAll(async () => {
  folder = await temporary();
  const device = await openNodeDevice();
  adapter = device.adapter.description;
  device.destroy();
});
afterAll(() => folder.remove());

const train = (...args: string[]) => kintsugi("train", ...TOY, ...TINY, "--out", join(folder.path, "none"), ...args);

describe("--precision", () => {
  it("f16 trains on WebGPU and says so", async () => {
    const out = join(folder.path, "half");
    const { stderr } = await trained(...TOY, ...TINY, "--precision", "f16", "--steps", "2", "--out", out);
    expect(stderr).toMatch(/WebGPU: .* \(precision f16\)/);
    expect(existsSync(join(out, "model.safetensors"))).toBe(true);
  });

  it.each([
    [
      ["--precision", "subgroup-matrix"],
      3,
      /^error: --precision subgroup-matrix: .* has no chromium-.*; leave it out/m,
    ],
    [
      ["--precision", "f16", "--device", "cpu"],
      2,
      /^error: --precision f16 is for GPUs: leave it out, or --device cpu$/m,
    ],
    [["--precision", "f8"], 2, /f32, f16, subgroup-matrix/],
    [["--cores", "/nonexistent.json"], 2, /^error: --cores \/nonexistent.json: there is no such file$/m],
  ] as const)("%j ends in one line and code %i", async (args, code, message) => {
    const ended = await train(...args);
    expect(ended.stderr).toMatch(message);
    expect(ended.code).toBe(code);
  });
});

describe("--cores", () => {
  it("follows a table of this adapter, and refuses that of another", async () => {
    const path = join(folder.path, "cores.json");
    const cores = { "conv2d 4→8 4×4, batch 8, kernel 5, stride 2": "direct" };
    await writeFile(path, JSON.stringify({ adapter: "another GPU", cores }));
    const refused = await train("--cores", path);
    expect(refused.code).toBe(2);
    expect(refused.stderr).toMatch(/^error: --cores .*cores.json: was tuned on another GPU, and this is /m);
    await writeFile(path, JSON.stringify({ adapter, cores }));
    const followed = await train("--cores", path, "--dry-run");
    expect([followed.code, followed.stderr]).toEqual([0, expect.stringContaining("dry run")]);
    expect(followed.stderr).toContain("WebGPU: ");
  });
});
