/** `kintsugi doctor` with and without an adapter, as processes of their own. */
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

const SCRIPT = fileURLToPath(new URL("fixtures/kintsugi.mjs", import.meta.url));

function kintsugi(args: readonly string[], environment: Readonly<Record<string, string>> = {}) {
  const env = { ...process.env, DEBUG: "", ...environment };
  return spawnSync(process.execPath, [SCRIPT, ...args], { env, encoding: "utf8" });
}

const doctor = (args: readonly string[], environment?: Readonly<Record<string, string>>) =>
  kintsugi(["doctor", ...args], environment);

describe("doctor", () => {
  it("times a step on each back end and says which one auto takes", () => {
    const { status, stdout } = doctor(["--json"]);
    expect(status).toBe(0);
    const found = JSON.parse(stdout);
    expect(found).toMatchObject({ t: "doctor", node: process.version, gpu: { works: true }, cpu: { works: true } });
    expect(found.gpu.stepMilliseconds).toBeGreaterThan(0);
    expect(found.cpu.stepMilliseconds).toBeGreaterThan(0);
    const software = /^software/.test(found.gpu.facts.kind);
    expect(found.auto).toBe(software ? "cpu" : "gpu");
  });

  it("tries one device where --device names it", () => {
    const { status, stdout } = doctor(["--device", "cpu", "--json"]);
    expect(status).toBe(0);
    const found = JSON.parse(stdout);
    expect(found).toMatchObject({ cpu: { works: true } });
    expect(Object.keys(found)).not.toContain("gpu");
    const none = { VK_DRIVER_FILES: "/nonexistent", VK_ICD_FILENAMES: "/nonexistent" };
    const without = doctor(["--device", "gpu"], none);
    expect(without.status).toBe(3);
    expect(without.stderr).toMatch(/^error: --device gpu does not work here/m);
  });

  it("says what is wrong and what to do where there is no adapter", () => {
    const { status, stdout } = doctor([], { VK_DRIVER_FILES: "/nonexistent", VK_ICD_FILENAMES: "/nonexistent" });
    // The CPU back end is enough to work with.
    expect(status).toBe(0);
    expect(stdout).toMatch(/^--device gpu +does not work: no WebGPU adapter/m);
    expect(stdout).toMatch(/^remedy +install/m);
    expect(stdout).toMatch(/^--device auto takes +cpu$/m);
  });
});

it.each([
  ["plan", ["plan"], ""],
  ["its former spelling", ["doctor", "--plan"], "note: doctor --plan is now kintsugi plan"],
])("%s says what must be less where a step does not fit", (_, verb, note) => {
  const { status, stderr } = kintsugi([...verb, "--images", "200000", "--size", "128", "--ngf", "4", "--ndf", "4"]);
  expect(status).not.toBe(0);
  expect(stderr.includes("is now") ? stderr.split("\n")[0] : "").toBe(note);
  expect(stderr).toMatch(/smaller batch or width, or leave out --images, as train --resident off does$/m);
});
