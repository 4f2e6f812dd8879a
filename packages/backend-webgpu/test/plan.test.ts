import { sameGeometry, sameTransposedGeometry } from "@kintsugi/geometry";
import type { Counters } from "@kintsugi/gpu";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import "../../kernels/test/close.js";
import type { Program, Tensor } from "@kintsugi/autodiff";
import * as ops from "@kintsugi/autodiff";
import type { Plan, WebGpuBackend } from "../src/index.js";
import { inputsOf, openBackend, random, valuesFor } from "./bench.js";

let backend: WebGpuBackend;
beforeAll(async () => {
  backend = await openBackend();
});
afterAll(() => backend.destroy());

/** The names of the shaders that a plan runs, in order. */
const kernels = (plan: Plan) =>
  plan.recording.dispatches.map(({ shader }) =>
    shader.name.replace(/(_phases)?_(direct|((lanes|quads)_)?\d+x\d+)$/, ""),
  );

async function outputs(program: Program, inputs: Record<string, Float32Array>, ...names: string[]) {
  const plan = await backend.compile(program);
  await plan.run(inputs);
  const values = await plan.read(...names);
  const ran = kernels(plan);
  plan.destroy();
  return { values, ran };
}

describe("fusion of bias and leaky ReLU into a product", () => {
  const products: Readonly<Record<string, { x: number[]; weight: number[]; make: (x: Tensor, w: Tensor) => Tensor }>> =
    {
      matmul: { x: [3, 5], weight: [5, 6], make: (x, weight) => ops.matmul(x, weight) },
      conv2d: {
        x: [2, 4, 4, 3],
        weight: [5, 5, 3, 6],
        make: (x, weight) => ops.conv2d(x, weight, sameGeometry([2, 4, 4, 3], [5, 5, 3, 6], 2)),
      },
      conv_transpose2d: {
        x: [2, 2, 2, 3],
        weight: [5, 5, 6, 3],
        make: (x, weight) => ops.convTranspose2d(x, weight, sameTransposedGeometry([2, 2, 2, 3], [5, 5, 6, 3], 2)),
      },
    };

  test.each(Object.entries(products))("%s: one kernel, and the result of three", async (name, { x, weight, make }) => {
    const leaves = inputsOf({ x, weight, bias: [6] });
    const given = valuesFor(leaves);
    const product = make(leaves.x, leaves.weight);
    const sum = ops.addBias(product, leaves.bias);
    const y = ops.leakyRelu(sum);
    const fused = await outputs({ name: "fused", outputs: { y } }, given, "y");
    const apart = await outputs({ name: "apart", outputs: { product, sum, y } }, given, "y");
    expect(fused.ran).toEqual([name]);
    expect(apart.ran).toEqual([name, "add_bias", "leaky_relu"]);
    // The same sums in the same order: what differs is one rounding, where the bias is added.
    expect(fused.values.y).toBeAllClose(apart.values.y!, { rel: 2e-7 });
  });

  const leaves = inputsOf({ x: [3, 5], weight: [5, 6], bias: [6], row: [6] });
  const given = valuesFor(leaves);
  const used = (...names: string[]) => Object.fromEntries(names.map((name) => [name, given[name]!]));
  const product = ops.matmul(leaves.x, leaves.weight);
  const sum = ops.addBias(product, leaves.bias);

  test("a bias alone, a slope alone", async () => {
    const biased = await outputs({ name: "p", outputs: { y: sum } }, used("x", "weight", "bias"), "y");
    expect(biased.ran).toEqual(["matmul"]);
    const sloped = await outputs({ name: "p", outputs: { y: ops.relu(product) } }, used("x", "weight"), "y");
    expect(sloped.ran).toEqual(["matmul"]);
  });

  test("not where the value in between is used elsewhere, or leaves the program", async () => {
    const y = ops.multiply(ops.leakyRelu(sum), sum);
    expect((await outputs({ name: "p", outputs: { y } }, used("x", "weight", "bias"), "y")).ran).toEqual([
      "matmul",
      "leaky_relu",
      "multiply",
    ]);
    const recorded = { name: "p", outputs: { y: ops.leakyRelu(sum) }, records: { sum } };
    expect((await outputs(recorded, used("x", "weight", "bias"), "y")).ran).toEqual(["matmul", "leaky_relu"]);
  });

  test("one bias and one slope, in this order", async () => {
    const twice = ops.addBias(sum, leaves.row);
    expect((await outputs({ name: "p", outputs: { twice } }, used("x", "weight", "bias", "row"), "twice")).ran).toEqual(
      ["matmul", "add_bias"],
    );
    const after = ops.addBias(ops.leakyRelu(product), leaves.bias);
    expect((await outputs({ name: "p", outputs: { after } }, used("x", "weight", "bias"), "after")).ran).toEqual([
      "matmul",
      "add_bias",
    ]);
  });

  test("where the bias is computed after the product", async () => {
    const late = ops.matmul(leaves.x, leaves.weight);
    const bias = ops.scale(leaves.bias, 2);
    const { values, ran } = await outputs(
      { name: "p", outputs: { y: ops.addBias(late, bias), late: ops.matmul(leaves.x, leaves.weight) } },
      used("x", "weight", "bias"),
      "y",
      "late",
    );
    expect(ran).toEqual(["scale", "matmul", "matmul"]);
    expect(values.y).toBeAllClose(
      values.late!.map((value, i) => value + 2 * given.bias![i % 6]!),
      { rel: 2e-7 },
    );
  });

  test("not across a step that replaces a factor", async () => {
    const [matrix, values] = [ops.variable("matrix", [5, 6]), ops.input("values", [1, 5, 6])];
    const before = ops.matmul(leaves.x, matrix);
    const next = ops.runningAverage(matrix, values);
    const y = ops.addBias(before, leaves.bias);
    backend.write(matrix, given.weight!);
    const step = { name: "p", outputs: { y }, updates: [{ variable: matrix, value: next }] };
    const { ran, values: made } = await outputs(step, { ...used("x", "bias"), values: random(30, 1) }, "y");
    expect(ran).toEqual(["matmul", "running_average", "add_bias"]);
    const expected = await outputs({ name: "p", outputs: { y: sum } }, used("x", "weight", "bias"), "y");
    expect(made.y).toBeAllClose(expected.values.y!, { rel: 2e-7 });
  });
});

