import type { ImageShape } from "@kintsugi/geometry";
import { describe, expect, it } from "vitest";
import { blockMean } from "../../reference/block_mean.js";
import { importanceWeights } from "../../reference/importance_weights.js";
import { maskedL1, maskedL2 } from "../../reference/masked_l1.js";
import {
  addBias,
  bceWithLogits,
  leakyRelu,
  map,
  mean,
  sigmoid,
  softplus,
  sum,
  sumRows,
  tanh,
} from "../../reference/pointwise.js";
import "../close.js";
import { centralDifference, dot, sampleIndices } from "../finite_differences.js";
import { goldens } from "../goldens.js";
import { ROUNDED, SUMMED } from "./tolerance.js";

const file = goldens("pointwise");
const x = Float64Array.from(file.values("act/x"));
const shapeOf = (name: string) => file.tensor(name).shape as unknown as ImageShape;
/** Central differences of the twins against gradients of order 1: 1e-10 of truncation, 1e-9 of rounding where |f| is 100. */
const SLOPE = { rtol: 1e-6, atol: 1e-8 };

/** Slope of an elementwise function at every x. */
function slopes(f: (value: number, at: number) => number): Float64Array {
  return x.map((value, at) => centralDifference((point) => f(point[0]!, at), Float64Array.of(value))[0]!);
}

describe("activations", () => {
  const functions: readonly (readonly [name: string, f: (value: number) => number])[] = [
    ["lrelu", (value) => leakyRelu(value, 0.2)],
    ["relu", (value) => leakyRelu(value, 0)],
    ["tanh", tanh],
    ["sigmoid", sigmoid],
    ["softplus", softplus],
  ];

  it.each(functions)("%s = golden", (name, f) => {
    expect(map(x, f)).toBeAllClose(file.values(`act/${name}`), ROUNDED);
  });

  it.each(functions)("differences of %s = the gradient", (name, f) => {
    const dy = file.values("act/dy");
    const dx = map(slopes(f), (slope, at) => slope * dy[at]!);
    // Within the step of the kink (0 and ±1e-8) a difference says nothing; which slope holds there is a convention.
    const smooth = [...x.keys()].filter((at) => Math.abs(x[at]!) > 1e-5);
    const pick = (values: ArrayLike<number>) => smooth.map((at) => values[at]!);
    expect(pick(dx)).toBeAllClose(pick(file.values(`act/${name}_dx`)), SLOPE);
  });
});

describe("losses of logits", () => {
  it("bceWithLogits = golden", () => {
    const t = file.values("bce/t");
    const loss = (value: number, at: number) => bceWithLogits(value, t[at]!);
    expect(map(x, loss)).toBeAllClose(file.values("bce/loss"), SUMMED);
    expect(slopes(loss)).toBeAllClose(file.values("bce/da"), SLOPE);
  });

  it("with target 1 it is softplus(−x), with 0 softplus(x): the two halves of the discriminator's loss", () => {
    expect([mean(map(x, (value) => bceWithLogits(value, 1)))]).toBeAllClose(file.values("gan/d_loss_real"), SUMMED);
    expect([mean(map(x, (value) => bceWithLogits(value, 0)))]).toBeAllClose(file.values("gan/d_loss_fake"), SUMMED);
    expect([sum(map(x, softplus)) / x.length]).toBeAllClose(file.values("gan/d_loss_fake"), SUMMED);
    const rows = slopes((value) => bceWithLogits(value, 1)).map((slope) => slope / x.length);
    expect(rows).toBeAllClose(file.values("gan/d_real_da"), SLOPE);
    expect(slopes((value) => bceWithLogits(value, 0) / x.length)).toBeAllClose(file.values("gan/d_fake_da"), SLOPE);
  });

  it("both priors of the completion", () => {
    expect(map(x, (value) => softplus(-value))).toBeAllClose(file.values("gan/prior_nlogd"), ROUNDED);
    expect(map(x, (value) => -softplus(value))).toBeAllClose(file.values("gan/prior_log1md"), ROUNDED);
    expect(slopes((value) => softplus(-value))).toBeAllClose(file.values("gan/prior_nlogd_da"), SLOPE);
    expect(slopes((value) => -softplus(value))).toBeAllClose(file.values("gan/prior_log1md_da"), SLOPE);
  });
});

