import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import * as twin from "../reference/batch_norm.js";
import {
  type BatchNormShape,
  batchNorm,
  batchNormApply,
  batchNormGrad,
  batchNormInferenceGrad,
  batchNormScratch,
} from "../src/batch_norm.js";
import type { DeviceClass } from "../src/tiles.js";
import type { CloseOptions } from "./close.js";
import "./close.js";
import { centralDifference, dot, sampleIndices } from "./finite_differences.js";
import { type Goldens, goldens } from "./goldens.js";
import { Harness, random } from "./harness.js";

let harness: Harness;
beforeAll(async () => {
  harness = await Harness.open();
});
afterEach(() => harness.free());
afterAll(() => harness.device.destroy());

type Values = ArrayLike<number>;
const EPS = 1e-5;

interface Statistics {
  readonly mean: Values;
  readonly variance: Values;
}

const SOFTWARE: DeviceClass = { software: true };
const HARDWARE: DeviceClass = { software: false };

function scratchOf(device: DeviceClass, shape: BatchNormShape) {
  const { parts, whole } = batchNormScratch(device, shape);
  return { parts: harness.output(parts / 4, "parts"), whole: harness.output(whole / 4, "whole") };
}

/** Statistics of x, and y by them. */
async function train(device: DeviceClass, shape: BatchNormShape, slope: number, given: Record<string, Values>) {
  const { groups, rows, channels } = shape;
  const [mean, variance] = ["mean", "variance"].map((label) => harness.output(groups * channels, label));
  const y = harness.output(groups * rows * channels, "y");
  const { parts, whole } = scratchOf(device, shape);
  const [x, gamma, beta] = ["x", "gamma", "beta"].map((name) => harness.input(given[name]!, name));
  const views = { x: x!, gamma: gamma!, beta: beta!, y: y.view, mean: mean!.view, variance: variance!.view };
  const dispatches = batchNorm(device, shape, { eps: EPS, slope }, { ...views, parts: parts.view, whole: whole.view });
  const received = await harness.run(dispatches, [mean!, variance!, y]);
  return { mean: received[0]!, variance: received[1]!, y: received[2]! };
}

function inputs(x: Values, gamma: Values, beta: Values, { mean, variance }: Statistics) {
  const [first, second] = [harness.input(mean, "mean"), harness.input(variance, "variance")];
  return { x: harness.input(x), gamma: harness.input(gamma), beta: harness.input(beta), mean: first, variance: second };
}

async function apply(shape: BatchNormShape, slope: number, given: ReturnType<typeof inputs>): Promise<Float32Array> {
  const y = harness.output(shape.groups * shape.rows * shape.channels, "y");
  const dispatch = batchNormApply(SOFTWARE, shape, { eps: EPS, slope }, { ...given, y: y.view });
  const [received] = await harness.run([dispatch], [y]);
  return received!;
}

async function gradients(
  shape: BatchNormShape,
  slope: number,
  given: ReturnType<typeof inputs>,
  dy: Values,
  device = SOFTWARE,
) {
  const { groups, rows, channels } = shape;
  const { parts, whole } = scratchOf(device, shape);
  const dx = harness.output(groups * rows * channels, "dx");
  const [dgamma, dbeta] = [harness.output(channels, "dgamma"), harness.output(channels, "dbeta")];
  const views = {
    ...given,
    dy: harness.input(dy),
    dx: dx.view,
    dgamma: dgamma.view,
    dbeta: dbeta.view,
    parts: parts.view,
    whole: whole.view,
  };
  const outputs = [dx, dgamma, dbeta, parts, whole];
  const received = await harness.run(batchNormGrad(device, shape, { eps: EPS, slope }, views), outputs);
  return { dx: received[0]!, dgamma: received[1]!, dbeta: received[2]! };
}

async function inferenceGradient(shape: BatchNormShape, slope: number, given: ReturnType<typeof inputs>, dy: Values) {
  const dx = harness.output(dy.length, "dx");
  const views = { ...given, dy: harness.input(dy), dx: dx.view };
  const [received] = await harness.run([batchNormInferenceGrad(SOFTWARE, shape, { eps: EPS, slope }, views)], [dx]);
  return received!;
}

