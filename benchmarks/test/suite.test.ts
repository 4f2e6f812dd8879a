/** The suite itself: its float64 samples against the twins, its networks against the product's, and one real case. */
import { WebGpuBackend } from "@kintsugi/backend-webgpu";
import { DEFAULT_TRAINING, trainingProgram } from "@kintsugi/dcgan";
import { sameGeometry } from "@kintsugi/geometry";
import type { Device } from "@kintsugi/gpu";
import { openNodeDevice } from "@kintsugi/gpu/node";
import { type CoreTable, convFlops } from "@kintsugi/kernels";
import { createVariables, initialValues, writeAll } from "@kintsugi/nn";
import { afterEach, describe, expect, it } from "vitest";
import * as twin from "../../packages/kernels/reference/conv.js";
import * as minibatchTwin from "../../packages/kernels/reference/minibatch_discrimination.js";
import { geometryOf, layers, operands } from "../src/conv.bench.js";
import { byClock, timeInTurns } from "../src/measure.js";
import { adam } from "../src/memory.bench.js";
import { minibatch, minibatchElements } from "../src/minibatch.bench.js";
import { generatorSpecsOf, stateSpecs, trainingStep, widthsOf } from "../src/networks.js";
import { permute } from "../src/peers/permute.js";
import { convElements, positions, verify } from "../src/sample.js";
import { configOf, createTraining } from "../src/steps.bench.js";
import { type Row, type Suite, WrongResultError } from "../src/suite.js";
import { choose, tune } from "../src/tune.js";

const devices: Device[] = [];
const open = async () => {
  const device = await openNodeDevice();
  devices.push(device);
  return device;
};
afterEach(() => {
  for (const device of devices.splice(0)) device.destroy();
});

describe("samples in float64", () => {
  const g = sameGeometry([2, 7, 6, 3], [5, 5, 3, 4], 2);
  const { fine, coarse, weight } = operands(g);
  const elements = convElements(g, fine, coarse, weight);
  const cases = {
    forward: [elements.forward, twin.conv2d(g, fine, weight)],
    "input gradient": [elements.gradInput, twin.convTranspose2d(g, coarse, weight)],
    "filter gradient": [elements.gradWeight, twin.conv2dGradWeight(g, coarse, fine)],
  } as const;

  it.each(Object.entries(cases))("are the twin's: %s", (_, [element, whole]) => {
    for (const [index, value] of whole.entries()) expect(element(index).value).toBeCloseTo(value, 10);
  });

  it("are the twin's: minibatch discrimination, and its gradient by central differences", () => {
    const shape = { groups: 2, rows: 3, kernels: 2, dims: 4 };
    const x = Float64Array.from({ length: 48 }, (_, i) => Math.sin(7 * i));
    const dy = Float64Array.from({ length: 12 }, (_, i) => Math.cos(5 * i));
    const { forward, gradient } = minibatchElements(shape, x, dy);
    for (const [i, value] of minibatchTwin.minibatchDiscrimination(x, shape).entries()) {
      expect(forward(i)).toBeCloseTo(value, 12);
    }
    const objective = (i: number, move: number) => {
      const moved = minibatchTwin.minibatchDiscrimination(x.with(i, x[i]! + move), shape);
      return moved.reduce((sum, value, at) => sum + value * dy[at]!, 0);
    };
    const h = 1e-5;
    for (const i of x.keys()) expect(gradient(i)).toBeCloseTo((objective(i, h) - objective(i, -h)) / (2 * h), 7);
  });

  it("refuse a wrong element, and one that is not a number", () => {
    const right = Float32Array.from(cases.forward[1]);
    expect(verify("conv", right, elements.forward)).toMatch(/elements/);
    for (const wrong of [right[0]! + 0.01, Number.NaN]) {
      expect(() => verify("conv", Float32Array.from(right).fill(wrong, 0, 1), elements.forward)).toThrow(
        WrongResultError,
      );
    }
  });

  it("lie inside a result and reach both of its ends", () => {
    const sampled = positions(1000);
    expect(Math.min(...sampled)).toBe(0);
    expect(Math.max(...sampled)).toBe(999);
    expect(sampled.every(Number.isInteger)).toBe(true);
  });
});

it("counts useful arithmetic only: 6.71 GFLOP less the border for the middle layers at batch 64", () => {
  const [, second] = layers(64);
  const g = geometryOf(second!, 64);
  const whole = 2 * 64 * 16 * 16 * 25 * 64 * 128;
  expect(whole / 1e9).toBeCloseTo(6.71, 2);
  expect(convFlops(g) / whole).toBeGreaterThan(0.85);
  expect(convFlops(g)).toBeLessThan(whole);
});

it("puts axes in another order", () => {
  const [rows, columns] = [2, 3];
  expect([...permute(Float32Array.of(0, 1, 2, 3, 4, 5), [rows, columns], [1, 0])]).toEqual([0, 3, 1, 4, 2, 5]);
});

