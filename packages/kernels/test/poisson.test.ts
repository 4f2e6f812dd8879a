import type { ImageShape } from "@kintsugi/geometry";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { poissonBlend } from "../reference/poisson.js";
import { poisson } from "../src/poisson.js";
import "./close.js";
import { goldens } from "./goldens.js";
import { Harness, random } from "./harness.js";

let harness: Harness;
beforeAll(async () => {
  harness = await Harness.open();
});
afterEach(() => harness.free());
afterAll(() => harness.device.destroy());

type Values = ArrayLike<number>;

async function run(y: Values, g: Values, mask: Values, shape: ImageShape): Promise<Float32Array> {
  const x = harness.output(y.length, "x");
  const views = { y: harness.input(y), g: harness.input(g), mask: harness.input(mask), x: x.view };
  const [received] = await harness.run([poisson(shape, views)], [x], 2);
  return received!;
}

// What over-relaxation has not reached after its fixed number of sweeps: less than 1e-5 of the contrast on these holes.
const TOLERANCE = { atol: 1e-4 };

const LEFT = (_: number, j: number, width: number) => 2 * j >= width;
const SQUARE = (i: number, j: number, width: number) => Math.max(Math.abs(i - width / 2), Math.abs(j - width / 2)) > 4;
const COLUMN = (_: number, j: number) => j === 0;

describe("poisson", () => {
  // Planes of up to 64×64 lie in workgroup memory, larger ones in the result.
  test.each<[string, ImageShape, (i: number, j: number, width: number) => boolean]>([
    ["the left half", [1, 32, 32, 3], LEFT],
    ["all but a column", [1, 20, 20, 1], COLUMN],
    ["a square", [3, 15, 17, 2], SQUARE],
    ["the left half", [1, 9, 1, 1], (i) => i > 4],
    ["nothing", [1, 1, 1, 1], () => true],
    ["a square", [1, 66, 70, 1], SQUARE],
  ])("%s of %j", async (_, shape, known) => {
    const [images, height, width, channels] = shape;
    const pixels = height * width;
    const [y, g] = [random(images * pixels * channels, 1), random(images * pixels * channels, 2)];
    const mask = Float32Array.from({ length: images * pixels }, (_, at) =>
      known(Math.floor((at % pixels) / width), at % width, width) ? 1 : 0,
    );
    const received = await run(y, g, mask, shape);
    for (let n = 0; n < images; n++) {
      const part = (values: Float32Array, size: number) => values.subarray(n * size, (n + 1) * size);
      const [yn, gn, xn] = [y, g, received].map((values) => part(values, pixels * channels)) as [
        Float32Array,
        Float32Array,
        Float32Array,
      ];
      const holes = part(mask, pixels);
      const expected = poissonBlend(yn, gn, holes, [height, width, channels], { tolerance: 1e-8 });
      expect(xn).toBeAllClose(expected, TOLERANCE);
      yn.forEach((value, at) => {
        if (holes[Math.floor(at / channels)] !== 0 && xn[at] !== value) throw new Error(`known value ${at} changed`);
      });
    }
  });

  test("leaves g where nothing is known", async () => {
    const g = random(8 * 8, 2);
    expect(await run(new Float32Array(64).fill(Number.NaN), g, new Float32Array(64), [1, 8, 8, 1])).toEqual(g);
  });

  const file = goldens("completion");
  test.each(["center", "border", "random80", "corner_column"])("goldens, %s", async (name) => {
    const { shape, values: y } = file.tensor(`blend_${name}/y`);
    const received = await run(y, file.values(`blend_${name}/g`), file.values(`blend_${name}/mask`), [
      1,
      ...shape,
    ] as unknown as ImageShape);
    expect(received).toBeAllClose(file.values(`blend_${name}/x`), TOLERANCE);
  });
});
