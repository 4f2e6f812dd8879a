import type { ImageShape } from "@kintsugi/geometry";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import * as contextual from "../reference/masked_l1.js";
import * as twin from "../reference/pointwise.js";
import { maskedL1, sum, sumRows, sumRowsScratch, sumScratch } from "../src/sums.js";
import "./close.js";
import { goldens } from "./goldens.js";
import { Harness, random } from "./harness.js";
import { inBounds } from "./rounding.js";

let harness: Harness;
beforeAll(async () => {
  harness = await Harness.open();
});
afterEach(() => harness.free());
afterAll(() => harness.device.destroy());

type Values = ArrayLike<number>;

/** The sums of equal stretches. */
function stretches(x: Float32Array, groups: number): Float64Array {
  const span = x.length / groups;
  return Float64Array.from({ length: groups }, (_, g) => twin.sum(x.subarray(g * span, (g + 1) * span)));
}

async function runSumRows(x: Values, channels: number, device = { software: true }): Promise<Float32Array> {
  const rows = x.length / channels;
  const y = harness.output(channels, "y");
  const scratch = harness.output(sumRowsScratch(device, rows, channels) / 4, "scratch");
  const views = { x: harness.input(x), y: y.view, scratch: scratch.view };
  const [received] = await harness.run(sumRows(device, rows, channels, views), [y, scratch]);
  return received!;
}

async function runMaskedL1(x: Values, goal: Values, weight: Values, images: number): Promise<Float32Array> {
  const y = harness.output(images, "y");
  const views = { x: harness.input(x), goal: harness.input(goal), weight: harness.input(weight), y: y.view };
  const [received] = await harness.run([maskedL1(images, x.length / images, x.length / weight.length, views)], [y]);
  return received!;
}

// The tolerance of every sum here is that of a sum of products: rounding errors of its terms add up like a random walk.

describe("sum", () => {
  // A workgroup adds 16,384 elements, on CPU adapters 65,536, 256 lanes in parallel; longer stretches take more and a second
  // pass.
  test.each([
    [2048, 1],
    [2048, 2],
    [1, 1],
    [3, 3],
    [255, 1],
    [256, 1],
    [257, 1],
    [3 * 771, 3],
    [5 * 512, 5],
    [16_384, 1],
    [16_385, 1],
    [100_003, 1],
    [3 * 40_001, 3],
  ])("%i elements, %i groups", async (size, groups) => {
    const x = random(size, 1);
    const magnitudes = stretches(x.map(Math.abs), groups);
    for (const device of [{ software: false }, { software: true }]) {
      const y = harness.output(groups);
      const scratch = harness.output(sumScratch(device, size, groups) / 4, "scratch");
      const views = { x: harness.input(x), y: y.view, scratch: scratch.view };
      const [received] = await harness.run(sum(device, size, groups, views), [y, scratch]);
      expect(inBounds(received!, stretches(x, groups), magnitudes, size / groups)).toBe("yes");
    }
  });

  test("more groups than one dimension of a grid can have", async () => {
    const groups = 65_537;
    const x = random(2 * groups, 1);
    const y = harness.output(groups);
    const dispatches = sum({ software: false }, 2 * groups, groups, { x: harness.input(x), y: y.view });
    expect(dispatches.map(({ workgroups }) => workgroups)).toEqual([[32_769, 2, 1]]);
    const [received] = await harness.run(dispatches, [y], 1);
    expect(inBounds(received!, stretches(x, groups), stretches(x.map(Math.abs), groups), 2)).toBe("yes");
  });
});

describe("sum_rows", () => {
  // A chunk has 32 rows, and more from 4097 rows on, of which there are then 128 chunks or fewer.
  test.each([
    [128, 16],
    [1, 1],
    [1, 5],
    [31, 3],
    [32, 3],
    [33, 3],
    [65, 70],
    [12, 64],
    [4097, 3],
    [8200, 1],
  ])("%i rows of %i channels", async (rows, channels) => {
    const x = random(rows * channels, 1);
    const magnitudes = twin.sumRows(x.map(Math.abs), channels);
    for (const device of [{ software: true }, { software: false }]) {
      expect(inBounds(await runSumRows(x, channels, device), twin.sumRows(x, channels), magnitudes, rows)).toBe("yes");
    }
  });

  test.each(["bias_a", "bias_b"])("goldens, %s", async (name) => {
    const file = goldens("pointwise");
    const db = file.values(`${name}/db`);
    expect(await runSumRows(file.values(`${name}/dy`), db.length)).toBeAllClose(db, { rel: 1e-5 });
  });
});

describe("masked_l1", () => {
  test.each<ImageShape>([
    [2, 8, 8, 3],
    [1, 8, 8, 3],
    [3, 5, 7, 1],
    [1, 1, 1, 1],
    [3, 3, 5, 5],
    [2, 17, 16, 1],
    [2, 20, 20, 3],
  ])("%i×%i×%i×%i", async (...shape) => {
    const [images, height, width, channels] = shape;
    const size = images * height * width * channels;
    const [x, goal, weight] = [random(size, 1), random(size, 2), random(size / channels, 3)];
    const received = await runMaskedL1(x, goal, weight, images);
    const magnitudes = contextual.maskedL1(x, goal, weight.map(Math.abs), shape);
    const expected = contextual.maskedL1(x, goal, weight, shape);
    expect(inBounds(received, expected, magnitudes, size / images)).toBe("yes");
  });

  const file = goldens("pointwise");
  test.each([
    ["l1_a", "plain", "mask"],
    ["l1_a", "weight_symmetric", "weight_symmetric"],
    ["l1_a", "weight_count", "weight_count"],
    ["l1_b", "plain", "mask"],
    ["l1_b", "weight_symmetric", "weight_symmetric"],
    ["l1_b", "weight_count", "weight_count"],
  ])("goldens, %s %s", async (name, loss, weights) => {
    const [g, goal, weight] = ["g", "y", weights].map((key) => file.values(`${name}/${key}`)) as [
      Values,
      Values,
      Values,
    ];
    const expected = file.values(`${name}/${loss}_loss`);
    expect(await runMaskedL1(g, goal, weight, expected.length)).toBeAllClose(expected, { rtol: 1e-5 });
  });

  test.each(["low_a", "low_b"])("goldens, the low-resolution loss of %s", async (name) => {
    const [mean, goal, weight] = ["mean_g", "mean_y", "mask_low"].map((key) => file.values(`${name}/${key}`)) as [
      Values,
      Values,
      Values,
    ];
    const expected = file.values(`${name}/loss`);
    expect(await runMaskedL1(mean, goal, weight, expected.length)).toBeAllClose(expected, { rtol: 1e-5 });
  });

  test.each([
    ["d_loss_real", 1],
    ["d_loss_fake", 0],
  ] as const)("goldens, %s: a mean over logits", async (name, target) => {
    const logits = Float32Array.from(file.values("act/x"));
    const losses = Float32Array.from(twin.map(logits, (value) => twin.bceWithLogits(value, target)));
    const y = harness.output(1);
    const [total] = await harness.run(
      sum({ software: true }, losses.length, 1, { x: harness.input(losses), y: y.view }),
      [y],
    );
    expect([total![0]! / losses.length]).toBeAllClose(file.values(`gan/${name}`), { rtol: 1e-5 });
  });
});
