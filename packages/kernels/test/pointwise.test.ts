import type { ImageShape } from "@kintsugi/geometry";
import type { BufferView, Dispatch } from "@kintsugi/gpu";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import * as means from "../reference/block_mean.js";
import { maskedL1 } from "../reference/masked_l1.js";
import * as twin from "../reference/pointwise.js";
import * as kernels from "../src/pointwise.js";
import { type CloseOptions, firstMismatch } from "./close.js";
import { centralDifference, dot } from "./finite_differences.js";
import { goldens } from "./goldens.js";
import { Harness, random } from "./harness.js";

let harness: Harness;
beforeAll(async () => {
  harness = await Harness.open();
});
afterEach(() => harness.free());
afterAll(() => harness.device.destroy());

type Values = ArrayLike<number>;
type Inputs = Readonly<Record<string, Values>>;
type Views = Readonly<Record<"x" | "y" | "a" | "b" | "dy" | "dx" | "goal" | "bias" | "weight", BufferView>>;

/** Moves values and computes nothing: bit for bit. */
const COPIED: CloseOptions = {};
/** One multiplication: half a unit in the last place. */
const ROUNDED: CloseOptions = { rtol: 6e-8 };
/** Up to three roundings of terms of magnitude 4, which may cancel. */
const ADDED: CloseOptions = { atol: 5e-7, rtol: 1.2e-7 };
/** WGSL allows exp and log an error of a few units in the last place of terms of order 1, and float32 logits no more. */
const TRANSCENDENTAL: CloseOptions = { atol: 1e-6, rtol: 1e-6 };

async function run(inputs: Inputs, length: number, make: (views: Views) => Dispatch): Promise<Float32Array> {
  const out = harness.output(length);
  const given = Object.entries(inputs).map(([name, values]) => [name, harness.input(values, name)]);
  const [received] = await harness.run([make({ y: out.view, dx: out.view, ...Object.fromEntries(given) })], [out]);
  return received!;
}

/** dy times the slope of an elementwise function. */
function gradient(x: Values, dy: Values, f: (value: number, at: number) => number): Float64Array {
  return twin.map(x, (value, at) => {
    const [slope] = centralDifference((point) => f(point[0]!, at), Float64Array.of(value));
    return dy[at]! * slope!;
  });
}

/** Random numbers in [−4, 4), and none nearer to a kink at 0 than a difference's step. */
function spread(size: number, seed: number): Float32Array {
  return random(size, seed).map((value) => 4 * value + Math.sign(value) * 1e-3);
}

interface Kernel {
  readonly inputs: (size: number) => Inputs;
  readonly dispatch: (size: number, views: Views) => Dispatch;
  readonly twin: (inputs: Inputs, size: number) => Float64Array;
  readonly close: CloseOptions;
}

const unary = (size: number): Inputs => ({ x: spread(size, 1) });
const pair = (size: number): Inputs => ({ a: spread(size, 1), b: spread(size, 2) });
const fromOutput = (f: (x: number) => number) => (size: number) => {
  const x = spread(size, 1);
  return { dy: spread(size, 2), y: Float32Array.from(twin.map(x, f)) };
};
const leaky = (slope: number) => (x: number) => twin.leakyRelu(x, slope);

