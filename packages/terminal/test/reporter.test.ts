import { PassThrough } from "node:stream";
import { setTimeout as wait } from "node:timers/promises";
import { afterEach, describe, expect, it, vi } from "vitest";
import { createReporter, type ReporterOptions } from "../src/index.js";
import { run } from "./run.js";

function capture(options: ReporterOptions, isTTY = false) {
  const streams = { stdout: new PassThrough(), stderr: Object.assign(new PassThrough(), { isTTY, columns: 200 }) };
  const text = (name: "stdout" | "stderr") => String(streams[name].read() ?? "");
  return { reporter: createReporter({ ...options, ...streams }), text };
}

afterEach(() => {
  vi.unstubAllEnvs();
});

describe("createReporter", () => {
  it("keeps stdout for JSON", async () => {
    const quiet = await run(["speak", "--json", "--quiet"]);
    expect(quiet.stdout).toBe('{"t":"step","step":1,"lossD":null}\n');
    expect(quiet.stderr).toBe("warning: take care\n");
    expect((await run(["speak"])).stdout).toBe("");
  });

  it("prints plain lines where stderr is no terminal: the first and the last at once, others every N seconds", async () => {
    const { stderr } = await run(["speak"]);
    const [remark, warning, first, between, last, end] = stderr.split("\n");
    expect([remark, warning, between, end]).toEqual(["a remark", "warning: take care", "between", "the end"]);
    expect(first).toMatch(/^training 1\/3: .* left, .* images\/s, lossD 0\.5000$/);
    expect(last).toMatch(/^training 3\/3: 0 s left/);
    expect(stderr).not.toContain("\x1b");
  });

  it("returns the pace", async () => {
    const { reporter } = capture({ quiet: true });
    const progress = reporter.progress({ label: "training", total: 20, start: 10 });
    await wait(20);
    const pace = progress.update(11, { images: 64 });
    expect(pace.imagesPerSecond).toBeGreaterThan(64);
    expect(pace.secondsLeft).toBeCloseTo((9 * 64) / pace.imagesPerSecond!, 1);
    expect(progress.update(12).imagesPerSecond).toBeUndefined();
  });

  it("draws a bar on a terminal, prints lines above it, and gives the cursor back", () => {
    const { reporter, text } = capture({}, true);
    const progress = reporter.progress({ label: "training", total: 4 });
    progress.update(2, { values: { lossD: 0.5 } });
    reporter.say("a remark");
    progress.stop();
    const drawn = text("stderr");
    expect(drawn).toMatch(/a remark\n.*training █{12}░{12} 2\/4 .*lossD 0\.5000/s);
    expect(drawn.lastIndexOf("\x1b[?25h")).toBeGreaterThan(drawn.lastIndexOf("\x1b[?25l"));
    reporter.say("after");
    expect(text("stderr")).toBe("after\n");
  });

  it("colours only on a terminal that wants it", () => {
    vi.stubEnv("NO_COLOR", "");
    vi.stubEnv("TERM", "xterm");
    const warning = (options: ReporterOptions, isTTY: boolean) => {
      const { reporter, text } = capture(options, isTTY);
      reporter.warn("x");
      return text("stderr");
    };
    expect(warning({}, true)).toBe("\x1b[33mwarning:\x1b[0m x\n");
    expect(warning({}, false)).toBe("warning: x\n");
    expect(warning({ color: false }, true)).toBe("warning: x\n");
    vi.stubEnv("NO_COLOR", "1");
    expect(warning({}, true)).toBe("warning: x\n");
  });

  it("ends though an error left the progress running", async () => {
    expect(await run(["speak", "--fail"])).toMatchObject({ code: 1 });
  });
});