describe.each(["l1_a", "l1_b"])("contextual loss, %s", (name) => {
  const shape = shapeOf(`${name}/g`);
  const g = Float64Array.from(file.values(`${name}/g`));
  const y = file.values(`${name}/y`);
  const mask = file.values(`${name}/mask`);

  it.each(["symmetric", "count"] as const)("importance weights, border %s", (border) => {
    const { window } = file.config<{ window: number }>(name);
    const [n, h, w] = shape;
    expect(importanceWeights(mask, [n, h, w], window, border)).toBeAllClose(file.values(`${name}/weight_${border}`), {
      ...ROUNDED,
      shape: [n, h, w],
    });
  });

  // The weights are float32 in the file, yet the losses were computed from their float64 values: 2⁻²⁴ of each term.
  it.each([
    ["plain", "mask"],
    ["weight_symmetric", "weight_symmetric"],
    ["weight_count", "weight_count"],
  ])("maskedL1 and its differences, %s", (loss, weights) => {
    const weight = file.values(`${name}/${weights}`);
    expect(maskedL1(g, y, weight, shape)).toBeAllClose(file.values(`${name}/${loss}_loss`), { rtol: 1.2e-7 });
    // Piecewise linear: exact for any step that stays on one side of g = y.
    const sampled = sampleIndices(g.length, 100).filter((at) => Math.abs(g[at]! - y[at]!) > 1e-4);
    const dg = centralDifference((point) => sum(maskedL1(point, y, weight, shape)), g, 1e-4, sampled);
    expect(dg).toBeAllClose(
      sampled.map((at) => file.values(`${name}/${loss}_dg`)[at]!),
      SLOPE,
    );
  });

  it("maskedL2 is the squared form", () => {
    const squares = maskedL1(
      map(g, (value, at) => (value - y[at]!) ** 2),
      new Float64Array(g.length),
      mask,
      shape,
    );
    expect(maskedL2(g, y, mask, shape)).toBeAllClose(squares, { rtol: 1e-14 });
  });
});

describe.each(["low_a", "low_b"])("block means, %s", (name) => {
  const shape = shapeOf(`${name}/g`);
  const { block } = file.config<{ block: number }>(name);
  const g = Float64Array.from(file.values(`${name}/g`));
  const y = file.values(`${name}/y`);
  const low = shapeOf(`${name}/mean_g`);

  it("blockMean = golden, and its adjoint by differences", () => {
    expect(blockMean(g, shape, block)).toBeAllClose(file.values(`${name}/mean_g`), { ...SUMMED, shape: low });
    expect(blockMean(y, shape, block)).toBeAllClose(file.values(`${name}/mean_y`), { ...SUMMED, shape: low });
    const dmean = file.values(`${name}/dmean`);
    const sampled = sampleIndices(g.length, 60);
    const dg = centralDifference((point) => dot(blockMean(point, shape, block), dmean), g, 1e-2, sampled);
    expect(dg).toBeAllClose(
      sampled.map((at) => file.values(`${name}/dmean_dg`)[at]!),
      SLOPE,
    );
  });

  it("low-resolution loss = golden", () => {
    const weight = file.values(`${name}/mask_low`);
    const target = blockMean(y, shape, block);
    const loss = (point: ArrayLike<number>) => maskedL1(blockMean(point, shape, block), target, weight, low);
    expect(loss(g)).toBeAllClose(file.values(`${name}/loss`), SUMMED);
    const sampled = sampleIndices(g.length, 60);
    const dg = centralDifference((point) => sum(loss(point)), g, 1e-4, sampled);
    expect(dg).toBeAllClose(
      sampled.map((at) => file.values(`${name}/loss_dg`)[at]!),
      SLOPE,
    );
  });

  it("refuses blocks that do not tile the image", () => {
    expect(() => blockMean(g, shape, 7)).toThrow(`blocks of 7 do not tile ${shape[1]}×${shape[2]}`);
  });
});

it.each(["bias_a", "bias_b"])("addBias and its sum over rows, %s", (name) => {
  const b = file.values(`${name}/b`);
  expect(addBias(file.values(`${name}/x`), b)).toBeAllClose(file.values(`${name}/y`), ROUNDED);
  expect(sumRows(file.values(`${name}/dy`), b.length)).toBeAllClose(file.values(`${name}/db`), SUMMED);
});

it("an importance window needs a centre", () => {
  expect(() => importanceWeights([1], [1, 1, 1], 4, "count")).toThrow("a window of 4 has no centre");
});

it("a mirrored border repeats itself when the window exceeds the image twice over", () => {
  // 1×2 with the right pixel missing, window 9: every row of the window sees columns r l | l r | r l … around l.
  expect(importanceWeights([1, 0], [1, 1, 2], 9, "symmetric")).toBeAllClose([4 / 9, 0], { rtol: 1e-15 });
});
