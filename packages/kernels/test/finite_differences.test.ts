import { describe, expect, it } from "vitest";
import "./close.js";
import { centralDifference, dot, sampleIndices } from "./finite_differences.js";

describe("centralDifference", () => {
  const x = Float64Array.of(0.5, -1, 2);
  const f = ([a, b, c]: Float64Array) => a! ** 2 * b! + Math.sin(c!);
  const gradient = [2 * 0.5 * -1, 0.25, Math.cos(2)];

  it("is the gradient, and leaves x as it was", () => {
    expect(centralDifference(f, x)).toBeAllClose(gradient, { atol: 1e-9 });
    expect(x).toBeAllClose([0.5, -1, 2]);
  });

  it("is taken at the sampled indices alone, in their order", () => {
    expect(centralDifference(f, x, 1e-5, [2, 0])).toBeAllClose([gradient[2]!, gradient[0]!], { atol: 1e-9 });
    expect(() => centralDifference(f, x, 1e-5, [3])).toThrow("index 3 of 3 elements");
  });
});

describe("sampleIndices", () => {
  it("are distinct, ascending and reproducible", () => {
    const sampled = sampleIndices(1000, 50, 7);
    expect(new Set(sampled).size).toBe(50);
    expect(sampled).toEqual([...sampled].sort((s, t) => s - t));
    expect(sampled.every((at) => at >= 0 && at < 1000)).toBe(true);
    expect(sampleIndices(1000, 50, 7)).toEqual(sampled);
    expect(sampleIndices(1000, 50, 8)).not.toEqual(sampled);
  });

  it("are all of them when there are no more", () => {
    expect(sampleIndices(3, 5)).toEqual([0, 1, 2]);
  });
});

it("dot asks for equal lengths", () => {
  expect(dot([1, 2], [3, 4])).toBe(11);
  expect(() => dot([1], [1, 2])).toThrow("1 and 2 elements");
});
