/** What a back end promises beside arithmetic: state, records, inputs, order, and errors in one line. */
import * as ops from "@kintsugi/autodiff";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import "../../kernels/test/close.js";
import { inputsOf, random } from "../../backend-webgpu/test/bench.js";
import { adam, adamClipped } from "../../kernels/reference/adam.js";
import { updateRunning } from "../../kernels/reference/batch_norm.js";
import { momentumClipped } from "../../kernels/reference/momentum.js";
import { movingAverage } from "../../kernels/reference/moving_average.js";
import type { OnnxBackend } from "../src/index.js";
import { openNodeBackend } from "../src/node.js";

let backend: OnnxBackend;
beforeAll(async () => {
  backend = await openNodeBackend();
});
afterAll(() => backend.destroy());

const row = (...numbers: number[]) => Float32Array.from(numbers);

/** Runs one update of variables with these values, and gives the new ones in their order. */
async function updated(
  start: readonly Float32Array[],
  inputs: Readonly<Record<string, Float32Array>>,
  next: (variables: readonly ops.Tensor[], inputs: Readonly<Record<string, ops.Tensor>>) => readonly ops.Tensor[],
): Promise<Float32Array[]> {
  const variables = start.map((values, i) => ops.variable(`v${i}`, [values.length]));
  variables.forEach((variable, i) => {
    backend.write(variable, start[i]!);
  });
  const leaves = inputsOf(Object.fromEntries(Object.entries(inputs).map(([name, { length }]) => [name, [length]])));
  const updates = next(variables, leaves).map((value, i) => ({ variable: variables[i]!, value }));
  const program = await backend.compile({ name: "update", updates });
  await program.run(inputs);
  return Promise.all(variables.map((variable) => backend.read(variable)));
}

describe("optimisers are their float64 twins", () => {
  const [x, m, v, dx] = [1, 2, 3, 4].map((seed) => random(50, seed)) as [Float32Array, ...Float32Array[]];
  const positive = v!.map((value) => value * value);
  const state = { param: x, m: m!, v: positive };

  test("Adam, in the form of training", async () => {
    const options = { lr: 0.01, beta1: 0.5 };
    const rate = row((0.01 * Math.sqrt(1 - 0.999 ** 3)) / (1 - 0.5 ** 3), 1e-8);
    const made = await updated([x, m!, positive], { dx: dx!, rate }, ([x, m, v], { dx, rate }) => {
      return Object.values(ops.adam(x!, m!, v!, dx!, rate!));
    });
    const expected = adam(state, dx!, 3, options);
    for (const [i, values] of [expected.param, expected.m, expected.v].entries()) {
      expect(made[i]).toBeAllClose(values, { rtol: 1e-5, atol: 1e-6 });
    }
  });

  test("Adam with decoupled weight decay", async () => {
    const options = { lr: 0.01, beta1: 0.5, weightDecay: 20 };
    const rate = row((0.01 * Math.sqrt(1 - 0.999 ** 3)) / (1 - 0.5 ** 3), 1e-8, 0.2);
    const made = await updated([x, m!, positive], { dx: dx!, rate }, ([x, m, v], { dx, rate }) => {
      return Object.values(ops.adam(x!, m!, v!, dx!, rate!));
    });
    expect(made[0]).toBeAllClose(adam(state, dx!, 3, options).param, { rtol: 1e-5, atol: 1e-6 });
  });

  test("Adam, clipped", async () => {
    const root = Math.sqrt(1 - 0.999 ** 2);
    const rate = row((0.5 * root) / (1 - 0.9 ** 2), 1e-8 * root);
    const made = await updated([x, m!, positive], { dx: dx!, rate }, ([x, m, v], { dx, rate }) => {
      return Object.values(ops.adam(x!, m!, v!, dx!, rate!, { beta1: 0.9, limit: 1 }));
    });
    const expected = adamClipped(state, dx!, 2, { lr: 0.5, beta1: 0.9 });
    expect(made[0]).toBeAllClose(expected.param, { rtol: 1e-5, atol: 1e-6 });
    expect(Math.max(...made[0]!)).toBe(1);
  });

  test("projected momentum", async () => {
    const made = await updated([x, v!], { dx: dx!, rate: row(0.3) }, ([x, v], { dx, rate }) => {
      return Object.values(ops.projectedMomentum(x!, v!, dx!, rate!, { momentum: 0.9 }));
    });
    const expected = momentumClipped({ z: x, v: v! }, dx!, { lr: Math.fround(0.3), momentum: 0.9 });
    expect(made[0]).toBeAllClose(expected.z, { atol: 1e-6 });
    expect(made[1]).toBeAllClose(expected.v, { atol: 1e-6 });
  });

  test("moving average", async () => {
    const [average, values] = [random(5, 1), random(5, 2)];
    const made = await updated([average], { values, rate: row(0.3) }, ([average], { values, rate }) => [
      ops.movingAverage(average!, values!, rate!),
    ]);
    expect(made[0]).toBeAllClose(movingAverage(average, values, 0.3), { atol: 1e-6 });
  });

  test("running averages, one row after the other", async () => {
    const running = random(5, 1);
    const rows = random(15, 2);
    const made = await updated([running], { rows }, ([running], { rows }) => [
      ops.runningAverage(running!, ops.reshape(rows!, [3, 5]), 0.8),
    ]);
    expect(made[0]).toBeAllClose(updateRunning(running, rows, 0.8), { atol: 1e-6 });
  });
});

