/** What every back end must differentiate: one case per op and more, checked by central differences of the float64 twins. */
import { describe, expect, test } from "vitest";
import "../../kernels/test/close.js";
import type { Tensor } from "@kintsugi/autodiff";
import * as ops from "@kintsugi/autodiff";
import { paddedGeometry, sameGeometry, sameTransposedGeometry } from "@kintsugi/geometry";
import type { CloseOptions } from "../../kernels/test/close.js";
import { centralDifference } from "../../kernels/test/finite_differences.js";
import { doubles, evaluate, inputsOf, valuesFor } from "./bench.js";
import { interpret } from "./twins.js";

/**
 * float32 against float64 for sums of some ten products of order 1: a plain float32 run of the goldens reaches 1e-6 of the
 * largest. A central difference with a step of 1e-5 is off by 1e-10.
 */
const CLOSE: CloseOptions = { rel: 1e-5, atol: 1e-6 };

/** Second derivatives are sums of more products, of which the largest may cancel. */
const SECOND: CloseOptions = { rel: 1e-4, atol: 1e-5 };

type Named = Readonly<Record<string, Tensor>>;

/** Compares y, and the gradients of Σ y·dy in `targets`, with the twins. */
export async function checkGradients(
  backend: ops.Backend,
  inputs: Named,
  targets: readonly string[],
  y: Tensor,
  close: CloseOptions = CLOSE,
): Promise<void> {
  const leaves: Named = { ...inputs, ...inputsOf({ dy: y.shape }) };
  const loss = ops.sum(ops.multiply(y, leaves.dy!));
  const gradients = ops.grad(
    loss,
    targets.map((name) => leaves[name]!),
  );
  const outputs = { y, ...Object.fromEntries(targets.map((name, at) => [`d${name}`, gradients[at]!])) };
  const values = valuesFor(leaves);
  if (values.variance) values.variance = values.variance.map((value) => 0.5 + value * value);

  const received = await evaluate(backend, outputs, values);
  const given = doubles(values);
  expect(received.y).toBeAllClose(interpret([y], given)[0]!, { ...close, shape: y.shape });
  for (const name of targets) {
    const expected = centralDifference(() => interpret([loss], given)[0]![0]!, given[name]!);
    expect(received[`d${name}`]).toBeAllClose(expected, { ...close, shape: leaves[name]!.shape, labels: [] });
  }
}

export interface Case {
  readonly shapes: Readonly<Record<string, readonly number[]>>;
  /** All inputs unless given. */
  readonly targets?: readonly string[];
  readonly op: (inputs: Record<string, Tensor>) => Tensor;
}

const strided = sameGeometry([2, 5, 4, 3], [3, 3, 3, 2], 2);
const padded = paddedGeometry([1, 6, 6, 2], [4, 4, 2, 3], 2, 1);
const transposed = sameTransposedGeometry([2, 2, 3, 3], [5, 5, 2, 3], 2, [3, 6]);
const channels = { gamma: [3], beta: [3] };
const normalised = (x: readonly number[]) => ({ x, ...channels });
const two = { a: [3, 4], b: [3, 4] };