const KERNELS: Readonly<Record<string, Kernel>> = {
  add_bias: {
    inputs: (size) => ({ x: spread(size, 1), bias: spread(7, 2) }),
    dispatch: (size, views) => kernels.addBias(size, 7, views),
    twin: ({ x, bias }) => twin.addBias(x!, bias!),
    close: ADDED,
  },
  "leaky_relu 0.2": {
    inputs: unary,
    dispatch: (size, views) => kernels.leakyRelu(size, 0.2, views),
    twin: ({ x }) => twin.map(x!, leaky(0.2)),
    close: { rtol: 1.2e-7 },
  },
  "leaky_relu 0": {
    inputs: unary,
    dispatch: (size, views) => kernels.leakyRelu(size, 0, views),
    twin: ({ x }) => twin.map(x!, leaky(0)),
    close: COPIED,
  },
  "leaky_relu_grad 0.2": {
    inputs: fromOutput(leaky(0.2)),
    dispatch: (size, views) => kernels.leakyReluGrad(size, 0.2, views),
    // The sign of y is that of x.
    twin: ({ dy, y }) => gradient(y!, dy!, leaky(0.2)),
    close: { rtol: 1e-6 },
  },
  "leaky_relu_grad 0": {
    inputs: (size) => ({ dy: spread(size, 2), y: random(size, 1).map((value) => Math.max(value, 0)) }),
    dispatch: (size, views) => kernels.leakyReluGrad(size, 0, views),
    twin: ({ dy, y }) => twin.map(dy!, (value, at) => (y![at]! > 0 ? value : 0)),
    close: COPIED,
  },
  tanh: {
    inputs: unary,
    dispatch: kernels.tanh,
    twin: ({ x }) => twin.map(x!, twin.tanh),
    close: TRANSCENDENTAL,
  },
  tanh_grad: {
    inputs: fromOutput(twin.tanh),
    dispatch: kernels.tanhGrad,
    // 1 − y² amplifies the rounding of y where y is near 1, so that the twin starts from the y of the kernel too.
    twin: ({ dy, y }) => gradient(twin.map(y!, Math.atanh), dy!, twin.tanh),
    close: TRANSCENDENTAL,
  },
  sigmoid: {
    inputs: unary,
    dispatch: kernels.sigmoid,
    twin: ({ x }) => twin.map(x!, twin.sigmoid),
    close: TRANSCENDENTAL,
  },
  sigmoid_grad: {
    inputs: fromOutput(twin.sigmoid),
    dispatch: kernels.sigmoidGrad,
    twin: ({ dy, y }) => {
      const logits = twin.map(y!, (value) => Math.log(value / (1 - value)));
      return gradient(logits, dy!, twin.sigmoid);
    },
    close: TRANSCENDENTAL,
  },
  rsqrt: {
    inputs: (size) => ({ x: spread(size, 1).map((value) => 0.01 + value * value) }),
    dispatch: kernels.rsqrt,
    twin: ({ x }) => twin.map(x!, twin.rsqrt),
    close: TRANSCENDENTAL,
  },
  bce_with_logits: {
    inputs: (size) => ({ x: spread(size, 1), goal: random(size, 2).map((value) => (value + 1) / 2) }),
    dispatch: kernels.bceWithLogits,
    twin: ({ x, goal }) => twin.map(x!, (value, at) => twin.bceWithLogits(value, goal![at]!)),
    close: TRANSCENDENTAL,
  },
  bce_with_logits_grad: {
    inputs: (size) => ({ dy: spread(size, 3), x: spread(size, 1), goal: random(size, 2).map((v) => (v + 1) / 2) }),
    dispatch: kernels.bceWithLogitsGrad,
    twin: ({ dy, x, goal }) => gradient(x!, dy!, (value, at) => twin.bceWithLogits(value, goal![at]!)),
    close: TRANSCENDENTAL,
  },
  add: {
    inputs: pair,
    dispatch: (size, views) => kernels.add(size, 0.5, -2, views),
    twin: ({ a, b }) => twin.map(a!, (value, at) => 0.5 * value - 2 * b![at]!),
    close: ADDED,
  },
  multiply: {
    inputs: pair,
    dispatch: kernels.multiply,
    twin: ({ a, b }) => twin.map(a!, (value, at) => value * b![at]!),
    close: ROUNDED,
  },
  scale: {
    inputs: unary,
    dispatch: (size, views) => kernels.scale(size, -0.75, views),
    twin: ({ x }) => twin.map(x!, (value) => -0.75 * value),
    close: ROUNDED,
  },
  concat: {
    inputs: (size) => ({ a: spread(Math.ceil(size / 3), 1), b: spread(Math.max(1, size - Math.ceil(size / 3)), 2) }),
    dispatch: (size, views) => kernels.concat(size, Math.ceil(size / 3), views),
    twin: ({ a, b }, size) => Float64Array.from([...Array.from(a!), ...Array.from(b!)].slice(0, size)),
    close: COPIED,
  },
  "shift, a slice": {
    inputs: (size) => ({ x: spread(size + 9, 1) }),
    dispatch: (size, views) => kernels.shift(size, size + 9, 4, views),
    twin: ({ x }, size) => Float64Array.from(Array.from(x!).slice(4, size + 4)),
    close: COPIED,
  },
  "shift, its adjoint": {
    inputs: (size) => ({ x: spread(Math.ceil(size / 2), 1) }),
    dispatch: (size, views) => kernels.shift(size, Math.ceil(size / 2), -Math.floor(size / 4), views),
    twin: ({ x }, size) => Float64Array.from({ length: size }, (_, i) => x![i - Math.floor(size / 4)] ?? 0),
    close: COPIED,
  },
};

