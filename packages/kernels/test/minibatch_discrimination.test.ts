import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import * as twin from "../reference/minibatch_discrimination.js";
import { minibatchDiscrimination } from "../src/minibatch_discrimination.js";
import "./close.js";
import { Harness, random } from "./harness.js";

let harness: Harness;
beforeAll(async () => {
  harness = await Harness.open();
});
afterEach(() => harness.free());
afterAll(() => harness.device.destroy());

describe("minibatch_discrimination", () => {
  // A layer of the authors' size, then one deviation each.
  test.each([
    [2, 16, 100, 5],
    [1, 1, 3, 5],
    [3, 5, 7, 3],
    [1, 9, 1, 1],
    [65, 2, 2, 4],
  ])("%i groups of %i images, %i kernels of %i", async (groups, rows, kernels, dims) => {
    const shape = { groups, rows, kernels, dims };
    const x = random(groups * rows * kernels * dims, 1);
    const y = harness.output(groups * rows * kernels);
    const dispatches = [minibatchDiscrimination(shape, { x: harness.input(x), y: y.view })];
    const [received] = await harness.run(dispatches, [y]);
    // WGSL's exp(−t) is good to 3 + 2t units in the last place, and t is at most 2·dims here.
    expect(received).toBeAllClose(twin.minibatchDiscrimination(x, shape), { rtol: 5e-6 });
  });

  test("groups do not see each other, and no image sees itself", () => {
    const shape = { groups: 2, rows: 2, kernels: 1, dims: 2 };
    const x = [0, 0, 1, -2, 5, 5, 5, 5];
    expect([...twin.minibatchDiscrimination(x, shape)]).toEqual([Math.exp(-3), Math.exp(-3), 1, 1]);
  });
});