// Partial results are over 32 rows (more from 4097 rows on), results are written 16 rows an invocation, 64 of those a workgroup.
const CASES: Readonly<Record<string, BatchNormShape>> = {
  "2×8×8×16": { groups: 1, rows: 128, channels: 16 },
  "two groups": { groups: 2, rows: 128, channels: 16 },
  "three groups that no chunk divides": { groups: 3, rows: 35, channels: 6 },
  "one row": { groups: 1, rows: 1, channels: 16 },
  "one element": { groups: 1, rows: 1, channels: 1 },
  "31 rows": { groups: 2, rows: 31, channels: 3 },
  "32 rows": { groups: 2, rows: 32, channels: 3 },
  "33 rows": { groups: 2, rows: 33, channels: 3 },
  "17 rows": { groups: 1, rows: 17, channels: 5 },
  "1 channel": { groups: 1, rows: 98, channels: 1 },
  "70 channels": { groups: 1, rows: 12, channels: 70 },
  "longer chunks": { groups: 2, rows: 4097, channels: 2 },
};

describe.each(Object.entries(CASES))("%s", (name, shape) => {
  const { groups, rows, channels } = shape;
  // Each slope is a pipeline of its own, which costs more than running it: all three for the controls, one for the rest.
  const slopes = name === "2×8×8×16" || name === "two groups" ? [1, 0.2, 0] : [0.2];
  const size = groups * rows * channels;
  const of = { shape: [groups * rows, channels], groups };
  const x = random(size, 1).map((value, i) => 3 * value + (i % channels));
  const [gamma, beta] = [random(channels, 2).map((value) => value + 1.5), random(channels, 3)];
  const dy = random(size, 4);
  const sampled = sampleIndices(size, 24);
  const pick = (values: Values) => sampled.map((at) => values[at]!);
  // The variance is of order 1, or 0 in a single row, where 1/√eps = 316 magnifies every rounding.
  const wide: CloseOptions = rows === 1 ? { rel: 1e-5, atol: 1e-4 } : { rel: 1e-5 };

  test("mean, variance and y by them", async () => {
    const statistics = twin.batchMoments(x, of);
    const received = await train(SOFTWARE, shape, slopes[0]!, { x, gamma, beta });
    // Tree-like sums: a few units in the last place of the largest deviation.
    expect(received.mean).toBeAllClose(statistics.mean, { rel: 1e-6 });
    expect(received.variance).toBeAllClose(statistics.variance, { rel: 2e-6 });
    const y = twin.batchNorm(x, of, statistics, gamma, beta, { eps: EPS, slope: slopes[0]! });
    expect(received.y).toBeAllClose(y, wide);
  });

  test.each(slopes)("y with slope %d", async (slope) => {
    const statistics = twin.batchMoments(x, of);
    const received = await apply(shape, slope, inputs(x, gamma, beta, statistics));
    expect(received).toBeAllClose(twin.batchNorm(x, of, statistics, gamma, beta, { eps: EPS, slope }), wide);
  });

  // A single row has no deviation and variance 0: a difference's step of any size would be the whole of it.
  test.each(rows === 1 ? [] : slopes)("dx, dgamma and dbeta with slope %d", async (slope) => {
    const [x64, gamma64, beta64] = [x, gamma, beta].map((values) => Float64Array.from(values)) as Float64Array[];
    const loss = () => dot(twin.batchNormTrain(x64!, of, gamma64!, beta64!, { eps: EPS, slope }), dy);
    const received = await gradients(shape, slope, inputs(x, gamma, beta, twin.batchMoments(x, of)), dy);
    // 1e-5 of the largest, as for the goldens; the absolute part is what differences of long sums leave.
    const close = { rel: 1e-5, atol: 2e-6 };
    expect(pick(received.dx)).toBeAllClose(centralDifference(loss, x64!, 1e-5, sampled), close);
    expect(received.dgamma).toBeAllClose(centralDifference(loss, gamma64!, 1e-6), close);
    expect(received.dbeta).toBeAllClose(centralDifference(loss, beta64!, 1e-6), close);
  });

  // Running statistics are those of all images: there are no groups.
  test.each(groups > 1 ? [] : slopes)("dx of inference with slope %d", async (slope) => {
    const statistics = { mean: random(channels, 5), variance: random(channels, 6).map((value) => value + 1.5) };
    const x64 = Float64Array.from(x);
    const loss = () => dot(twin.batchNorm(x64, of, statistics, gamma, beta, { eps: EPS, slope }), dy);
    const received = await inferenceGradient(shape, slope, inputs(x, gamma, beta, statistics), dy);
    expect(pick(received)).toBeAllClose(centralDifference(loss, x64, 1e-6, sampled), { rel: 1e-5, atol: 1e-7 });
  });
});