describe("buffers by liveness", () => {
  const x = ops.input("x", [1000]);
  const values = { x: random(1000, 1) };

  test("a long chain takes turns on two", async () => {
    let y: Tensor = x;
    for (let i = 0; i < 40; i++) y = ops.add(ops.scale(y, 0.5), y, 1, 0.5);
    const plan = await backend.compile({ name: "chain", outputs: { y } });
    // The input, and at most three values at a time: y, y/2 and their sum.
    expect(plan.bytes).toBeLessThanOrEqual(4 * 4000);
    await plan.run(values);
    expect((await plan.read("y")).y).toBeAllClose(values.x, { rtol: 1e-6 });
    plan.destroy();
  });

  test("what is read late lives on", async () => {
    const early = ops.scale(x, 2);
    let y: Tensor = x;
    for (let i = 0; i < 10; i++) y = ops.scale(y, -1);
    const { values: made } = await outputs({ name: "p", outputs: { y: ops.add(y, early) } }, values, "y");
    expect(made.y).toBeAllClose(
      values.x.map((value) => 3 * value),
      { rtol: 2e-7 },
    );
  });

  test("a reshape keeps what it shares alive, and costs nothing", async () => {
    const h = ops.scale(x, 2);
    const shaped = ops.reshape(ops.reshape(h, [10, 100]), [100, 10]);
    let y: Tensor = ops.scale(x, 3);
    for (let i = 0; i < 6; i++) y = ops.scale(y, -1);
    const { values: made, ran } = await outputs(
      { name: "p", outputs: { y: ops.add(ops.reshape(y, [100, 10]), shaped) } },
      values,
      "y",
    );
    expect(ran).toHaveLength(9);
    expect(made.y).toBeAllClose(
      values.x.map((value) => 5 * value),
      { rtol: 2e-7 },
    );
  });

  test("outputs are not overwritten by what follows", async () => {
    const first = ops.scale(x, 2);
    let last: Tensor = ops.scale(first, 2);
    for (let i = 0; i < 5; i++) last = ops.scale(last, 2);
    const { values: made } = await outputs({ name: "p", outputs: { first, last } }, values, "first", "last");
    expect(made.first).toBeAllClose(values.x.map((value) => 2 * value));
    expect(made.last).toBeAllClose(values.x.map((value) => 128 * value));
  });

  test("scratch and outputs of several kernels do not meet", async () => {
    const rows = ops.reshape(x, [250, 4]);
    const [one, zero] = [ops.constant(1, [4]), ops.constant(0, [4])];
    const { y, mean } = ops.batchNorm(rows, one, zero, { groups: 2 });
    const program = { name: "p", outputs: { total: ops.sumRows(y), mean } };
    const { values: made } = await outputs(program, values, "total", "mean");
    // Normalised values add up to 0: 125 terms of order 1, rounded.
    expect(made.total).toBeAllClose([0, 0, 0, 0], { atol: 2e-4 });
    expect(made.mean).toHaveLength(8);
  });
});

