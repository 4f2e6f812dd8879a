import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { adamRate } from "../../nn/src/adam.js";
import * as twin from "../reference/adam.js";
import { updateRunning } from "../reference/batch_norm.js";
import { momentumClipped } from "../reference/momentum.js";
import { movingAverage as twinAverage } from "../reference/moving_average.js";
import {
  adam,
  averagePlaces,
  movingAverage,
  projectedMomentum,
  runningAverage,
  runningAverages,
} from "../src/state.js";
import type { CloseOptions } from "./close.js";
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

// What the golden files ask for: parameters of order 1 to 1e-6, second moments, which cannot cancel, to 1e-5 of themselves.
const PARAMETER: CloseOptions = { atol: 1e-6 };
const SQUARES: CloseOptions = { rtol: 1e-5, atol: 1e-30 };
/** Two products of numbers of order 1, one of which may be a difference of like numbers. */
const AVERAGE: CloseOptions = { atol: 3e-7 };

/** A control of a layer's weights, one element, and both sides of a workgroup of 64. */
const SIZES = [2400, 1, 64, 65, 301];

interface AdamValues {
  readonly x: Float32Array;
  readonly m: Float32Array;
  readonly v: Float32Array;
}

/** One step from the given state, which every repetition starts from. */
async function runAdam(
  { x, m, v }: AdamValues,
  dx: Float32Array,
  rate: Float32Array,
  options: Parameters<typeof adam>[1],
): Promise<AdamValues> {
  const state = { x: harness.output(x.length, "x", x), m: harness.output(x.length, "m", m) };
  const [second, gradient] = [harness.output(x.length, "v", v), harness.input(dx)];
  const views = { x: state.x.view, m: state.m.view, v: second.view, dx: gradient, rate: harness.input(rate) };
  const received = await harness.run([adam(x.length, options, views)], [state.x, state.m, second]);
  return { x: received[0]!, m: received[1]!, v: received[2]! };
}