// GPUs have more and smaller parts, which are merged by a dispatch of their own where they are many.
test.each([
  { groups: 2, rows: 4097, channels: 2 },
  { groups: 1, rows: 300, channels: 8 },
  { groups: 2, rows: 128, channels: 4 },
])("parts merged beforehand and where they are needed: %o", async (shape) => {
  const { groups, rows, channels } = shape;
  const size = groups * rows * channels;
  // A mean of 50 and a deviation of 0.1, which must survive.
  const x = random(size, 1).map((value) => 50 + 0.2 * value);
  const [gamma, beta, dy] = [random(channels, 2), random(channels, 3), random(size, 4)];
  const statistics = twin.batchMoments(x, { shape: [groups * rows, channels], groups });
  const [here, there] = [
    await train(SOFTWARE, shape, 0.2, { x, gamma, beta }),
    await train(HARDWARE, shape, 0.2, { x, gamma, beta }),
  ];
  for (const { mean, variance } of [here, there]) {
    expect(mean).toBeAllClose(statistics.mean, { rel: 1e-6 });
    expect(variance).toBeAllClose(statistics.variance, { rel: 5e-5 });
  }
  expect(there.y).toBeAllClose(here.y, { rel: 1e-4 });
  const given = inputs(x, gamma, beta, here);
  const fused = await gradients(shape, 0.2, given, dy);
  const apart = await gradients(shape, 0.2, given, dy, HARDWARE);
  for (const name of ["dx", "dgamma", "dbeta"] as const) expect(apart[name]).toBeAllClose(fused[name], { rel: 1e-5 });
});

const ACTIVATIONS = [
  ["", 1],
  ["_lrelu", 0.2],
  ["_relu", 0],
] as const;

function load(file: Goldens, name: string) {
  const { shape } = file.tensor(`${name}/x`);
  const value = (key: string) => file.values(`${name}/${key}`);
  const channels = shape.at(-1)!;
  return {
    value,
    shape,
    matrix: { groups: 1, rows: value("x").length / channels, channels },
    running: { mean: value("running_mean"), variance: value("running_var") },
    // What the golden files ask for: in `offset` a mean of ±50 costs the deviations of 0.1 most of their digits.
    close: { rel: name === "offset" ? 2e-4 : 1e-5 },
  };
}

describe("goldens", () => {
  const file = goldens("batch_norm");

  test.each(file.cases)("%s, training", async (name) => {
    const { value, shape, matrix, close } = load(file, name);
    for (const [tag, slope] of ACTIVATIONS) {
      const [x, gamma, beta] = [value("x"), value("gamma"), value("beta")];
      const { y, ...statistics } = await train(SOFTWARE, matrix, slope, { x, gamma, beta });
      expect(statistics.mean).toBeAllClose(value("mean"), close);
      expect(statistics.variance).toBeAllClose(value("var"), close);
      expect(y).toBeAllClose(value(`train${tag}_y`), { ...close, shape });
      const given = inputs(x, gamma, beta, statistics);
      const received = await gradients(matrix, slope, given, value("dy"));
      expect(received.dx).toBeAllClose(value(`train${tag}_dx`), { ...close, shape });
      expect(received.dgamma).toBeAllClose(value(`train${tag}_dgamma`), close);
      expect(received.dbeta).toBeAllClose(value(`train${tag}_dbeta`), close);
    }
  });

  test.each(file.cases)("%s, inference", async (name) => {
    const { value, shape, matrix, running, close } = load(file, name);
    for (const [tag, slope] of ACTIVATIONS) {
      const given = inputs(value("x"), value("gamma"), value("beta"), running);
      expect(await apply(matrix, slope, given)).toBeAllClose(value(`infer${tag}_y`), { ...close, shape });
      const dx = await inferenceGradient(matrix, slope, given, value("dy"));
      expect(dx).toBeAllClose(value(`infer${tag}_dx`), { ...close, shape });
    }
  });
});
