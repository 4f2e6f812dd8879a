import { type ConvGeometry, coarseShape, fineShape, sameGeometry, weightShape } from "@kintsugi/geometry";
import { openNodeDevice } from "@kintsugi/gpu/node";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import * as twin from "../reference/conv.js";
import * as dense from "../reference/matmul.js";
import { conv2d, conv2dGradWeight, conv2dGradWeightScratch, convTranspose2d } from "../src/conv.js";
import { halfBytes, halfScratch, toHalf } from "../src/half.js";
import { type MatmulGeometry, matmul, matmulScratch } from "../src/matmul.js";
import type { Core } from "../src/tiles.js";
import { Harness, type Output, random } from "./harness.js";

const count = (shape: readonly number[]): number => shape.reduce((product, side) => product * side, 1);

let harness: Harness;
beforeAll(async () => {
  harness = await Harness.open(await openNodeDevice([], ["shader-f16"]));
});
afterEach(() => harness.free());
afterAll(() => harness.device.destroy());

/** The float16 copy of some values, and the dispatches that make it. */
function halved(values: Float32Array) {
  const output = harness.output(halfBytes(values.length) / 4, "half");
  const y = { ...output.view, bytes: halfBytes(values.length) };
  const scratch = harness.output(halfScratch(values.length) / 4, "maxima");
  const x = harness.input(values);
  return { y, output, dispatches: toHalf("test", values.length, { x, y, scratch: scratch.view }) };
}

