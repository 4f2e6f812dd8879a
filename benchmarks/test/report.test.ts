import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { fitGrowth, isAtMostLinear, steepest } from "../src/growth_fit.js";
import { peerCases, runsOf } from "../src/peers/compare.js";
import { renderHtml } from "../src/report/html.js";
import { renderMarkdown } from "../src/report/markdown.js";
import { logTicks } from "../src/report/svg.js";
import { median, quantile, spread, summarize } from "../src/stats.js";
import { digits, growthLine, line, seconds, verdict } from "../src/text.js";
import { REPORT } from "./fixtures.js";

describe("statistics", () => {
  it("takes medians and quartiles, whatever the order", () => {
    expect(median([5, 1, 3])).toBe(3);
    expect(median([4, 1, 3, 2])).toBe(2.5);
    expect(quantile([0, 10], 0.25)).toBe(2.5);
    expect(summarize([4, 1, 2, 3, 5])).toEqual({ median: 3, low: 2, high: 4, best: 1, runs: 5 });
    expect(spread(summarize([4, 1, 2, 3, 5]))).toBeCloseTo(1 / 3);
    expect(() => median([])).toThrow(RangeError);
  });
});

describe("growth", () => {
  const at = (work: number, median: number, half = 0) => ({
    ...{ curve: "batch", at: work, work },
    time: { median, low: median - half, high: median + half, best: median, runs: 5 },
  });

  it("has the exponent of a power, over the whole curve and between neighbours", () => {
    const [fit, ...rest] = fitGrowth([1, 2, 4, 8].map((work) => at(work, 3 * work ** 0.8)));
    expect(rest).toEqual([]);
    expect(fit).toMatchObject({ curve: "batch", uncertainty: 0 });
    for (const { exponent } of [fit!, ...fit!.steps]) expect(exponent).toBeCloseTo(0.8);
    expect(fit!.steps.map(({ from, to }) => [from, to])).toEqual([
      [1, 2],
      [2, 4],
      [4, 8],
    ]);
  });

  it("is worse than linear only where the runs are sure of it", () => {
    const [sure] = fitGrowth([at(1, 1), at(2, 2.2), at(8, 6)]);
    expect(sure!.steps.map(isAtMostLinear)).toEqual([false, true]);
    expect(steepest(sure!)).toMatchObject({ from: 1, to: 2 });
    expect(verdict(sure!)).toBe("as a whole");
    expect(growthLine(sure!)).toMatch(/work\^0\.84 .*as a whole; steepest from 1 to 2: 1\.14 ±0\.00/);
    // ln 2.2 / ln 2 is 1.14; two points of ±10 % leave √2·0.1/ln 2 = 0.20 between them.
    const [unsure] = fitGrowth([at(1, 1, 0.1), at(2, 2.2, 0.22)]);
    expect(unsure!.uncertainty).toBeCloseTo((Math.SQRT2 * 0.1) / Math.LN2);
    expect(verdict(unsure!)).toBe("everywhere");
    expect(verdict(fitGrowth([at(1, 1), at(2, 3)])[0]!)).toBe("no");
  });

  it("has no fit of a single point", () => {
    expect(fitGrowth([at(1, 1)])).toEqual([]);
  });
});

describe("text", () => {
  it("writes three digits and a unit that fits", () => {
    expect([1234, 56.78, 0.1234, 0].map(digits)).toEqual(["1234", "56.8", "0.123", "0"]);
    expect([2, 0.0345, 0.00000678].map(seconds)).toEqual(["2.00 s", "34.5 ms", "6.78 µs"]);
  });

  it("gives arithmetic as a share of one peak, traffic of the other", () => {
    const [conv, adam] = REPORT.rows;
    // 2e8 FLOP in 11 ms are 18.2 GFLOP/s of 60; 6e6 bytes in 2 ms are 3 GB/s of 6.
    expect(line(conv!, REPORT.peak)).toMatch(/18\.2 GFLOP\/s\s+30 % of peak/);
    expect(line(adam!, REPORT.peak)).toMatch(/3\.00 GB\/s\s+50 % of peak/);
  });
});

describe("a comparison", () => {
  it("runs fast cases for some time, and the slowest five times", () => {
    expect([0.1, 0.2, 0.3, 2, 100].map((slowest) => runsOf(slowest, 2))).toEqual([15, 10, 7, 5, 5]);
  });

  it("has steps of both architectures at every width", () => {
    const steps = peerCases(4, [8, 64]).filter(({ kind }) => kind !== "kernel");
    expect(steps).toHaveLength(8);
    expect(steps).toContainEqual({ kind: "training", architecture: "wide", width: 64, batch: 4 });
  });

  it.each([
    [["growth", "--peers"], "--peers compares conv, training, completion: name one of them"],
    [["--widths", "8,"], "Give whole numbers of channels"],
    [["speed"], "there is no group speed"],
  ])("refuses %j", (args, message) => {
    const main = fileURLToPath(new URL("../dist/main.js", import.meta.url));
    const { status, stderr } = spawnSync(process.execPath, [main, ...args], { encoding: "utf8" });
    expect(status).toBe(2);
    expect(stderr).toContain(message);
  });
});

describe("the report", () => {
  const html = renderHtml(REPORT);

  it("is one file that asks nothing of the network", () => {
    expect(html).toMatch(/^<!doctype html>/);
    expect(html).not.toMatch(/(src|href)=|https?:|@import|url\(/);
  });

  it("shows plots, peers and every row, and escapes what it shows", () => {
    expect(html.match(/<svg /g)).toHaveLength(2);
    expect(html).toContain("llvmpipe &amp; friends");
    expect(html).toContain("2 × Example &lt;CPU&gt;");
    expect(html).not.toMatch(/NaN|Infinity|undefined/);
    for (const { name } of REPORT.rows) expect(html).toContain(name);
    expect(html).toContain("jax-js 0.1.25");
    expect(html).toContain("Kintsugi is 3.0 times as fast as the better of the other two.");
    expect(html).toContain("work<sup>0.90</sup>: nowhere worse than linear");
    expect(html).toContain("Convolutions reach 30 % to 30 % of the roof above them");
    expect(html.match(/class="win" title=/g)).toHaveLength(3);
  });

  it("holds up with a single group", () => {
    const { peers: _, ...rest } = REPORT;
    expect(renderHtml({ ...rest, rows: [], growth: [], fits: [], facts: [] })).not.toMatch(/NaN|Infinity|undefined/);
  });

  it("has the tables of the README", () => {
    const tables = renderMarkdown(REPORT);
    expect(tables).toMatch(/\| training: blog, width 16 \|.*\| 17\.8 images\/s \|/);
    expect(tables).toContain("| kernel of something | 100 ms | 500 ms | 300 ms | 3.0× |");
    expect(tables).toMatch(/\| batch \| 1: 100 ms \| 8: 650 ms \| 0.90 ±0.00 \| \d to \d: 0.90 ±0.00 \| everywhere \|/);
  });

  it("marks logarithmic axes at round numbers", () => {
    expect(logTicks(1, 10)).toEqual([1, 2, 5, 10]);
    expect(logTicks(1, 1e5)).toEqual([1, 10, 100, 1000, 10000, 100000]);
  });
});