describe("state", () => {
  const [running, other] = [ops.variable("running", [3]), ops.variable("other", [3])];
  const values = ops.input("values", [1, 3]);
  const row = (...numbers: number[]) => Float32Array.from(numbers);
  const shaped = ops.reshape(running, [3, 1]);
  const next = ops.runningAverage(running, values, 0.5);

  test("is replaced in place", async () => {
    backend.write(running, row(2, 4, 8));
    const program = { name: "p", outputs: { next }, updates: [{ variable: running, value: next }] };
    const plan = await backend.compile(program);
    expect(plan.recording.copies).toHaveLength(0);
    await plan.run({ values: row(0, 0, 0) });
    await plan.run();
    expect(await backend.read(running)).toEqual(row(0.5, 1, 2));
    expect((await plan.read("next")).next).toEqual(row(0.5, 1, 2));
    plan.destroy();
  });

  test("is replaced twice in a step, each time from the last value", async () => {
    backend.write(running, row(2, 4, 8));
    const again = ops.runningAverage(next, values, 0.5);
    await outputs({ name: "p", updates: [{ variable: running, value: again }] }, { values: row(0, 0, 0) });
    expect(await backend.read(running)).toEqual(row(0.5, 1, 2));
  });

  const updates = [{ variable: running, value: next }];
  const late = ops.add(ops.reshape(next, [3]), running);
  test.each<[string, Program]>([
    ["p: add reads a value after running was replaced", { name: "p", outputs: { late }, updates }],
    ["p: the output old reads a value after running was replaced", { name: "p", outputs: { old: running }, updates }],
    ["p: the record old reads a value after running was replaced", { name: "p", records: { old: shaped }, updates }],
    [
      "p: the update of other reads a value after running was replaced",
      { name: "p", updates: [...updates, { variable: other, value: running }] },
    ],
    ["p: running is replaced in place, and no update says so", { name: "p", outputs: { next } }],
    [
      "p: running is replaced in place, and no update says so",
      { name: "p", updates: [{ variable: other, value: next }] },
    ],
    [
      "p: a constant is replaced in place, and no update says so",
      { name: "p", outputs: { y: ops.runningAverage(ops.constant(1, [3]), values) } },
    ],
    [
      "p: the output old is running, which the run replaces",
      { name: "p", outputs: { old: running }, updates: [{ variable: running, value: ops.scale(running, 2) }] },
    ],
    ["p: an update needs a variable to replace", { name: "p", updates: [{ variable: next, value: next }] }],
    [
      "p: [1, 3] cannot replace a variable of [3]",
      { name: "p", updates: [{ variable: running, value: ops.scale(values, 2) }] },
    ],
  ])("%s", async (message, program) => {
    await expect(backend.compile(program)).rejects.toThrow(new Error(message));
  });

  test("is replaced by copies of new values, after all have been computed", async () => {
    backend.write(running, row(1, 2, 3));
    const sum = ops.add(running, running);
    const program = { name: "p", records: { running, sum }, updates: [{ variable: running, value: sum }] };
    const plan = await backend.compile(program);
    await plan.run();
    await plan.run();
    expect(await backend.read(running)).toEqual(row(4, 8, 12));
    // A record shows what the run computed with.
    expect(await plan.fetchRecords()).toEqual([
      { running: row(1, 2, 3), sum: row(2, 4, 6) },
      { running: row(2, 4, 6), sum: row(4, 8, 12) },
    ]);
    plan.destroy();
  });

  test("can change places, and be replaced though nothing reads it", async () => {
    backend.write(running, row(1, 2, 3));
    backend.write(other, row(4, 5, 6));
    const third = ops.variable("third", [1, 3]);
    const swap = [
      { variable: running, value: other },
      { variable: other, value: running },
      { variable: third, value: values },
    ];
    await outputs({ name: "p", updates: swap }, { values: row(7, 8, 9) });
    expect(await backend.read(running)).toEqual(row(4, 5, 6));
    expect(await backend.read(other)).toEqual(row(1, 2, 3));
    expect(await backend.read(third)).toEqual(row(7, 8, 9));
  });

  test("outlives the plan, and is shared by plans", async () => {
    backend.write(running, row(1, 2, 3));
    const double = { name: "p", updates: [{ variable: running, value: ops.scale(running, 2) }] };
    await outputs(double, {});
    const { values: seen } = await outputs({ name: "q", outputs: { y: ops.scale(running, 10) } }, {}, "y");
    expect(seen.y).toEqual(row(20, 40, 60));
  });

  test("of another size or kind is refused", () => {
    expect(() => backend.write(running, row(1, 2))).toThrow("a variable of [3] cannot hold 2 values");
    expect(() => backend.write(values, row(1, 2, 3))).toThrow("input holds no state, only variables do");
  });
});

