import { describe, expect, it } from "vitest";
import { run, says, start } from "./run.js";

describe("exit codes", () => {
  it.each([
    ["ok", 0, ""],
    ["throws", 1, "error: the first line and the second\n"],
    ["rejects", 4, "error: faces/ holds no image: give another --data\n"],
    ["adapter", 3, "error: no adapter\n"],
    ["subclass", 1, "error: lost\n"],
  ])("%s ends in %i", async (verb, code, stderr) => {
    expect(await run([verb])).toMatchObject({ code, stdout: "", stderr });
  });

  it.each([
    [["nonsense"], "error: unknown command 'nonsense'; see demo --help\n"],
    [["ok", "--nonsense"], "error: unknown option '--nonsense'; see demo ok --help\n"],
    [
      ["ok", "--steps", "0"],
      "error: option '--steps <steps>' argument '0' is invalid. Give a whole number of steps, at least 1; see demo ok --help\n",
    ],
    [["ok", "--step", "1"], "error: unknown option '--step' (Did you mean --steps?); see demo ok --help\n"],
  ])("%j is wrong usage", async (args, stderr) => {
    expect(await run(args)).toMatchObject({ code: 2, stdout: "", stderr });
  });

  it("prints the help on stdout when asked, on stderr when a verb is missing", async () => {
    const asked = await run(["ok", "--help"]);
    expect(asked).toMatchObject({ code: 0, stderr: "" });
    expect(asked.stdout).toContain("how long");
    const missing = await run([]);
    expect(missing).toMatchObject({ code: 2, stdout: "" });
    expect(missing.stderr).toContain("Usage: demo");
    expect(await run(["--version"])).toMatchObject({ code: 0, stdout: "1.2.3\n" });
  });

  it("prints the stack only when asked", async () => {
    for (const shown of [await run(["throws", "--verbose"]), await run(["throws"], { DEBUG: "1" })]) {
      expect(shown.code).toBe(1);
      expect(shown.stderr).toMatch(/\n\s+at /);
    }
  });
});

describe("signals", () => {
  it.each(["SIGINT", "SIGTERM"] as const)("%s lets the work write its checkpoint", async (signal) => {
    const { child, ended } = start(["work"]);
    await says(child.stderr, "ready");
    child.kill(signal);
    const { code, stderr } = await ended;
    expect(code).toBe(130);
    expect(stderr).toBe(`ready\ngot ${signal}, writing the checkpoint\ncheckpoint written\ninterrupted by ${signal}\n`);
  });

  it("leaves at once at the second signal", async () => {
    const { child, ended } = start(["work", "--slow"]);
    await says(child.stderr, "ready");
    child.kill("SIGINT");
    await says(child.stderr, "writing the checkpoint");
    child.kill("SIGINT");
    const { code, stderr } = await ended;
    expect(code).toBe(130);
    expect(stderr).not.toContain("checkpoint written");
  });
});

describe("a reader that goes away", () => {
  it("ends the command without a word", async () => {
    const { child, ended } = start(["flood", "--json"]);
    await says(child.stdout, "x");
    child.stdout.destroy();
    expect(await ended).toMatchObject({ code: 0, stderr: "" });
  });

  it("interrupts a run, which still writes its checkpoint", async () => {
    const { child, ended } = start(["work", "--json"]);
    await says(child.stdout, "x");
    child.stdout.destroy();
    const { code, stderr } = await ended;
    expect(code).toBe(130);
    expect(stderr).toContain("checkpoint written");
  });
});
