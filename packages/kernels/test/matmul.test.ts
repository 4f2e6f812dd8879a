import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import * as twin from "../reference/matmul.js";
import { type MatmulGeometry, matmul, matmulScratch } from "../src/matmul.js";
import "./close.js";
import { Harness, random } from "./harness.js";
import { inBounds } from "./rounding.js";

const CASES: Readonly<Record<string, MatmulGeometry>> = {
  "16×32·32×64": { m: 16, n: 64, k: 32 },
  "a transposed": { m: 16, n: 64, k: 32, transposeA: true },
  "b transposed": { m: 16, n: 64, k: 32, transposeB: true },
  "both transposed": { m: 16, n: 64, k: 32, transposeA: true, transposeB: true },
  "no side a multiple of 4": { m: 17, n: 67, k: 33 },
  "no side a multiple of 4, a transposed": { m: 17, n: 67, k: 33, transposeA: true },
  "no side a multiple of 4, b transposed": { m: 17, n: 67, k: 33, transposeB: true },
  "one element": { m: 1, n: 1, k: 1 },
  "the logit of a discriminator": { m: 16, n: 1, k: 2048 },
  "the weight gradient of that": { m: 2048, n: 1, k: 16, transposeA: true },
  "the input gradient of that": { m: 16, n: 2048, k: 1, transposeB: true },
  "from z": { m: 16, n: 1024, k: 100 },
  "the weight gradient of that, one sample": { m: 100, n: 1024, k: 1, transposeA: true },
  "the gradient to z": { m: 16, n: 100, k: 1024, transposeB: true },
  "a long sum": { m: 5, n: 6, k: 4099 },
  "several tiles": { m: 130, n: 140, k: 20 },
};

const CLASSES = { software: { software: true }, hardware: { software: false } };

let harness: Harness;
beforeAll(async () => {
  harness = await Harness.open();
});
afterEach(() => harness.free());
afterAll(() => harness.device.destroy());

for (const [klass, device] of Object.entries(CLASSES)) {
  describe(`${klass} adapters`, () => {
    test.each(Object.entries(CASES))("%s", async (_, shape) => {
      const a = random(shape.m * shape.k, 1);
      const b = random(shape.k * shape.n, 2);
      const y = harness.output(shape.m * shape.n, "y");
      const scratch = harness.output(matmulScratch(device, shape) / 4, "scratch");
      const views = { a: harness.input(a), b: harness.input(b), y: y.view, scratch: scratch.view };
      const [received] = await harness.run(matmul(device, shape, views), [y, scratch]);
      const magnitudes = twin.matmul(shape, a.map(Math.abs), b.map(Math.abs));
      expect(inBounds(received!, twin.matmul(shape, a, b), magnitudes, shape.k)).toBe("yes");
    });

    test.each([
      { m: 6, n: 10, k: 9 },
      { m: 6, n: 10, k: 900 },
    ])("bias and slope over $k terms", async (shape) => {
      const a = random(shape.m * shape.k, 1);
      const b = random(shape.k * shape.n, 2);
      const bias = random(shape.n, 3);
      const y = harness.output(shape.m * shape.n, "y");
      const scratch = harness.output(matmulScratch(device, shape) / 4, "scratch");
      const views = { a: harness.input(a), b: harness.input(b), bias: harness.input(bias) };
      const dispatches = matmul(device, shape, { ...views, y: y.view, scratch: scratch.view }, { slope: 0.2 });
      const [received] = await harness.run(dispatches, [y, scratch]);
      const expected = twin.matmul(shape, a, b).map((value, i) => {
        const sum = value + bias[i % shape.n]!;
        return sum > 0 ? sum : 0.2 * sum;
      });
      expect(received).toBeAllClose(expected, { atol: 1e-4 });
    });
  });
}