describe("records", () => {
  test("come oldest first, each once, and only the last of the ring's length", async () => {
    const x = ops.input("x", [2]);
    const plan = await backend.compile({ name: "p", records: { twice: ops.scale(x, 2), sum: ops.sum(x) } });
    let n = 0;
    const run = async (times: number) => {
      for (let i = 0; i < times; i++, n++) await plan.run({ x: Float32Array.of(n, 1) });
    };
    expect(await plan.fetchRecords()).toEqual([]);
    await run(3);
    expect(await plan.fetchRecords()).toEqual(
      [0, 1, 2].map((i) => ({ twice: Float32Array.of(2 * i, 2), sum: Float32Array.of(i + 1) })),
    );
    expect(await plan.fetchRecords()).toEqual([]);
    await run(1000);
    expect(await plan.fetchRecords()).toHaveLength(1000);
    // Across the end of the ring, whose 1024 places have been used once.
    await run(30);
    expect((await plan.fetchRecords()).map(({ sum }) => sum![0])).toEqual(
      Array.from({ length: 30 }, (_, i) => 1003 + i + 1),
    );
    await run(1034);
    const last = await plan.fetchRecords();
    expect(last).toHaveLength(1024);
    expect([last[0]!.sum![0], last.at(-1)!.sum![0]]).toEqual([n - 1024 + 1, n]);
    plan.destroy();
  });
});

describe("inputs", () => {
  const { x, y } = inputsOf({ x: [2, 3], y: [4] });
  const program = { name: "step", outputs: { sum: ops.add(ops.sum(x), ops.sum(y)) } };
  const [six, four] = [new Float32Array(6).fill(1), new Float32Array(4).fill(2)];

  test("each mistake is one line", async () => {
    const plan = await backend.compile(program);
    await expect(plan.run({ x: six })).rejects.toThrow(new Error("step: the input y has never been written"));
    await expect(plan.run({ x: six, y: six })).rejects.toThrow(new Error("step: input y takes 4 values, not 6"));
    await expect(plan.run({ z: six })).rejects.toThrow(new Error("step: there is no input z; the inputs are x, y"));
    await expect(plan.read("total")).rejects.toThrow(new Error("step: there is no output total"));
    plan.destroy();
    const none = await backend.compile({ name: "none", outputs: { one: ops.scale(ops.constant(1, [1]), 2) } });
    await expect(none.run({ z: six })).rejects.toThrow(new Error("none: there is no input z; the inputs are none"));
    none.destroy();
    const twins = { name: "p", outputs: { y: ops.add(ops.input("x", [1]), ops.input("x", [1])) } };
    await expect(backend.compile(twins)).rejects.toThrow(new Error("p: two inputs are called x"));
  });

  test("that are left out keep their last values", async () => {
    const plan = await backend.compile(program);
    await plan.run({ x: six, y: four });
    await plan.run({ y: six.subarray(0, 4) });
    expect((await plan.read("sum")).sum).toEqual(Float32Array.of(10));
    plan.destroy();
  });

  test("are constants for the run that was given them, though the next is given before it ends", async () => {
    const plan = await backend.compile({ name: "p", records: { sum: ops.sum(x) } });
    const runs = [1, 2, 3, 4].map((value) => plan.run({ x: new Float32Array(6).fill(value) }));
    await Promise.all(runs);
    expect((await plan.fetchRecords()).map(({ sum }) => sum![0])).toEqual([6, 12, 18, 24]);
    plan.destroy();
  });
});

