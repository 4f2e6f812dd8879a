import { expect, it } from "vitest";
import { curveFigure, meanLosses } from "../src/search_curve.js";

const CSV = `image,iteration,contextual,perceptual,total
a,0,1,1,10
b,0,1,1,30
a,1,1,1,4
b,1,1,1,8
a,2,1,1,3
`;

it("takes the mean over all images, where all are there", () => {
  const { images, mean } = meanLosses(CSV);
  expect(images).toBe(2);
  expect([...mean]).toEqual([
    [0, 20],
    [1, 6],
  ]);
  expect(() => meanLosses("a,b\n1,2\n")).toThrow(/must name image, iteration and total/);
});

it("draws every curve with its name, as a file of its own", () => {
  const mean = new Map([1, 10, 100].map((at) => [at, 4000 / at]));
  const svg = curveFigure([
    { name: "a < b", mean },
    { name: "c", mean: new Map([[1, 50]]) },
  ]);
  expect(svg).toMatch(/^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg" width="640"/);
  expect(svg.match(/<path /g)).toHaveLength(2);
  expect(svg).toContain("a &lt; b");
  expect(svg).not.toMatch(/NaN|undefined/);
});