/** The number that 16 bits stand for. */
function decode(bits: number): number {
  const [sign, exponent, fraction] = [bits >>> 15 ? -1 : 1, (bits >>> 10) & 31, bits & 1023];
  if (exponent === 31) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  return exponent === 0 ? sign * fraction * 2 ** -24 : sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

describe("float16 copies", () => {
  /** What the copy stands for, and its exponent. */
  async function copied(values: Float32Array): Promise<{ numbers: number[]; exponent: number }> {
    const { y, output, dispatches } = halved(values);
    const scratch: Output[] = [];
    const padded = new Float32Array(output.length);
    const [received] = await harness.run(dispatches, [{ ...output, initial: padded }, ...scratch]);
    const bits = new Uint16Array(received!.buffer, received!.byteOffset, y.bytes / 2);
    const exponent = decode(bits.at(-1)!);
    return { numbers: [...bits.subarray(0, values.length)].map((one) => decode(one) * 2 ** -exponent), exponent };
  }

  test.each([1, 5, 4096, 8195, 70_001])("%i numbers keep 11 bits, however small or large they are", async (length) => {
    for (const unit of [1, 1e-30, 1e30]) {
      const values = random(length, length).map((value) => value * unit);
      const { numbers } = await copied(values);
      const wrong = numbers.findIndex(
        (number, i) => !(Math.abs(number - values[i]!) <= Math.abs(values[i]!) * 2 ** -10),
      );
      // What is 2^28 times smaller than the largest may lose bits.
      expect(wrong === -1 || Math.abs(values[wrong]!) < unit * 2 ** -28).toBe(true);
    }
  });

  test("the largest comes to lie in [2^14, 2^15)", async () => {
    for (const value of [1, 1.99, 2, 3e-20, -7e15]) {
      const { exponent, numbers } = await copied(Float32Array.of(value, 0));
      expect(Math.abs(Math.fround(value)) * 2 ** exponent).toBeGreaterThanOrEqual(2 ** 14);
      expect(Math.abs(Math.fround(value)) * 2 ** exponent).toBeLessThan(2 ** 15);
      expect(numbers[1]).toBe(0);
    }
  });

  test("zeros stay zeros, and what is not finite stays so without a share in the scale", async () => {
    expect((await copied(new Float32Array(9))).numbers).toEqual(new Array(9).fill(0));
    const { numbers } = await copied(
      Float32Array.of(1, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.NaN),
    );
    expect(numbers).toEqual([1, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.NaN]);
  });
});

/**
 * Each factor of a term is within 2⁻¹⁰ of itself where the conversion truncates and 2⁻¹¹ where it rounds, WGSL allows both,
 * and what the float32 sum adds is small beside: 2⁻⁹·Σ|a·b| in all.
 */
function expectNear(received: Float32Array, expected: ArrayLike<number>, magnitudes: ArrayLike<number>): void {
  expect(received).toHaveLength(expected.length);
  const worst = received.reduce((most, value, i) => Math.max(most, Math.abs(value - expected[i]!) / magnitudes[i]!), 0);
  expect(worst).toBeLessThan(2 ** -9 * 1.01);
}

const CONVOLUTIONS: Readonly<Record<string, ConvGeometry>> = {
  "5×5 stride 2, 8→16 channels": sameGeometry([2, 8, 8, 8], [5, 5, 8, 16], 2),
  "3 fine channels": sameGeometry([2, 8, 8, 3], [5, 5, 3, 16], 2),
  "20 and 33 channels": sameGeometry([1, 6, 6, 20], [3, 3, 20, 33], 2),
  // Last, for all cores: some take long to compile where channels are no multiple of 4.
  "64 and 68 channels": sameGeometry([1, 4, 4, 64], [3, 3, 64, 68], 2),
};
const MATMULS: Readonly<Record<string, MatmulGeometry>> = {
  "16×32·32×64": { m: 16, n: 64, k: 32 },
  "no side a multiple of 4, a transposed": { m: 17, n: 67, k: 33, transposeA: true },
  "a long sum, b transposed": { m: 5, n: 8, k: 4100, transposeB: true },
};
const CORES: Readonly<Record<Core, boolean>> = {
  lanes_32x32: true,
  lanes_64x16: false,
  lanes_64x12: false,
  lanes_32x4: false,
  quads_32x16: false,
  direct: false,
  "64x64": false,
  "128x128": false,
};

for (const [name, whole] of Object.entries(CORES)) {
  // The cores share their loads: one sees all cases, the others the last.
  const some = <T>(cases: Readonly<Record<string, T>>) => Object.entries(cases).slice(whole ? 0 : -1);
  const device = { software: true, core: name as Core, operands: "f16" as const };

  describe(`float16 operands, core ${name}`, () => {
    test.each(some(CONVOLUTIONS))("%s", async (_, g) => {
      const [fine, coarse, weight] = [fineShape(g), coarseShape(g), weightShape(g)].map((shape, i) =>
        // Gradients are small: without a scale, these would be zeros.
        random(count(shape), i + 1).map((value) => value * [1, 1e-9, 0.02][i]!),
      ) as [Float32Array, Float32Array, Float32Array];
      const [x, y, w] = [halved(fine), halved(coarse), halved(weight)];
      const outputs = [coarse, fine, weight].map(({ length }, i) => harness.output(length, `result ${i}`));
      const scratch = harness.output(conv2dGradWeightScratch(device, g) / 4, "scratch");
      const [first, second, third] = outputs as [Output, Output, Output];
      const received = await harness.run(
        [
          ...[x, y, w].flatMap(({ dispatches }) => dispatches),
          ...conv2d(device, g, { x: x.y, weight: w.y, y: first.view }),
          ...convTranspose2d(device, g, { x: y.y, weight: w.y, y: second.view }),
          ...conv2dGradWeight(device, g, { coarse: y.y, fine: x.y, dweight: third.view, scratch: scratch.view }),
        ],
        [...outputs, scratch],
      );
      const abs = (values: Float32Array) => values.map(Math.abs);
      expectNear(received[0]!, twin.conv2d(g, fine, weight), twin.conv2d(g, abs(fine), abs(weight)));
      const back = twin.convTranspose2d(g, abs(coarse), abs(weight));
      expectNear(received[1]!, twin.convTranspose2d(g, coarse, weight), back);
      const terms = twin.conv2dGradWeight(g, abs(coarse), abs(fine));
      expectNear(received[2]!, twin.conv2dGradWeight(g, coarse, fine), terms);
    });

    test.each(some(MATMULS))("%s, with a bias", async (_, shape) => {
      const [left, right] = [random(shape.m * shape.k, 1), random(shape.k * shape.n, 2)];
      const bias = new Float32Array(shape.n).fill(1);
      const [a, b] = [halved(left), halved(right)];
      const y = harness.output(shape.m * shape.n, "y");
      const scratch = harness.output(matmulScratch(device, shape) / 4, "scratch");
      const views = { a: a.y, b: b.y, y: y.view, scratch: scratch.view, bias: harness.input(bias) };
      const dispatches = [...a.dispatches, ...b.dispatches, ...matmul(device, shape, views)];
      const [received] = await harness.run(dispatches, [y, scratch]);
      const expected = dense.matmul(shape, left, right).map((sum) => sum + 1);
      expectNear(received!, expected, dense.matmul(shape, left.map(Math.abs), right.map(Math.abs)));
    });
  });
}
