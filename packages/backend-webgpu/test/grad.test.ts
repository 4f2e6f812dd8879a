import { sameGeometry, sameTransposedGeometry } from "@kintsugi/geometry";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import "../../kernels/test/close.js";
import * as ops from "@kintsugi/autodiff";
import { ShapeError, type Tensor } from "@kintsugi/autodiff";
import { centralDifference } from "../../kernels/test/finite_differences.js";
import type { WebGpuBackend } from "../src/index.js";
import { countNodes, doubles, evaluate, inputsOf, nodesOf, openBackend, valuesFor } from "./bench.js";
import { interpret } from "./twins.js";

let backend: WebGpuBackend;
beforeAll(async () => {
  backend = await openBackend();
});
afterAll(() => backend.destroy());

describe("only what is asked for is built", () => {
  // A generator G (dense, batch norm, transposed convolution) through a discriminator D (convolution, batch norm, dense).
  const z = ops.input("z", [2, 5]);
  const g = inputsOf({ dense: [5, 12], gamma: [3], beta: [3], weight: [5, 5, 1, 3], bias: [1] });
  const d = inputsOf({ weight: [5, 5, 1, 4], bias: [4], gamma: [4], beta: [4], dense: [16, 1] });
  const seed = ops.reshape(ops.matmul(z, g.dense), [2, 2, 2, 3]);
  const h = ops.batchNorm(seed, g.gamma, g.beta, { slope: 0 }).y;
  const up = ops.convTranspose2d(h, g.weight, sameTransposedGeometry([2, 2, 2, 3], [5, 5, 1, 3], 2));
  const image = ops.tanh(ops.addBias(up, g.bias));
  const down = ops.conv2d(image, d.weight, sameGeometry([2, 4, 4, 1], [5, 5, 1, 4], 2));
  const features = ops.batchNorm(ops.addBias(down, d.bias), d.gamma, d.beta, { slope: 0.2 }).y;
  const logits = ops.matmul(ops.reshape(features, [2, 16]), d.dense);
  const loss = ops.mean(ops.bceWithLogits(logits, ops.constant(1, [2, 1])));
  const forward = nodesOf(loss).length;

  test("the step of G: no weight gradient of D", () => {
    const gradients = ops.grad(loss, Object.values(g));
    expect(countNodes("conv2dGradWeight", ...gradients)).toBe(1);
    // dx of D's dense layer, dweight of G's; none to z.
    expect(countNodes("matmul", ...gradients)).toBe(2 + 2);
    // The bias of G alone.
    expect(countNodes("sumRows", ...gradients)).toBe(1);
    expect(countNodes("batchNormGrad", ...gradients)).toBe(2);
  });

  test("the step of D: nothing of G backwards", () => {
    const gradients = ops.grad(loss, Object.values(d));
    expect(countNodes("conv2dGradWeight", ...gradients)).toBe(1);
    expect(countNodes("tanhGrad", ...gradients)).toBe(0);
    // The image's gradient is not needed.
    expect(countNodes("convTranspose2d", ...gradients)).toBe(1);
    expect(countNodes("batchNormGrad", ...gradients)).toBe(1);
  });

  test("a search of z: no weight gradient at all", () => {
    const [dz] = ops.grad(loss, [z]);
    expect(countNodes("conv2dGradWeight", dz!)).toBe(0);
    expect(countNodes("sumRows", dz!)).toBe(0);
    expect(countNodes("matmul", dz!)).toBe(2 + 2);
    expect(nodesOf(dz!).length).toBeLessThan(2 * forward);
  });

  test("all of them at once cost what their union does", () => {
    const gradients = ops.grad(loss, [...Object.values(g), ...Object.values(d), z]);
    expect(countNodes("batchNormGrad", ...gradients)).toBe(2);
    expect(countNodes("conv2dGradWeight", ...gradients)).toBe(2);
    expect(countNodes("bceWithLogitsGrad", ...gradients)).toBe(1);
  });
});

const x = ops.input("x", [2, 3]);
const values = { x: Float32Array.of(0.5, -1, 2, 0.25, -0.125, 1) };
const on = async (tensor: Tensor) => (await evaluate(backend, { tensor }, values)).tensor!;