export const CASES: Readonly<Record<string, Case>> = {
  conv2d: {
    shapes: { x: [2, 5, 4, 3], weight: [3, 3, 3, 2] },
    op: ({ x, weight }) => ops.conv2d(x!, weight!, strided),
  },
  "conv2d 4×4, padding 1": {
    shapes: { x: [1, 6, 6, 2], weight: [4, 4, 2, 3] },
    op: ({ x, weight }) => ops.conv2d(x!, weight!, padded),
  },
  convTranspose2d: {
    shapes: { x: [2, 2, 3, 3], weight: [5, 5, 2, 3] },
    op: ({ x, weight }) => ops.convTranspose2d(x!, weight!, transposed),
  },
  conv2dGradWeight: {
    shapes: { coarse: [2, 3, 2, 2], fine: [2, 5, 4, 3] },
    op: ({ coarse, fine }) => ops.conv2dGradWeight(coarse!, fine!, strided),
  },
  matmul: { shapes: { a: [3, 5], b: [5, 4] }, op: ({ a, b }) => ops.matmul(a!, b!) },
  "matmul, a transposed": { shapes: { a: [5, 3], b: [5, 4] }, op: ({ a, b }) => ops.matmul(a!, b!, true) },
  "matmul, b transposed": { shapes: { a: [3, 5], b: [4, 5] }, op: ({ a, b }) => ops.matmul(a!, b!, false, true) },
  "matmul, both": { shapes: { a: [5, 3], b: [4, 5] }, op: ({ a, b }) => ops.matmul(a!, b!, true, true) },
  addBias: { shapes: { x: [2, 3, 2, 5], bias: [5] }, op: ({ x, bias }) => ops.addBias(x!, bias!) },
  sumRows: { shapes: { x: [2, 3, 2, 5] }, op: ({ x }) => ops.sumRows(x!) },
  batchNorm: {
    shapes: normalised([4, 2, 2, 3]),
    op: ({ x, gamma, beta }) => ops.batchNorm(x!, gamma!, beta!).y,
  },
  "batchNorm, slope 0.2": {
    shapes: normalised([4, 2, 2, 3]),
    op: ({ x, gamma, beta }) => ops.batchNorm(x!, gamma!, beta!, { slope: 0.2 }).y,
  },
  "batchNorm, slope 0, 2 groups": {
    shapes: normalised([4, 2, 2, 3]),
    op: ({ x, gamma, beta }) => ops.batchNorm(x!, gamma!, beta!, { slope: 0, groups: 2 }).y,
  },
  "batchNorm, eps 0.1, of a matrix": {
    shapes: normalised([6, 3]),
    op: ({ x, gamma, beta }) => ops.batchNorm(x!, gamma!, beta!, { eps: 0.1, groups: 3 }).y,
  },
  ...Object.fromEntries(
    [1, 0.2, 0].map((slope): [string, Case] => [
      `batchNormInference, slope ${slope}`,
      {
        shapes: { ...normalised([2, 2, 3, 3]), mean: [3], variance: [3] },
        targets: ["x"],
        op: ({ x, gamma, beta, mean, variance }) =>
          ops.batchNormInference(x!, gamma!, beta!, mean!, variance!, { slope }),
      },
    ]),
  ),
  leakyRelu: { shapes: { x: [3, 7] }, op: ({ x }) => ops.leakyRelu(x!) },
  relu: { shapes: { x: [3, 7] }, op: ({ x }) => ops.relu(x!) },
  tanh: { shapes: { x: [3, 7] }, op: ({ x }) => ops.tanh(x!) },
  sigmoid: { shapes: { x: [3, 7] }, op: ({ x }) => ops.sigmoid(x!) },
  rsqrt: { shapes: { variance: [3, 7] }, op: ({ variance }) => ops.rsqrt(variance!) },
  bceWithLogits: {
    shapes: { x: [3, 7], target: [3, 7] },
    targets: ["x"],
    op: ({ x, target }) => ops.bceWithLogits(x!, target!),
  },
  add: { shapes: two, op: ({ a, b }) => ops.add(a!, b!) },
  "add, weighted": { shapes: two, op: ({ a, b }) => ops.add(a!, b!, 0.5, -2) },
  "add, to itself": { shapes: { a: [3, 4] }, op: ({ a }) => ops.add(a!, a!, 0.5, -2) },
  multiply: { shapes: two, op: ({ a, b }) => ops.multiply(a!, b!) },
  "multiply, a square": { shapes: { a: [3, 4] }, op: ({ a }) => ops.multiply(a!, a!) },
  scale: { shapes: { x: [3, 4] }, op: ({ x }) => ops.scale(x!, -3) },
  sum: { shapes: { x: [3, 4] }, op: ({ x }) => ops.sum(x!) },
  "sum of each": { shapes: { x: [3, 2, 4] }, op: ({ x }) => ops.sum(x!, 3) },
  squaredNorm: { shapes: { a: [3, 2, 4], b: [1], c: [70, 3] }, op: ({ a, b, c }) => ops.squaredNorm([a!, b!, c!]) },
  mean: { shapes: { x: [3, 2, 4] }, op: ({ x }) => ops.mean(x!, 6) },
  spread: { shapes: { x: [3] }, op: ({ x }) => ops.spread(x!, [3, 2, 5]) },
  maskedL1: {
    shapes: { x: [2, 3, 4, 3], target: [2, 3, 4, 3], weight: [2, 3, 4] },
    targets: ["x"],
    op: ({ x, target, weight }) => ops.maskedL1(x!, target!, weight!),
  },
  blockMean: { shapes: { x: [2, 4, 6, 3] }, op: ({ x }) => ops.blockMean(x!, 2) },
  saturate: {
    shapes: { x: [3, 2, 4, 3], shares: [3, 2] },
    targets: ["x"],
    op: ({ x, shares }) => ops.saturate(x!, shares!),
  },
  // Rows and columns by different numbers, in every direction, and one image out of sight.
  translate: {
    shapes: { x: [4, 4, 6, 2] },
    op: ({ x }) => ops.translate(x!, ops.constant(Float32Array.of(1, -2, -3, 0, 0, 5, 4, 0), [4, 2])),
  },
  cutout: {
    shapes: { x: [4, 4, 6, 2] },
    op: ({ x }) => ops.cutout(x!, ops.constant(Float32Array.of(1, 2, -1, -1, 4, 0, 3, 5), [4, 2]), [2, 3]),
  },
  "what NCHW comes before and after": {
    shapes: { x: [2, 5, 4, 3], weight: [3, 3, 3, 2], shares: [2, 2] },
    targets: ["x", "weight"],
    op: ({ x, weight, shares }) => {
      const pairs = (...values: number[]) => ops.constant(Float32Array.from(values), [2, 2]);
      const y = ops.saturate(ops.conv2d(x!, weight!, strided), shares!);
      return ops.cutout(ops.translate(y, pairs(1, 0, 0, -1)), pairs(0, 0, 2, 1), [1, 1]);
    },
  },
  minibatchDiscrimination: { shapes: { x: [5, 3, 4] }, op: ({ x }) => ops.minibatchDiscrimination(x!) },
  "minibatchDiscrimination, 2 groups": {
    shapes: { x: [6, 2, 1] },
    op: ({ x }) => ops.minibatchDiscrimination(x!, 2),
  },
  "minibatchDiscrimination, many numbers": {
    shapes: { x: [3, 2, 11] },
    op: ({ x }) => ops.minibatchDiscrimination(x!),
  },
  "minibatchDiscrimination, alone": { shapes: { x: [2, 3, 4] }, op: ({ x }) => ops.minibatchDiscrimination(x!, 2) },
  reshape: { shapes: { x: [2, 6] }, op: ({ x }) => ops.reshape(x!, [3, 4]) },
  concat: { shapes: { a: [2, 3], b: [4, 3] }, op: ({ a, b }) => ops.concat(a!, b!) },
  "slice from the start": { shapes: { x: [5, 3] }, op: ({ x }) => ops.slice(x!, 0, 2) },
  "slice to the end": { shapes: { x: [5, 3] }, op: ({ x }) => ops.slice(x!, 2, 5) },
  // What the plan fuses into one kernel, and a whole small network.
  "bias and leaky ReLU after a product": {
    shapes: { x: [2, 5, 4, 3], weight: [3, 3, 3, 2], bias: [2] },
    op: ({ x, weight, bias }) => ops.leakyRelu(ops.addBias(ops.conv2d(x!, weight!, strided), bias!)),
  },
  "a network": {
    shapes: { x: [2, 6], dense: [6, 18], ...channels, weight: [5, 5, 2, 3], bias: [2] },
    op: ({ x, dense, gamma, beta, weight, bias }) => {
      const h = ops.batchNorm(ops.reshape(ops.matmul(x!, dense!), [2, 2, 3, 3]), gamma!, beta!, { slope: 0 }).y;
      return ops.tanh(ops.addBias(ops.convTranspose2d(h, weight!, transposed), bias!));
    },
  },
};