// A small layer's activations is the control: 2 images of 8×8×16. 64 elements fill a workgroup.
const SIZES = [2048, 1, 64, 65, 3 * 7 * 5 * 3];

describe.each(Object.entries(KERNELS))("%s", (_, kernel) => {
  test.each(SIZES)("%i elements", async (size) => {
    const inputs = kernel.inputs(size);
    const received = await run(inputs, size, (views) => kernel.dispatch(size, views));
    expect(received).toBeAllClose(kernel.twin(inputs, size), kernel.close);
  });

  // The NaNs after the harness's inputs would pass through arithmetic and look like what nobody has written.
  test("writes nothing past its end, though there is more to read", async () => {
    const inputs = Object.entries(kernel.inputs(65)).map(([name, values]) => {
      return [name, [...Array.from(values), ...new Array<number>(64).fill(1)]] as const;
    });
    await run(Object.fromEntries(inputs), 65, (views) => kernel.dispatch(65, views));
  });
});

test("more workgroups than one dimension of a grid can have", async () => {
  const size = 65_535 * 64 + 1;
  const x = random(size, 1);
  const y = harness.output(size);
  const dispatch = kernels.addBias(size, 1, { x: harness.input(x), bias: harness.input([1]), y: y.view });
  expect(dispatch.workgroups).toEqual([32_768, 2, 1]);
  const [received] = await harness.run([dispatch], [y], 1);
  expect(
    firstMismatch(
      received!,
      x.map((value) => value + 1),
    ),
  ).toBeUndefined();
});

describe("spread", () => {
  test.each([
    [64, 1],
    [64, 64],
    [65, 5],
    [1, 1],
    [600, 3],
  ])("%i elements of %i values", async (size, groups) => {
    const x = random(groups, 1);
    const expected = Float64Array.from({ length: size }, (_, i) => x[Math.floor(i / (size / groups))]!);
    expect(await run({ x }, size, (views) => kernels.spread(size, groups, views))).toBeAllClose(expected, COPIED);
  });
});

describe("masked_l1_grad", () => {
  test.each<ImageShape>([
    [2, 8, 8, 3],
    [1, 8, 8, 3],
    [3, 5, 7, 1],
    [1, 1, 1, 1],
    [3, 3, 5, 5],
  ])("%i×%i×%i×%i", async (...shape) => {
    const [batch, height, width, channels] = shape;
    const size = batch * height * width * channels;
    const [x, goal] = [Float64Array.from(random(size, 1)), random(size, 2)];
    const [weight, dy] = [random(size / channels, 3), random(batch, 4)];
    const received = await run({ x, goal, weight, dy }, size, (views) =>
      kernels.maskedL1Grad(size, size / batch, channels, views),
    );
    // Piecewise linear: exact for a step that crosses no tie.
    const expected = centralDifference((point) => dot(maskedL1(point, goal, weight, shape), dy), x, 1e-6);
    // The products of two numbers; the rest is what a difference of float64 sums of this length leaves.
    expect(received).toBeAllClose(expected, { rtol: 1.2e-7, atol: 2e-7, shape });
  });
});

