/** Reading the folder of a run: while it grows, after it was taken up again, and when it is damaged. */
import { appendFile, mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { rollingMean } from "../run_page/rolling.js";
import { curvesOf, openMetrics } from "../src/report/metrics_file.js";
import { pageOf } from "../src/report/page.js";
import { spread } from "../src/report/report.js";
import { openRun } from "../src/report/run_reader.js";
import { kintsugi, TINY, TOY, temporary, trained } from "./command.js";

let at: Awaited<ReturnType<typeof temporary>>;
beforeAll(async () => {
  at = await temporary();
});
afterAll(() => at.remove());

describe("metrics.csv", () => {
  it("is read as it grows, without a line that is still being written, and anew where a shorter one takes its place", async () => {
    const path = join(at.path, "metrics.csv");
    const metrics = openMetrics(path);
    expect((await metrics.read()).step).toEqual([]);
    await writeFile(path, "step,epoch,d_loss,swd,seconds\n1,0,2.5,,1\n2,0,1.5,40,2\n3,0,0.");
    expect(await metrics.read()).toMatchObject({ step: [1, 2], values: { d_loss: [2.5, 1.5], swd: [null, 40] } });
    await appendFile(path, "5,,3\n4,1,NaN,,4\n");
    expect(await metrics.read()).toMatchObject({
      step: [1, 2, 3, 4],
      epoch: [0, 0, 0, 1],
      values: { d_loss: [2.5, 1.5, 0.5, null], g_loss: [null, null, null, null] },
    });
    await writeFile(`${path}.tmp`, "step,epoch,d_loss,swd,seconds\n1,0,9,,1\n");
    await rename(`${path}.tmp`, path);
    expect(await metrics.read()).toMatchObject({ step: [1], values: { d_loss: [9] } });
  });

  it("is thinned to means, and scores stay where they are", () => {
    const some = (values: (number | null)[]) => values;
    const names = ["d_loss", "swd"] as const;
    const values = { d_loss: some([1, 3, 5, null, 8]), swd: some([null, 40, null, null, 30]) };
    const empty = some([null, null, null, null, null]);
    const all = new Proxy(values, { get: (target, name) => Reflect.get(target, name) ?? empty });
    const curves = curvesOf({ step: [1, 2, 3, 4, 5], epoch: [], seconds: [], values: all as never }, 3);
    expect(curves).toMatchObject({ step: [2, 4, 5], stepsPerPoint: 2 });
    expect(names.map((name) => curves.values[name])).toEqual([
      [2, 5, 8],
      [40, null, 30],
    ]);
  });
});

it("averages over a window that gaps do not stop", () => {
  expect(rollingMean([2, 4, null, 6, 8], 2)).toEqual([2, 3, 4, 6, 7]);
  expect(rollingMean([null, 1, 2], 5)).toEqual([null, 1, 1.5]);
  expect(rollingMean([3, 5], 1)).toEqual([3, 5]);
});

it("picks the first, the last, and what is between in even distances", () => {
  expect(spread([0, 1, 2, 3, 4, 5, 6, 7, 8], 3)).toEqual([0, 4, 8]);
  expect(spread([1, 2], 3)).toEqual([1, 2]);
});

it("lets no name of a run break out of the page", async () => {
  const view = { ...(await openRun(at.path).read()), name: "</title></script><script>alert(1)</script>" };
  const page = await pageOf(view);
  expect(page).not.toContain("<script>alert");
  const json = /<script id="run" type="application\/json">(.*?)<\/script>/.exec(page)![1]!;
  expect(JSON.parse(json)).toEqual(JSON.parse(JSON.stringify(view)));
});

describe("the commands", () => {
  it("write a report at the end of training, and again when asked", async () => {
    const run = join(at.path, "run");
    await trained(...TINY, ...TOY, "--out", run, "--steps", "4", "--sample-every", "2");
    const page = await readFile(join(run, "report.html"), "utf8");
    expect(page).toContain("<title>run · Kintsugi");
    const view = JSON.parse(/type="application\/json">(.*?)<\/script>/.exec(page)![1]!);
    expect(view).toMatchObject({ state: "finished", step: 4, steps: 4, live: false, settings: { nz: 8, batch: 4 } });
    expect(view.samples.map(({ step }: { step: number }) => step)).toEqual([2, 4]);
    expect(view.hardware).toMatchObject({ node: process.version, processor: expect.stringMatching(/^\d+ × /) });
    expect(page).not.toMatch(/(?:src|href|url\()=?["'(]https?:/);

    await writeFile(join(run, "samples", "000009.png"), "of a step that was taken back");
    const out = join(at.path, "other.html");
    expect(await kintsugi("report", run, "--out", out)).toMatchObject({ code: 0 });
    expect(await readFile(out, "utf8")).toBe(page);
    const again = await kintsugi("report", run, "--out", out);
    expect([again.code, again.stderr]).toEqual([2, expect.stringMatching(/exists: give --overwrite.*\n$/)]);
    expect(await kintsugi("report", run)).toMatchObject({ code: 0 });
  });

  it("say where there is no run, and which port is wrong", async () => {
    const none = join(at.path, "none");
    await mkdir(none);
    for (const verb of ["report", "dashboard"]) {
      const ended = await kintsugi(verb, none);
      expect([ended.code, ended.stderr.split("\n").length]).toEqual([5, 2]);
      expect(ended.stderr).toContain("holds no run");
    }
    const ended = await kintsugi("dashboard", none, "--port", "70000");
    expect([ended.code, ended.stderr]).toEqual([2, expect.stringContaining("Give a whole number from 0 to 65535")]);
  });
});