describe("adam", () => {
  const options = { lr: 0.002, beta1: 0.5, beta2: 0.999, eps: 1e-8 };

  test.each(SIZES)("%i elements, TensorFlow's form", async (size) => {
    const [dx, x, m] = [random(size, 1), random(size, 2), random(size, 3)];
    const v = random(size, 4).map((value) => value * value);
    const received = await runAdam({ x, m, v }, dx, adamRate(options, 3), {
      ...options,
      limit: Number.POSITIVE_INFINITY,
    });
    const expected = twin.adam({ param: x, m, v }, dx, 3, options);
    expect(received.x).toBeAllClose(expected.param, PARAMETER);
    // m is a sum that may cancel: 3·2⁻²⁴ of its terms.
    expect(received.m).toBeAllClose(expected.m, AVERAGE);
    expect(received.v).toBeAllClose(expected.v, SQUARES);
  });

  test("with decoupled weight decay, whose share of 0 changes no bit", async () => {
    const size = 301;
    const [dx, x, m] = [random(size, 1), random(size, 2), random(size, 3)];
    const v = random(size, 4).map((value) => value * value);
    const rate = adamRate(options, 3);
    const plain = { ...options, limit: Number.POSITIVE_INFINITY };
    const run = (share: number) => runAdam({ x, m, v }, dx, Float32Array.of(...rate, share), { ...plain, decay: true });
    expect(await run(0)).toEqual(await runAdam({ x, m, v }, dx, rate, plain));
    const received = await run(options.lr * 50);
    const expected = twin.adam({ param: x, m, v }, dx, 3, { ...options, weightDecay: 50 });
    expect(received.x).toBeAllClose(expected.param, PARAMETER);
    expect(received.m).toBeAllClose(expected.m, AVERAGE);
    expect(received.v).toBeAllClose(expected.v, SQUARES);
  });

  test("clipped, in the form of the paper", async () => {
    const size = 65;
    const large = { ...options, lr: 10 };
    const [dx, x, m] = [random(size, 1), random(size, 2), random(size, 3)];
    const v = random(size, 4).map((value) => value * value);
    const received = await runAdam({ x, m, v }, dx, adamRate(large, 3, true), { ...large, limit: 1 });
    const expected = twin.adamClipped({ param: x, m, v }, dx, 3, large);
    expect(received.x).toBeAllClose(expected.param, { atol: 1e-5 });
    expect(received.x.filter((value) => Math.abs(value) === 1).length).toBeGreaterThan(5);
    expect(received.x.filter((value) => Math.abs(value) < 1).length).toBeGreaterThan(5);
  });

  const file = goldens("adam");
  interface Configuration {
    readonly lr: number;
    readonly beta1: number;
    readonly beta2: number;
    readonly eps: number;
    readonly clip: unknown;
  }

  test.each(file.cases)("goldens, %s: five steps on the kernel's own state", async (name) => {
    const config = file.config<Configuration>(name);
    const paper = name.startsWith("z_");
    const take = (key: string) => Float32Array.from(file.values(`${name}/${key}`));
    const x = take("p0");
    const grads = take("grads");
    const [p, m, v] = [take("p"), take("m"), take("v")];
    const size = x.length;
    const step = (values: Float32Array, at: number) => values.slice((at - 1) * size, at * size);
    let state: AdamValues = { x, m: new Float32Array(size), v: new Float32Array(size) };
    // m is a sum of gradients that may cancel: its error is one of their magnitudes, Σ (1 − β₁)·β₁ᵏ·|g|.
    let magnitudes = new Float64Array(size);
    for (let t = 1; t <= 5; t++) {
      const limit = paper ? 1 : Number.POSITIVE_INFINITY;
      state = await runAdam(state, step(grads, t), adamRate(config, t, paper), { ...config, limit });
      expect(state.x).toBeAllClose(step(p, t), PARAMETER);
      const g = step(grads, t);
      magnitudes = magnitudes.map((value, at) => config.beta1 * value + (1 - config.beta1) * Math.abs(g[at]!));
      expect(inBounds(state.m, step(m, t), magnitudes, t)).toBe("yes");
      expect(state.v).toBeAllClose(step(v, t), SQUARES);
    }
  });
});

describe("projected_momentum", () => {
  test.each(SIZES)("%i elements", async (size) => {
    const [dx, z, v] = [random(size, 1), random(size, 2), random(size, 3)];
    const [x, velocity] = [harness.output(size, "x", z), harness.output(size, "v", v)];
    const views = { x: x.view, v: velocity.view, dx: harness.input(dx), rate: harness.input([0.1]) };
    const received = await harness.run([projectedMomentum(size, { momentum: 0.9, limit: 1 }, views)], [x, velocity]);
    const expected = momentumClipped({ z, v }, dx, { lr: Math.fround(0.1), momentum: 0.9 });
    // Four terms of up to 2 are added, and 0.9 is 0.9 + 2e-8.
    expect(received[0]!).toBeAllClose(expected.z, { atol: 1e-6 });
    expect(received[1]!).toBeAllClose(expected.v, AVERAGE);
    if (size > 60) expect(received[0]!.some((value) => Math.abs(value) === 1)).toBe(true);
  });
});

describe("moving_average", () => {
  test.each(SIZES)("%i elements", async (size) => {
    const [initial, values] = [random(size, 1), random(size, 2)];
    const average = harness.output(size, "average", initial);
    const views = { average: average.view, values: harness.input(values), rate: harness.input([0.3]) };
    const [received] = await harness.run([movingAverage(size, views)], [average]);
    // Of numbers of order 1, a difference and a sum.
    expect(received).toBeAllClose(twinAverage(initial, values, Math.fround(0.3)), AVERAGE);
  });

  test("a share of 1 leaves nothing of what was, a share of 0 all of it", async () => {
    const [initial, values] = [random(65, 1), random(65, 2)];
    for (const [rate, expected] of [
      [1, values],
      [0, initial],
    ] as const) {
      const average = harness.output(65, "average", initial);
      const views = { average: average.view, values: harness.input(values), rate: harness.input([rate]) };
      const [received] = await harness.run([movingAverage(65, views)], [average]);
      expect(received).toBeAllClose(expected, AVERAGE);
    }
  });
});

