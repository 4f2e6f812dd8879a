import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import * as twin from "../reference/matmul.js";
import { type MatmulGeometry, matmul, matmulScratch } from "../src/matmul.js";
import { type Core, chooseCore } from "../src/tiles.js";
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

const FEW = ["both transposed", "no side a multiple of 4, a transposed", "a long sum", "several tiles"];
const CORES: Readonly<Record<Core, readonly string[]>> = {
  lanes_32x32: Object.keys(CASES),
  lanes_64x16: FEW,
  lanes_64x12: FEW,
  lanes_32x4: FEW,
  quads_32x16: FEW,
  direct: FEW,
  "64x64": FEW,
  "128x128": FEW,
};

let harness: Harness;
beforeAll(async () => {
  harness = await Harness.open();
});
afterEach(() => harness.free());
afterAll(() => harness.device.destroy());

for (const [name, cases] of Object.entries(CORES)) {
  describe(`core ${name}`, () => {
    const device = { software: !["64x64", "128x128"].includes(name), core: name as Core };
    test.each(cases.map((label) => [label, CASES[label]!] as const))("%s", async (_, shape) => {
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

test("a view that does not end on a whole vec4f is read to its end", async () => {
  const shape = { m: 1, n: 1, k: 5 };
  const [a, b] = [harness.input([1, 2, 3, 4, 5]), harness.input([1, 1, 1, 1, 10])];
  const y = harness.output(1, "y");
  const views = { a: { ...a, bytes: 20 }, b: { ...b, bytes: 20 }, y: y.view };
  expect((await harness.run(matmul(harness.device.adapter, shape, views), [y]))[0]).toEqual(Float32Array.of(60));
});

test("the core follows from adapter and shape", () => {
  expect(chooseCore({ software: true, subgroupSize: 8 }, 1024, 64)).toBe("lanes_32x32");
  expect(chooseCore({ software: true, subgroupSize: 8 }, 1024, 16)).toBe("lanes_64x16");
  expect(chooseCore({ software: true, subgroupSize: 8 }, 1024, 12)).toBe("lanes_64x12");
  expect(chooseCore({ software: true, subgroupSize: 8 }, 1024, 3)).toBe("lanes_32x4");
  expect(chooseCore({ software: true, subgroupSize: 4 }, 1024, 64)).toBe("quads_32x16");
  expect(chooseCore({ software: true }, 1024, 64)).toBe("direct");
  expect(chooseCore({ software: false }, 4096, 128)).toBe("64x64");
  expect(chooseCore({ software: false }, 16384, 128)).toBe("128x128");
});

test("takes the core that a table has for a product, if the device can run it", () => {
  const cores = { "matmul 8×8·8×8": "lanes_32x4" } as const;
  const product = "matmul 8×8·8×8";
  expect(chooseCore({ software: true, subgroupSize: 8, cores }, 64, 64, 1, product)).toBe("lanes_32x4");
  expect(chooseCore({ software: true, subgroupSize: 8, cores }, 64, 64, 1, "another")).toBe("lanes_32x32");
  expect(chooseCore({ software: false, cores }, 64, 64, 1, product)).toBe("64x64");
});