describe("state", () => {
  const [one, other] = [ops.variable("same name", [3]), ops.variable("same name", [3])];
  const double = { name: "double", updates: [{ variable: one, value: ops.scale(one, 2) }] };

  test("starts at zero, outlives programs and is shared by them", async () => {
    expect(await backend.read(one)).toEqual(row(0, 0, 0));
    backend.write(one, row(1, 2, 3));
    const program = await backend.compile(double);
    await program.run();
    program.destroy();
    const look = await backend.compile({ name: "look", outputs: { y: ops.scale(one, 10) } });
    await look.run();
    expect((await look.read("y")).y).toEqual(row(20, 40, 60));
  });

  test("can change places", async () => {
    backend.write(one, row(1, 2, 3));
    backend.write(other, row(4, 5, 6));
    const swap = [
      { variable: one, value: other },
      { variable: other, value: one },
    ];
    await (await backend.compile({ name: "swap", updates: swap })).run();
    expect(await backend.read(one)).toEqual(row(4, 5, 6));
    expect(await backend.read(other)).toEqual(row(1, 2, 3));
  });

  test("runs, writes and reads happen in the order in which they were asked for", async () => {
    const program = await backend.compile(double);
    backend.write(one, row(1, 1, 1));
    const runs = [program.run(), program.run()];
    const between = backend.read(one);
    backend.write(one, row(5, 5, 5));
    runs.push(program.run());
    expect(await between).toEqual(row(4, 4, 4));
    expect(await backend.read(one)).toEqual(row(10, 10, 10));
    await Promise.all(runs);
    await backend.idle();
  });

  test("of another size or kind is refused", () => {
    expect(() => backend.write(one, row(1, 2))).toThrow("a variable of [3] cannot hold 2 values");
    expect(() => backend.write(ops.input("x", [3]), row(1, 2, 3))).toThrow("input holds no state, only variables do");
  });
});

describe("records", () => {
  test("show what a run computed with, oldest first, each once, the last 1024", async () => {
    const v = ops.variable("v", [1]);
    const x = ops.input("x", [2]);
    const sum = ops.add(v, ops.sum(x));
    const program = await backend.compile({ name: "p", records: { v, sum }, updates: [{ variable: v, value: sum }] });
    expect(await program.fetchRecords()).toEqual([]);
    for (let i = 0; i < 3; i++) await program.run({ x: row(i, 1) });
    expect(await program.fetchRecords()).toEqual([
      { v: row(0), sum: row(1) },
      { v: row(1), sum: row(3) },
      { v: row(3), sum: row(6) },
    ]);
    for (let i = 0; i < 1030; i++) await program.run({ x: row(0, 0) });
    expect(await program.fetchRecords()).toHaveLength(1024);
  });
});

describe("inputs", () => {
  const { x, y } = inputsOf({ x: [2, 3], y: [4] });
  const program = { name: "step", outputs: { sum: ops.add(ops.sum(x), ops.sum(y)) } };
  const [six, four] = [new Float32Array(6).fill(1), new Float32Array(4).fill(2)];

  test("each mistake is one line", async () => {
    const made = await backend.compile(program);
    await expect(made.run({ x: six })).rejects.toThrow(new Error("step: the input y has never been written"));
    await expect(made.run({ x: six, y: six })).rejects.toThrow(new Error("step: input y takes 4 values, not 6"));
    await expect(made.run({ z: six })).rejects.toThrow(new Error("step: there is no input z; the inputs are x, y"));
    await expect(made.read("total")).rejects.toThrow(new Error("step: there is no output total"));
    const twins = { name: "p", outputs: { y: ops.add(ops.input("x", [1]), ops.input("x", [1])) } };
    await expect(backend.compile(twins)).rejects.toThrow(new Error("p: two inputs are called x"));
  });

  test("that are left out keep their last values", async () => {
    const made = await backend.compile(program);
    await made.run({ x: six, y: four });
    await made.run({ y: six.subarray(0, 4) });
    expect((await made.read("sum")).sum).toEqual(row(10));
  });

  test("may be changed by the caller as soon as they are given", async () => {
    const made = await backend.compile({ name: "p", records: { sum: ops.sum(x) } });
    const array = new Float32Array(6);
    const runs = [1, 2, 3].map((value) => made.run({ x: array.fill(value) }));
    array.fill(9);
    await Promise.all(runs);
    expect((await made.fetchRecords()).map(({ sum }) => sum![0])).toEqual([6, 12, 18]);
  });
});