/** A small training step: two layers, batch norm, their gradients and norm, Adam, running averages, a loss. */
function trainingStep(): { program: Program; variables: Record<string, Tensor>; start: Record<string, Float32Array> } {
  const shapes = { w1: [5, 8], w2: [8, 1], gamma: [8], beta: [8] };
  const variables = Object.fromEntries(
    Object.entries(shapes).map(([name, shape]) => [name, ops.variable(name, shape)]),
  );
  const { w1, w2, gamma, beta } = variables as Record<keyof typeof shapes, Tensor>;
  const averages = [ops.variable("average", [8]), ops.variable("spread", [8])] as const;
  const { y, mean, variance } = ops.batchNorm(ops.matmul(ops.input("x", [6, 5]), w1), gamma, beta, {
    slope: 0.2,
    groups: 2,
  });
  const loss = ops.mean(ops.bceWithLogits(ops.matmul(y, w2), ops.input("target", [6, 1])));
  const weights = Object.values(variables);
  const rate = ops.input("rate", [2]);
  const moments: Record<string, Tensor> = {};
  const gradients = ops.grad(loss, weights);
  const updates = gradients.flatMap((dx, i) => {
    const [m, v] = [ops.variable(`m${i}`, dx.shape), ops.variable(`v${i}`, dx.shape)];
    Object.assign(moments, { [`m${i}`]: m, [`v${i}`]: v });
    const next = ops.adam(weights[i]!, m, v, dx, rate);
    return [
      { variable: weights[i]!, value: next.x },
      { variable: m, value: next.m },
      { variable: v, value: next.v },
    ];
  });
  const norm = ops.squaredNorm(gradients);
  const statistics = [mean, variance] as const;
  updates.push(...averages.map((to, i) => ({ variable: to, value: ops.runningAverage(to, statistics[i]!) })));
  const all = { ...variables, ...moments, average: averages[0], spread: averages[1] };
  const start = Object.fromEntries(
    Object.entries(all).map(([name, { shape }], i) => {
      const count = ops.sizeOf(shape);
      return [name, name in variables ? random(count, i) : new Float32Array(count)];
    }),
  );
  return { program: { name: "train", records: { loss, norm }, updates }, variables: all, start };
}

/** Runs steps on a back end of its own: losses and final state. */
async function train(
  steps: number,
  after?: (counters: Counters, plan: Plan, step: number) => void,
  groups: readonly (readonly string[])[] = [],
) {
  const own = await openBackend();
  const { program, variables, start } = trainingStep();
  for (const group of groups) own.together(group.map((name) => variables[name]!));
  for (const [name, variable] of Object.entries(variables)) own.write(variable, start[name]!);
  const plan = await own.compile(program);
  const target = Float32Array.of(1, 0, 1, 0, 1, 1);
  for (let step = 0; step < steps; step++) {
    await plan.run({ x: random(30, step), target, rate: Float32Array.of(0.01, 1e-8) });
    after?.(own.device.counters, plan, step);
  }
  const records = await plan.fetchRecords();
  const losses = records.map(({ loss }) => loss![0]!);
  const norms = records.map(({ norm }) => norm![0]!);
  const ran = kernels(plan);
  const state = await Promise.all(Object.values(variables).map((variable) => own.read(variable)));
  await own.idle();
  own.destroy();
  return { losses, norms, state, ran };
}