describe("running_average", () => {
  test.each([
    [16, 1],
    [16, 2],
    [1, 1],
    [65, 3],
    [301, 2],
  ])("%i channels, %i rows", async (size, rows) => {
    const [initial, values] = [random(size, 1), random(size * rows, 2)];
    const running = harness.output(size, "running", initial);
    const views = { running: running.view, values: harness.input(values) };
    const [received] = await harness.run([runningAverage(size, rows, 0.9, views)], [running]);
    expect(received).toBeAllClose(updateRunning(initial, values, 0.9), AVERAGE);
  });

  test.each(goldens("batch_norm").cases)("goldens, %s", async (name) => {
    const file = goldens("batch_norm");
    for (const key of ["mean", "var"]) {
      const initial = Float32Array.from(file.values(`${name}/running_${key}`));
      const running = harness.output(initial.length, "running", initial);
      const views = { running: running.view, values: harness.input(file.values(`${name}/${key}`)) };
      const [received] = await harness.run([runningAverage(initial.length, 1, 0.9, views)], [running]);
      expect(received).toBeAllClose(file.values(`${name}/new_running_${key}`), { rel: 1e-6 });
    }
  });

  test("many at once are the same as one by one, and leave the gaps between them alone", async () => {
    const places = [
      { running: 0, values: 70, size: 5 },
      { running: 64, values: 0, size: 16 },
      { running: 128, values: 128, size: 3 },
    ];
    const [initial, values] = [random(131, 1), random(134, 2)];
    const running = harness.output(131, "running", initial);
    const views = {
      running: running.view,
      values: harness.input(values),
      places: harness.words(averagePlaces(places)),
    };
    const [received] = await harness.run([runningAverages(131, 2, 0.9, views)], [running]);
    const expected = initial.slice();
    for (const place of places) {
      const average = harness.output(place.size, "one", initial.slice(place.running, place.running + place.size));
      const rows = harness.input(values.slice(place.values, place.values + 2 * place.size));
      const alone = [runningAverage(place.size, 2, 0.9, { running: average.view, values: rows })];
      expected.set((await harness.run(alone, [average]))[0]!, place.running);
    }
    expect(received).toEqual(expected);
  });

  test("what it averages is a fixed point", async () => {
    const values = random(16, 1);
    const running = harness.output(16, "running", values);
    const views = { running: running.view, values: harness.input(values) };
    const [received] = await harness.run([runningAverage(16, 1, 0.9, views)], [running]);
    expect(received).toBeAllClose(values, { rtol: 1.2e-7 });
  });
});

test("none of them changes what lies past its end", async () => {
  const [size, more] = [65, 75];
  const values = [1, 2, 3, 4, 5, 6, 7, 8].map((seed) => random(more, seed).map(Math.abs));
  const [x, m, v, z, u, running, average] = values.map((initial, i) => harness.output(more, `state ${i}`, initial));
  const [dx, rate] = [harness.input(random(more, 9)), harness.input([0.1, 1e-8])];
  const options = { beta1: 0.5, beta2: 0.999, limit: 1, momentum: 0.9 };
  const dispatches = [
    adam(size, options, { x: x!.view, m: m!.view, v: v!.view, dx, rate }),
    projectedMomentum(size, options, { x: z!.view, v: u!.view, dx, rate }),
    runningAverage(size, 1, 0.9, { running: running!.view, values: dx }),
    movingAverage(size, { average: average!.view, values: dx, rate }),
  ];
  const received = await harness.run(dispatches, [x!, m!, v!, z!, u!, running!, average!]);
  received.forEach((array, i) => {
    expect(array.subarray(size)).toEqual(values[i]!.subarray(size));
    expect(array.subarray(0, size)).not.toEqual(values[i]!.subarray(0, size));
  });
});