describe("block_mean and block_mean_grad", () => {
  test.each<{ shape: ImageShape; side: number }>([
    { shape: [2, 8, 8, 3], side: 4 },
    { shape: [1, 8, 8, 3], side: 8 },
    { shape: [3, 6, 9, 5], side: 3 },
    { shape: [1, 4, 2, 1], side: 1 },
    { shape: [2, 10, 4, 7], side: 2 },
  ])("$shape, blocks of $side", async ({ shape, side }) => {
    const [batch, height, width, channels] = shape;
    const size = batch * height * width * channels;
    const [x, dy] = [Float64Array.from(random(size, 1)), random(size / side ** 2, 2)];
    const y = await run({ x }, dy.length, (views) => kernels.blockMean(dy.length, width / side, channels, side, views));
    // Up to 64 terms below 1 are added, then divided by their number.
    expect(y).toBeAllClose(means.blockMean(x, shape, side), { atol: 3e-7 });
    const dx = await run({ dy }, size, (views) => kernels.blockMeanGrad(size, width / side, channels, side, views));
    // Linear: a difference over a step of 1/4 leaves only float64 rounding.
    const expected = centralDifference((point) => dot(means.blockMean(point, shape, side), dy), x, 0.25);
    expect(dx).toBeAllClose(expected, { rtol: 1.2e-7, atol: 1e-12, shape });
  });
});

