import type { ImageShape } from "@kintsugi/geometry";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import * as twin from "../reference/augment.js";
import { cutout, saturate, translate } from "../src/augment.js";
import "./close.js";
import { Harness, random } from "./harness.js";

let harness: Harness;
beforeAll(async () => {
  harness = await Harness.open();
});
afterEach(() => harness.free());
afterAll(() => harness.device.destroy());

// A batch in colour, one image, grey, with transparency, and sides that nothing divides.
const SHAPES: ImageShape[] = [
  [4, 16, 16, 3],
  [1, 16, 16, 3],
  [4, 16, 16, 1],
  [3, 8, 8, 4],
  [3, 5, 7, 3],
];
const sizeOf = (shape: ImageShape) => shape.reduce((product, side) => product * side);
/** Whole numbers from −most to most, the extremes first. */
const whole = (length: number, most: number) =>
  random(length, 3).map((value, i) => [most, -most, 0][i] ?? Math.round(value * most));

test.each(SHAPES)("saturate %i×%i×%i×%i", async (...shape) => {
  const [x, shares] = [random(sizeOf(shape), 1), random(2 * shape[0], 2)];
  const y = harness.output(x.length);
  const views = { x: harness.input(x), shares: harness.input(shares), y: y.view };
  const [received] = await harness.run([saturate(shape, views)], [y]);
  // Of up to four numbers below 1 a mean, then a sum of two products.
  expect(received).toBeAllClose(twin.saturate(x, shares, shape), { atol: 4e-7, shape });
});

test.each(SHAPES)("translate %i×%i×%i×%i, far enough to leave nothing too", async (...shape) => {
  const [x, offsets] = [random(sizeOf(shape), 1), whole(2 * shape[0], shape[1])];
  const y = harness.output(x.length);
  const views = { x: harness.input(x), offsets: harness.input(offsets), y: y.view };
  const [received] = await harness.run([translate(shape, views)], [y]);
  expect(received).toBeAllClose(twin.translate(x, offsets, shape), { shape });
});

test.each(SHAPES)("cutout %i×%i×%i×%i, with boxes in part and wholly outside", async (...shape) => {
  const [x, corners] = [random(sizeOf(shape), 1), whole(2 * shape[0], shape[1])];
  const y = harness.output(x.length);
  const views = { x: harness.input(x), corners: harness.input(corners), y: y.view };
  const [received] = await harness.run([cutout(shape, [4, 3], views)], [y]);
  expect(received).toBeAllClose(twin.cutout(x, corners, [4, 3], shape), { shape });
});

test("the twins: one pixel down and two to the right; a box at a corner; grey", () => {
  const x = [1, 2, 3, 4, 5, 6, 7, 8, 9];
  expect([...twin.translate(x, [1, 2], [1, 3, 3, 1])]).toEqual([0, 0, 0, 0, 0, 1, 0, 0, 4]);
  expect([...twin.cutout(x, [1, -1], [2, 2], [1, 3, 3, 1])]).toEqual([1, 2, 3, 0, 5, 6, 0, 8, 9]);
  expect([...twin.saturate(x, [0, 1], [1, 3, 1, 3])]).toEqual(
    [2, 2, 2, 5, 5, 5, 8, 8, 8].map((v) => expect.closeTo(v, 12)),
  );
});