describe("a training step", () => {
  test("learns, and gives the same bytes on two devices", async () => {
    const [first, second] = [await train(40), await train(40)];
    expect(first.losses).toHaveLength(40);
    expect(first.losses.slice(-5).every((loss) => loss < first.losses[0]!)).toBe(true);
    expect(second).toEqual(first);
  });

  test("makes nothing once it is compiled: no buffer, bind group, pipeline or byte, and one submit a run", async () => {
    let start: Counters | undefined;
    let bytes = 0;
    await train(200, (counters, plan, step) => {
      start ??= { ...counters };
      bytes ||= plan.bytes;
      expect(counters).toEqual({ ...start, submits: start.submits + step });
      expect(plan.bytes).toBe(bytes);
    });
    expect(start!.buffers).toBeGreaterThan(0);
  });

  const sideBySide = [
    ["w1", "w2", "gamma", "beta"],
    ["m0", "m1", "m2", "m3"],
    ["v0", "v1", "v2", "v3"],
    ["average", "spread"],
  ];
  const times = (ran: readonly string[], kernel: string) => ran.filter((name) => name === kernel).length;

  test("updates state that lies side by side with one dispatch, and gives the same bytes as one by one", async () => {
    const [together, apart] = [await train(10, undefined, sideBySide), await train(10)];
    const count = ({ ran }: typeof apart) =>
      ["adam", "running_average", "running_averages", "sum"].map((name) => times(ran, name));
    expect(count(apart)).toEqual([4, 2, 0, 4 + 1 + 1]);
    expect(count(together)).toEqual([1, 0, 1, 1 + 1 + 1]);
    expect(together.state).toEqual(apart.state);
    expect(together.losses).toEqual(apart.losses);
    expect(Float32Array.from(together.norms)).toBeAllClose(apart.norms, { rel: 1e-6 });
  });

  test("does so as far as state lies side by side", async () => {
    const halves = sideBySide.flatMap((group) => [group.slice(0, 2), group.slice(2)]);
    const [together, apart] = [await train(5, undefined, halves), await train(5)];
    expect(times(together.ran, "adam")).toBe(2);
    expect(together.state).toEqual(apart.state);
    const ragged = await train(5, undefined, [["w2", "w1", "gamma", "beta"], ...sideBySide.slice(1)]);
    expect(times(ragged.ran, "adam")).toBe(3);
    expect(ragged.state).toEqual(apart.state);
  });

  test("averages state that lies side by side with one dispatch, and gives the same bytes as one by one", async () => {
    const shapes = [[5, 3], [70], [1]];
    const rate = ops.input("rate", [1]);
    const run = async (lay: (own: WebGpuBackend, weights: Tensor[], averages: Tensor[]) => void, last = rate) => {
      const own = await openBackend();
      const [weights, averages] = ["w", "mean"].map((name) => shapes.map((shape, i) => ops.variable(name + i, shape)));
      lay(own, weights!, averages!);
      for (const [i, x] of [...weights!, ...averages!].entries()) own.write(x, random(ops.sizeOf(x.shape), i));
      const updates = averages!.map((average, i) => {
        return { variable: average, value: ops.movingAverage(average, weights![i]!, i < 2 ? rate : last) };
      });
      const plan = await own.compile({ name: "p", updates });
      await plan.run({ rate: Float32Array.of(0.25) });
      await plan.run();
      const values = await Promise.all(averages!.map((average) => own.read(average)));
      own.destroy();
      return { ran: kernels(plan), values };
    };
    const apart = await run(() => {});
    expect(apart.ran).toHaveLength(3);
    const lay = (own: WebGpuBackend, ...groups: Tensor[][]) => {
      for (const group of groups) own.together(group);
    };
    expect(await run(lay)).toEqual({ ran: ["moving_average"], values: apart.values });
    // The last at another rate: two at once, and one.
    const other = await run(lay, ops.constant(0.125, [1]));
    expect(other.ran).toEqual(["moving_average", "moving_average"]);
    expect(other.values.slice(0, 2)).toEqual(apart.values.slice(0, 2));
    expect(other.values[2]).not.toEqual(apart.values[2]);
    // At other distances: one by one.
    const reversed = run((own, weights, averages) => {
      for (const group of [[...weights].reverse(), averages]) own.together(group);
    });
    expect(await reversed).toEqual(apart);
  });

  test("gives up an arena that a step would both read and write", async () => {
    const own = await openBackend();
    const [x, m, v] = ["x", "m", "v"].map((name) => [0, 1].map((i) => ops.variable(`${name}${i}`, [3])));
    for (const group of [x!, m!, v!]) own.together(group);
    const dx = ops.scale(ops.input("dx", [3]), 2);
    const rate = ops.input("rate", [2]);
    const updates = [dx, ops.scale(dx, 3)].flatMap((gradient, i) => {
      const next = ops.adam(x![i]!, m![i]!, v![i]!, gradient, rate);
      return [
        { variable: x![i]!, value: next.x },
        { variable: m![i]!, value: next.m },
        { variable: v![i]!, value: next.v },
      ];
    });
    const plan = await own.compile({ name: "p", updates });
    await plan.run({ dx: Float32Array.of(1, -1, 2), rate: Float32Array.of(0.5, 1e-8) });
    expect(kernels(plan)).toEqual(["scale", "scale", "adam", "adam"]);
    expect(await own.read(m![0]!)).toEqual(Float32Array.of(1, -1, 2));
    expect(await own.read(m![1]!)).toEqual(Float32Array.of(3, -3, 6));
    own.destroy();
  });

  test("gives back all it took but the variables", async () => {
    const { program } = trainingStep();
    await backend.compile(program).then((plan) => plan.destroy());
    const before = { ...backend.device.counters };
    await backend.compile(program).then((plan) => plan.destroy());
    expect(backend.device.counters.bytes).toBe(before.bytes);
    expect(backend.device.counters.pipelines).toBe(before.pipelines);
  });
});