describe("grad", () => {
  test("adds up the uses of a tensor", async () => {
    // x³ + 3x, x being used four times.
    const y = ops.add(ops.multiply(ops.multiply(x, x), x), x, 1, 3);
    const [dx] = ops.grad(ops.sum(y), [x]);
    expect(await on(dx!)).toBeAllClose(values.x.map((value) => 3 * value * value + 3));
  });

  test("to a value in between", async () => {
    const h = ops.scale(x, 2);
    const [dh, dx] = ops.grad(ops.sum(ops.multiply(h, h)), [h, x]);
    expect(await on(dh!)).toBeAllClose(values.x.map((value) => 4 * value));
    expect(await on(dx!)).toBeAllClose(values.x.map((value) => 8 * value));
  });

  test("to a value in between alone goes no further back", () => {
    const h = ops.tanh(x);
    const [dh] = ops.grad(ops.sum(ops.multiply(h, h)), [h]);
    expect(countNodes("tanhGrad", dh!)).toBe(0);
  });

  test("to the loss itself, of any shape of one element, is 1", async () => {
    const loss = ops.reshape(ops.sum(x), [1, 1]);
    const [dloss, dx] = ops.grad(loss, [loss, x]);
    expect(dloss!.shape).toEqual([1, 1]);
    expect(await on(dloss!)).toBeAllClose([1]);
    expect(await on(dx!)).toBeAllClose([1, 1, 1, 1, 1, 1]);
  });

  test("to what the loss does not depend on is 0", async () => {
    const other = ops.input("other", [2, 2]);
    const after = ops.scale(ops.sum(x), 2);
    const [dother, dafter] = ops.grad(ops.sum(x), [other, after]);
    expect(dother).toMatchObject({ shape: [2, 2], node: { kind: "constant" } });
    expect(await on(dother!)).toBeAllClose([0, 0, 0, 0]);
    expect(await on(dafter!)).toBeAllClose([0]);
  });

  test("to the same target twice is the same gradient twice", () => {
    const [a, b] = ops.grad(ops.sum(ops.tanh(x)), [x, x]);
    expect(a).toBe(b);
  });

  test("needs one number", () => {
    expect(() => ops.grad(ops.tanh(x), [x])).toThrow(new ShapeError("grad: the loss must be one number, it is [2, 3]"));
  });

  test("stops at replaced state: new values are leaves", async () => {
    const [w, m, v] = ["w", "m", "v"].map((name) => ops.variable(name, [2, 3])) as [Tensor, Tensor, Tensor];
    const rate = ops.constant(Float32Array.of(0.1, 1e-8), [2]);
    const next = ops.adam(w, m, v, x, rate).x;
    const [dw, dx, dnext] = ops.grad(ops.sum(ops.multiply(next, x)), [w, x, next]);
    expect(dw!.node.kind).toBe("constant");
    expect(countNodes("adam", dnext!)).toBe(0);
    // Through the product, whose other factor is the new value, and not through the step that x was a gradient for.
    expect(countNodes("multiply", dx!)).toBe(1);
    expect(countNodes("adam", dx!)).toBe(1);
    const average = ops.runningAverage(ops.variable("running", [3]), x);
    expect(ops.grad(ops.sum(average), [x])[0]!.node.kind).toBe("constant");
    const moving = ops.movingAverage(w, x, ops.constant(0.1, [1]));
    expect(ops.grad(ops.sum(moving), [x])[0]!.node.kind).toBe("constant");
    const search = ops.projectedMomentum(w, v, x, ops.constant(0.1, [1]));
    expect(ops.grad(ops.sum(search.x), [w])[0]!.node.kind).toBe("constant");
  });

  test("says what cannot be differentiated", () => {
    const target = ops.input("target", [2, 3]);
    const loss = ops.sum(ops.bceWithLogits(x, target));
    expect(() => ops.grad(loss, [target])).toThrow("grad: bceWithLogits cannot be differentiated in its input 1");
    expect(ops.grad(loss, [x])).toHaveLength(1);
    const { mean } = ops.batchNorm(x, ops.constant(1, [3]), ops.constant(0, [3]));
    expect(() => ops.grad(ops.sum(mean), [x])).toThrow("batchNorm: mean and variance cannot be differentiated");
  });
});

describe("random graphs", () => {
  const SHAPE = [4, 6];
  const shapes = { a: SHAPE, b: SHAPE, square: [6, 6], row: [6], gamma: [6] };

  /** A graph of `size` ops over the inputs, each of whose values has the shape of a. */
  function grow(seed: number, size: number, inputs: Record<keyof typeof shapes, Tensor>): Tensor {
    let state = seed;
    const below = (limit: number) => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      return Math.floor((state / 2 ** 32) * limit);
    };
    const values: Tensor[] = [inputs.a, inputs.b];
    const pick = () => values[below(values.length)]!;
    const choices: (() => Tensor)[] = [
      () => ops.tanh(pick()),
      () => ops.sigmoid(pick()),
      () => ops.leakyRelu(pick()),
      () => ops.scale(pick(), 0.5),
      () => ops.add(pick(), pick(), 0.5, -0.5),
      () => ops.multiply(pick(), pick()),
      () => ops.addBias(pick(), inputs.row),
      () => ops.scale(ops.matmul(pick(), inputs.square), 0.5),
      () => ops.leakyRelu(ops.addBias(ops.matmul(pick(), inputs.square, false, true), inputs.row)),
      () => ops.batchNorm(pick(), inputs.gamma, inputs.row, { groups: 2, slope: 0.2 }).y,
      () => ops.reshape(ops.tanh(ops.reshape(pick(), [6, 4])), SHAPE),
      () => ops.concat(ops.slice(pick(), 1, 4), ops.slice(pick(), 0, 1)),
      () => ops.spread(ops.mean(pick(), 4), SHAPE),
      () => ops.addBias(pick(), ops.scale(ops.sumRows(pick()), 0.25)),
    ];
    for (let i = 0; i < size; i++) values.push(choices[below(choices.length)]!());
    // The last ones, so that most of what was grown counts.
    return ops.mean(ops.bceWithLogits(ops.add(values.at(-1)!, values.at(-2)!), ops.constant(1, SHAPE)));
  }

  test.each(Array.from({ length: 24 }, (_, i) => i + 1))("graph %i", async (seed) => {
    const inputs = inputsOf(shapes);
    const loss = grow(seed, 10, inputs);
    const names = Object.keys(shapes) as (keyof typeof shapes)[];
    const gradients = ops.grad(
      loss,
      names.map((name) => inputs[name]),
    );
    const given = valuesFor(inputs, seed);
    const outputs = Object.fromEntries(names.map((name, at) => [name, gradients[at]!]));
    const received = await evaluate(backend, { ...outputs, loss }, given);

    const double = doubles(given);
    const twin = () => interpret([loss], double)[0]!;
    expect(received.loss).toBeAllClose(twin(), { rtol: 1e-5 });
    for (const name of names) {
      const expected = centralDifference(() => twin()[0]!, double[name]!, 1e-6);
      // Ten ops deep, with batch norms of small variance between: ten times the tolerance of one op.
      expect(received[name]).toBeAllClose(expected, { rel: 1e-4, atol: 1e-6 });
    }
  });
});