/** Declares the tests of a back end that `backend` returns once they run. */
export function describeDerivatives(backend: () => ops.Backend): void {
  describe("first derivatives", () => {
    test.each(Object.entries(CASES))("%s", async (_, { shapes, targets = Object.keys(shapes), op }) => {
      const inputs = inputsOf(shapes);
      await checkGradients(backend(), inputs, targets, op(inputs));
    });
  });

  describe("second derivatives are those of the first", () => {
    /** The gradient of Σ y³/3 in `name`, itself a function of the inputs. */
    const gradient = (y: Tensor, target: Tensor): Tensor => {
      const cubed = ops.multiply(ops.multiply(y, y), y);
      return ops.grad(ops.scale(ops.sum(cubed), 1 / 3), [target])[0]!;
    };

    test.each(Object.entries(CASES))("%s", async (_, { shapes, targets = Object.keys(shapes), op }) => {
      const inputs = inputsOf(shapes);
      const first = gradient(op(inputs), inputs[targets[0]!]!);
      await checkGradients(backend(), inputs, targets, first, SECOND);
    });

    test("and so on: the third of tanh", async () => {
      const x = ops.input("x", [3, 4]);
      const slope = (y: Tensor) => ops.grad(ops.sum(y), [x])[0]!;
      const third = slope(slope(slope(ops.tanh(x))));
      const values = valuesFor({ x });
      const expected = values.x!.map((value) => {
        const t = Math.tanh(value);
        return (1 - t * t) * (6 * t * t - 2);
      });
      expect((await evaluate(backend(), { third }, values)).third).toBeAllClose(expected, { atol: 2e-6 });
    });
  });

  describe("kinks, where a difference says nothing: the convention", () => {
    const x = ops.input("x", [1, 2, 2, 1]);
    const slopeOf = async (y: Tensor, values = Float32Array.of(0, -0, 0, -0)) => {
      const [dx] = ops.grad(ops.sum(y), [x]);
      return (await evaluate(backend(), { dx: dx! }, { x: values })).dx!;
    };

    test("ReLU: 0", async () => {
      expect(await slopeOf(ops.relu(x))).toBeAllClose([0, 0, 0, 0]);
    });

    test("leaky ReLU: 1", async () => {
      expect(await slopeOf(ops.leakyRelu(x))).toBeAllClose([1, 1, 1, 1]);
    });

    test("|x|: 0", async () => {
      const values = Float32Array.of(1, 0, -0, 5);
      const same = ops.constant(values, x.shape);
      expect(await slopeOf(ops.maskedL1(x, same, ops.constant(1, [1, 2, 2])), values)).toBeAllClose([0, 0, 0, 0]);
    });

    test("equal images of a minibatch: 0", async () => {
      const same = ops.reshape(x, [2, 1, 2]);
      expect(await slopeOf(ops.minibatchDiscrimination(same))).toBeAllClose([0, 0, 0, 0]);
    });

    test("batch norm with an activation: that of the activation", async () => {
      // γ 1, β 0 and x equal to the mean: the normalised value is exactly 0.
      const [one, zero] = [ops.constant(1, [1]), ops.constant(0, [1])];
      const y = (slope: number) => ops.batchNormInference(x, one, zero, zero, one, { eps: 0, slope });
      expect(await slopeOf(y(0.2))).toBeAllClose([1, 1, 1, 1]);
      expect(await slopeOf(y(0))).toBeAllClose([0, 0, 0, 0]);
    });
  });
}