describe("the networks of the benchmarks", () => {
  const config = { ...configOf(2, 16), nz: 4 };

  it("are twice as wide where they should be", () => {
    expect(widthsOf("blog", configOf(16))).toEqual([128, 64, 32, 16, 3]);
    expect(widthsOf("wide", configOf(16))).toEqual([128, 128, 64, 32, 3]);
    const last = generatorSpecsOf("wide", configOf(16)).find(({ name }) => name === "generator/g_h4/w");
    expect(last?.shape).toEqual([5, 5, 3, 32]);
  });

  it("train as the product does: the same losses for the blog's generator", async () => {
    const images = Float32Array.from({ length: 2 * 16 * 16 * 3 }, (_, i) => Math.sin(i));
    const z = Float32Array.from({ length: 2 * 4 }, (_, i) => Math.cos(i));
    const rate = Float32Array.of(2e-4, 1e-8);
    const losses = async (product: boolean) => {
      const backend = new WebGpuBackend(await open());
      const specs = stateSpecs("blog", config);
      const variables = createVariables(specs);
      writeAll(backend, variables, initialValues(specs, 1));
      const program = product
        ? trainingProgram(config, { ...DEFAULT_TRAINING, batch: 2 }, variables)
        : trainingStep("blog", config, 2, variables);
      const plan = await backend.compile(program);
      await plan.run({ images, z, rateD0: rate, rateG0: rate, rateG1: rate });
      const [{ dLoss, gLoss0, gLoss1 } = {}] = await plan.fetchRecords();
      return [...dLoss!, ...gLoss0!, ...gLoss1!];
    };
    expect(await losses(false)).toEqual(await losses(true));
  });
});

it.each([
  ["adam", adam, 1],
  ["minibatch discrimination", minibatch, 4],
])("verifies and times real cases: %s", async (_, group, cases) => {
  const rows: Row[] = [];
  const suite: Suite = {
    device: await open(),
    open,
    peak: { flops: 1e9, bytes: 1e9 },
    batch: 2,
    timestamps: true,
    seconds: 0.01,
    patience: 1,
    row: (row) => void rows.push(row),
    growth() {},
    fact() {},
    say() {},
  };
  await group(suite);
  expect(rows).toHaveLength(cases);
  for (const { time, verified } of rows) {
    expect(time.runs).toBeGreaterThanOrEqual(5);
    expect(time.median).toBeGreaterThan(0);
    expect(verified).toMatch(/elements/);
  }
});

it("times tasks in turns, five times each or more, the fast ones more often", async () => {
  const order: string[] = [];
  const task = (name: string, milliseconds: number) => async () => {
    order.push(name);
    await new Promise((resolve) => setTimeout(resolve, milliseconds));
  };
  const [fast, slow] = await timeInTurns([byClock(task("fast", 1)), byClock(task("slow", 100))], 0.05);
  expect(slow!.runs).toBe(5);
  expect(slow!.best).toBeGreaterThan(0.09);
  expect(fast!.runs).toBeGreaterThan(5);
  expect(fast!.best).toBeLessThan(slow!.best);
  const turns = order.slice(4).filter((name, i, all) => name !== all[i - 1]);
  expect(turns).toEqual(Array.from({ length: 5 }, () => ["fast", "slow"]).flat());
});

describe("the tuner", () => {
  it("names a core only where it is clearly faster than the rule's", () => {
    const of = (a: number, b: number) =>
      new Map([
        ["a", a],
        ["b", b],
      ]);
    const tuned = choose(
      new Map([
        ["rule", of(100, 100)],
        ["direct", of(98, 80)],
        ["64x64", of(120, 70)],
      ]),
    );
    expect(tuned).toEqual({ cores: { b: "64x64" }, ruled: 200, best: 170 });
  });

  it("times the cores that it is told to, each in the step, and names none but them", async () => {
    const device = await open();
    const said: string[] = [];
    const { cores, ruled, best } = await tune({
      ...{ device, width: 2, batch: 2, size: 16, rounds: 2, tries: ["direct"] },
      say: (line) => said.push(line),
    });
    expect(said).toEqual(["round 1 of 2", "round 2 of 2"]);
    expect(Object.values(cores).every((core) => core === "direct")).toBe(true);
    expect(ruled).toBeGreaterThan(0);
    expect(best).toBeLessThanOrEqual(ruled);
  });

  it("writes a table that a plan then follows", async () => {
    const device = await open();
    const products = async (cores: CoreTable) => {
      const { plan } = await createTraining(device, "blog", configOf(2, 16), 2, { cores });
      return plan.recording.dispatches.filter(({ product }) => product !== undefined);
    };
    const [first] = await products({});
    expect(first!.shader.name).not.toMatch(/_64x64$/);
    const told = (await products({ [first!.product!]: "64x64" })).filter(({ product }) => product === first!.product);
    expect(told.length).toBeGreaterThan(0);
    expect(told.every(({ shader }) => /_64x64$|^sum_partials$/.test(shader.name))).toBe(true);
  });
});