describe("goldens", () => {
  const file = goldens("pointwise");
  const x = file.values("act/x");
  const n = x.length;
  // 1e-6 absolute and 1e-6 of the value: what the golden files ask for, ten times what plain float32 reaches.
  const close = { atol: 1e-6, rtol: 1e-6 };

  test.each([
    ["lrelu", 0.2],
    ["relu", 0],
  ] as const)("%s", async (name, slope) => {
    const y = await run({ x }, n, (views) => kernels.leakyRelu(n, slope, views));
    expect(y).toBeAllClose(file.values(`act/${name}`), close);
    const dx = await run({ dy: file.values("act/dy"), y }, n, (views) => kernels.leakyReluGrad(n, slope, views));
    expect(dx).toBeAllClose(file.values(`act/${name}_dx`), close);
  });

  test.each([
    ["tanh", kernels.tanh, kernels.tanhGrad],
    ["sigmoid", kernels.sigmoid, kernels.sigmoidGrad],
  ] as const)("%s", async (name, forward, backward) => {
    const y = await run({ x }, n, (views) => forward(n, views));
    expect(y).toBeAllClose(file.values(`act/${name}`), close);
    const dx = await run({ dy: file.values("act/dy"), y }, n, (views) => backward(n, views));
    expect(dx).toBeAllClose(file.values(`act/${name}_dx`), close);
  });

  test("losses of logits", async () => {
    const goal = file.values("bce/t");
    const filled = (value: number) => new Float32Array(n).fill(value);
    const loss = (target: Values) => run({ x, goal: target }, n, (views) => kernels.bceWithLogits(n, views));
    const slope = (target: Values, dy: Values) =>
      run({ x, goal: target, dy }, n, (views) => kernels.bceWithLogitsGrad(n, views));
    expect(await loss(goal)).toBeAllClose(file.values("bce/loss"), close);
    expect(await slope(goal, filled(1))).toBeAllClose(file.values("bce/da"), close);
    expect(await slope(filled(1), filled(1 / n))).toBeAllClose(file.values("gan/d_real_da"), close);
    expect(await slope(filled(0), filled(1 / n))).toBeAllClose(file.values("gan/d_fake_da"), close);
    expect(await loss(filled(1))).toBeAllClose(file.values("gan/prior_nlogd"), close);
    expect((await loss(filled(0))).map((value) => -value)).toBeAllClose(file.values("gan/prior_log1md"), close);
    expect(await slope(filled(1), filled(1))).toBeAllClose(file.values("gan/prior_nlogd_da"), close);
    expect(await slope(filled(0), filled(-1))).toBeAllClose(file.values("gan/prior_log1md_da"), close);
  });

  test.each([
    ["l1_a", "plain", "mask"],
    ["l1_a", "weight_symmetric", "weight_symmetric"],
    ["l1_a", "weight_count", "weight_count"],
    ["l1_b", "plain", "mask"],
    ["l1_b", "weight_symmetric", "weight_symmetric"],
    ["l1_b", "weight_count", "weight_count"],
  ])("gradient of the L1 distance, %s %s, ties included", async (name, loss, weights) => {
    const { shape } = file.tensor(`${name}/g`);
    const [g, goal, weight] = ["g", "y", weights].map((key) => file.values(`${name}/${key}`)) as [
      Values,
      Values,
      Values,
    ];
    const inputs = { x: g, goal, weight, dy: new Float32Array(shape[0]!).fill(1) };
    const dg = await run(inputs, g.length, (views) =>
      kernels.maskedL1Grad(g.length, g.length / shape[0]!, shape.at(-1)!, views),
    );
    expect(dg).toBeAllClose(file.values(`${name}/${loss}_dg`), { ...close, shape });
  });

  test.each(["low_a", "low_b"])("block means, %s", async (name) => {
    const { shape } = file.tensor(`${name}/g`);
    const low = file.tensor(`${name}/mean_g`).shape;
    const { block } = file.config<{ block: number }>(name);
    const [g, dmean] = [file.values(`${name}/g`), file.values(`${name}/dmean`)];
    const average = (values: Values) =>
      run({ x: values }, dmean.length, (views) => kernels.blockMean(dmean.length, low[2]!, low[3]!, block, views));
    expect(await average(g)).toBeAllClose(file.values(`${name}/mean_g`), { ...close, shape: low });
    expect(await average(file.values(`${name}/y`))).toBeAllClose(file.values(`${name}/mean_y`), {
      ...close,
      shape: low,
    });
    const dg = await run({ dy: dmean }, g.length, (views) =>
      kernels.blockMeanGrad(g.length, low[2]!, low[3]!, block, views),
    );
    expect(dg).toBeAllClose(file.values(`${name}/dmean_dg`), { ...close, shape });
  });

  test.each(["bias_a", "bias_b"])("%s", async (name) => {
    const [input, b] = [file.values(`${name}/x`), file.values(`${name}/b`)];
    const y = await run({ x: input, bias: b }, input.length, (views) => kernels.addBias(input.length, b.length, views));
    expect(y).toBeAllClose(file.values(`${name}/y`), close);
  });
});

describe("far from 0", () => {
  // Beyond ±88 float32's exp overflows or vanishes; nothing may become NaN.
  const x = Float32Array.of(-1e30, -200, -104, -90, -88, -20, -0, 0, 20, 88, 90, 104, 200, 1e30);

  test.each([
    ["tanh", kernels.tanh, twin.tanh],
    ["sigmoid", kernels.sigmoid, twin.sigmoid],
    ["bce_with_logits", kernels.bceWithLogits, (value: number) => twin.bceWithLogits(value, 0.25)],
  ] as const)("%s", async (_, kernel, f) => {
    const goal = new Float32Array(x.length).fill(0.25);
    const y = await run({ x, goal }, x.length, (views) => kernel(x.length, views));
    expect(y).toBeAllClose(twin.map(x, f), { atol: 1e-37, rtol: 1e-6 });
  });
});
