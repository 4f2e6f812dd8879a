import { describe, expect, it } from "vitest";
import { firstMismatch } from "./close.js";

describe("toBeAllClose", () => {
  it("names the first mismatch over the labelled shape, and the worst", () => {
    const expected = Float32Array.from({ length: 24 }, (_, at) => at);
    const received = expected.slice();
    received[17] = 17.5; // [1, 0, 1, 2] of [2, 2, 2, 3]
    received[23] = 20;
    expect(firstMismatch(received, expected, { atol: 0.25, shape: [2, 2, 2, 3] })).toBe(
      "first of 2 mismatches (of 24) at [n 1, h 0, w 1, c 2]: received 17.5, expected 17, allowed ±0.25; " +
        "largest difference 3 at [n 1, h 1, w 1, c 2]",
    );
    expect(firstMismatch(received, expected, { atol: 0.25, shape: [4, 6], labels: ["row", "column"] })).toContain(
      "at [row 2, column 5]",
    );
    expect(firstMismatch(received, expected, { shape: [24] })).toContain("at [17]: received 17.5");
    expect(() => expect(received).toBeAllClose(expected, { atol: 0.25 })).toThrow("at [17]: received 17.5");
    expect(received).not.toBeAllClose(expected);
  });

  it("allows atol + rtol·|expected| + rel·max|expected|", () => {
    expect([1.09, 10]).toBeAllClose([1, 10], { atol: 0.1 });
    expect([1.09, 10]).toBeAllClose([1, 10], { rtol: 0.1 });
    expect([1.09, 10]).toBeAllClose([1, 10], { rel: 0.01 });
    expect([1.11, 10]).not.toBeAllClose([1, 10], { rel: 0.01 });
    expect([1.29, 10]).toBeAllClose([1, 10], { atol: 0.1, rtol: 0.1, rel: 0.01 });
  });

  it("without tolerances asks for equality", () => {
    expect([0.1]).toBeAllClose([0.1]);
    expect([-0]).toBeAllClose([0]);
    expect([0.1]).not.toBeAllClose([Math.fround(0.1)]);
  });

  it("matches no NaN, and an infinity only with itself", () => {
    const wide = { atol: 1e9, rtol: 1e9, rel: 1e9 };
    expect([Number.NaN]).not.toBeAllClose([Number.NaN], wide);
    expect([Number.NaN]).not.toBeAllClose([0], wide);
    expect([0]).not.toBeAllClose([Number.NaN], wide);
    expect([Number.POSITIVE_INFINITY]).toBeAllClose([Number.POSITIVE_INFINITY]);
    expect([1]).not.toBeAllClose([Number.POSITIVE_INFINITY], wide);
    expect([Number.NEGATIVE_INFINITY]).not.toBeAllClose([Number.POSITIVE_INFINITY], wide);
    expect([5, Number.POSITIVE_INFINITY]).not.toBeAllClose([1, Number.POSITIVE_INFINITY], { rel: 0.1 });
    expect(firstMismatch([Number.NaN, 3], [0, 0])).toContain("largest difference Infinity at [0]");
  });

  it("compares lengths, and the shape with them", () => {
    expect(firstMismatch([1, 2], [1])).toBe("received 2 elements, expected 1");
    expect(firstMismatch([1, 2], [1, 2], { shape: [3] })).toBe("shape [3] has 3 elements, expected has 2");
    expect([]).toBeAllClose([]);
  });
});
