/** Every op's shape errors: thrown while the graph is built, one line, with both shapes. */

import { sameGeometry } from "@kintsugi/geometry";
import { describe, expect, test } from "vitest";
import { ShapeError, type Tensor } from "../src/graph.js";
import * as ops from "../src/index.js";

const t = (...shape: number[]): Tensor => ops.input("t", shape);
const geometry = sameGeometry([64, 8, 8, 3], [5, 5, 3, 16], 2);

const ERRORS: readonly (readonly [message: string, make: () => unknown])[] = [
  [
    "conv2d: x is [N 64, H 8, W 8, C 4], the geometry needs [N 64, H 8, W 8, C 3]",
    () => ops.conv2d(t(64, 8, 8, 4), t(5, 5, 3, 16), geometry),
  ],
  [
    "conv2d: weight is [K 5, K 5, fine 16, coarse 3], the geometry needs [K 5, K 5, fine 3, coarse 16]",
    () => ops.conv2d(t(64, 8, 8, 3), t(5, 5, 16, 3), geometry),
  ],
  [
    "convTranspose2d: x is [N 64, H 8, W 8, C 16], the geometry needs [N 64, H 4, W 4, C 16]",
    () => ops.convTranspose2d(t(64, 8, 8, 16), t(5, 5, 3, 16), geometry),
  ],
  [
    "conv2dGradWeight: coarse is [N 64, H 4, W 4], the geometry needs [N 64, H 4, W 4, C 16]",
    () => ops.conv2dGradWeight(t(64, 4, 4), t(64, 8, 8, 3), geometry),
  ],
  [
    "conv2dGradWeight: fine is [N 1, H 8, W 8, C 3], the geometry needs [N 64, H 8, W 8, C 3]",
    () => ops.conv2dGradWeight(t(64, 4, 4, 16), t(1, 8, 8, 3), geometry),
  ],
  ["matmul: a has 3 columns, b has 4 rows: a [2, 3], b [4, 5]", () => ops.matmul(t(2, 3), t(4, 5))],
  ["matmul: a has 2 columns, b has 5 rows: a [2, 3], b [4, 5]", () => ops.matmul(t(2, 3), t(4, 5), true, true)],
  ["matmul: b is [4, 5, 6], not a matrix", () => ops.matmul(t(2, 3), t(4, 5, 6))],
  ["addBias: x [2, 4, 4, 3] has 3 channels, bias is [4]", () => ops.addBias(t(2, 4, 4, 3), t(4))],
  ["addBias: x [2, 3] has 3 channels, bias is [1, 3]", () => ops.addBias(t(2, 3), t(1, 3))],
  ["sumRows: x is a scalar", () => ops.sumRows(t())],
  ["batchNorm: x [2, 4, 4, 3] has 3 channels, gamma is [4]", () => ops.batchNorm(t(2, 4, 4, 3), t(4), t(3))],
  ["batchNorm: x [2, 4, 4, 3] has 3 channels, beta is [1, 3]", () => ops.batchNorm(t(2, 4, 4, 3), t(3), t(1, 3))],
  ["batchNorm: x [3] has no channels", () => ops.batchNorm(t(3), t(3), t(3))],
  ["batchNorm: a batch of 5 has no 2 equal groups", () => ops.batchNorm(t(5, 3), t(3), t(3), { groups: 2 })],
  ["batchNorm: a batch of 4 has no 0 equal groups", () => ops.batchNorm(t(4, 3), t(3), t(3), { groups: 0 })],
  [
    "batchNormInference: x [2, 3] has 3 channels, variance is [2]",
    () => ops.batchNormInference(t(2, 3), t(3), t(3), t(3), t(2)),
  ],
  ["bceWithLogits: x is [2, 1], target is [2]: they must be equal", () => ops.bceWithLogits(t(2, 1), t(2))],
  ["add: a is [2, 3], b is [3, 2]: they must be equal", () => ops.add(t(2, 3), t(3, 2))],
  ["multiply: a is [2, 3], b is [3]: they must be equal", () => ops.multiply(t(2, 3), t(3))],
  ["sum: x [2, 3] has no 4 equal groups", () => ops.sum(t(2, 3), 4)],
  ["sum: x [2, 3] has no 4 equal groups", () => ops.mean(t(2, 3), 4)],
  ["spread: 4 values cannot fill [2, 3] equally", () => ops.spread(t(4), [2, 3])],
  [
    "maskedL1: x is [1, 4, 4, 3], target is [1, 4, 4, 1]: they must be equal",
    () => ops.maskedL1(t(1, 4, 4, 3), t(1, 4, 4, 1), t(1, 4, 4)),
  ],
  [
    "maskedL1: x without its channels is [1, 4, 4], weight is [1, 4, 4, 3]: they must be equal",
    () => ops.maskedL1(t(1, 4, 4, 3), t(1, 4, 4, 3), t(1, 4, 4, 3)),
  ],
  ["blockMean: x [1, 6, 8, 3] has no whole blocks of 4×4", () => ops.blockMean(t(1, 6, 8, 3), 4)],
  ["blockMean: x [8, 8] has no whole blocks of 4×4", () => ops.blockMean(t(8, 8), 4)],
  ["poissonBlend: y [4, 4, 3] is not [N, H, W, C]", () => ops.poissonBlend(t(4, 4, 3), t(4, 4, 3), t(4, 4))],
  [
    "poissonBlend: y without its channels is [1, 4, 4], mask is [1, 4, 4, 3]: they must be equal",
    () => ops.poissonBlend(t(1, 4, 4, 3), t(1, 4, 4, 3), t(1, 4, 4, 3)),
  ],
  ["saturate: x [4, 4, 3] is not [N, H, W, C]", () => ops.saturate(t(4, 4, 3), t(4, 2))],
  ["saturate: shares is [4], not [4, 2]", () => ops.saturate(t(4, 8, 8, 3), t(4))],
  ["translate: offsets is [4, 3], not [4, 2]", () => ops.translate(t(4, 8, 8, 3), t(4, 3))],
  ["cutout: corners is [2, 2], not [4, 2]", () => ops.cutout(t(4, 8, 8, 3), t(2, 2), [4, 4])],
  ["cutout: a box of 4×0 has a side that is not a positive integer", () => ops.cutout(t(4, 8, 8, 3), t(4, 2), [4, 0])],
  ["minibatchDiscrimination: x is [4, 6], not [N, kernels, dims]", () => ops.minibatchDiscrimination(t(4, 6))],
  ["minibatchDiscrimination: a batch of 5 has no 2 equal groups", () => ops.minibatchDiscrimination(t(5, 2, 3), 2)],
  ["pickImages: the shape [2, 4, 4] is not [N, H, W, C]", () => ops.pickImages(t(9, 4), t(2, 2), t(256), [2, 4, 4])],
  [
    "pickImages: images [9, 48] do not hold 48 bytes each",
    () => ops.pickImages(t(9, 48), t(2, 2), t(256), [2, 4, 4, 3]),
  ],
  [
    "pickImages: images [16777217, 1] are more than 16777216",
    () => ops.pickImages(t(2 ** 24 + 1, 1), t(1, 2), t(256), [1, 2, 2, 1]),
  ],
  ["pickImages: picks is [2], not [2, 2]", () => ops.pickImages(t(9, 12), t(2), t(256), [2, 4, 4, 3])],
  ["pickImages: values is [255], not [256]", () => ops.pickImages(t(9, 12), t(2, 2), t(255), [2, 4, 4, 3])],
  ["reshape: [2, 3] does not fill [4, 2]", () => ops.reshape(t(2, 3), [4, 2])],
  ["concat: a [2, 3] and b [2, 4] differ in more than the batch", () => ops.concat(t(2, 3), t(2, 4))],
  ["slice: rows 2 to 6 do not lie in x [5, 3]", () => ops.slice(t(5, 3), 2, 6)],
  ["slice: rows 2 to 2 do not lie in x [5, 3]", () => ops.slice(t(5, 3), 2, 2)],
  ["slice: rows 0.5 to 1.5 do not lie in x [5, 3]", () => ops.slice(t(5, 3), 0.5, 1.5)],
  ["constant: 3 values do not fill the shape [2, 2]", () => ops.constant(new Float32Array(3), [2, 2])],
  ["input: the shape [2, 0] has a side that is not a positive integer", () => t(2, 0)],
  ["variable: the shape [1.5] has a side that is not a positive integer", () => ops.variable("v", [1.5])],
  ["adam: x is [2, 3], v is [3, 2]: they must be equal", () => ops.adam(t(2, 3), t(2, 3), t(3, 2), t(2, 3), t(2))],
  ["adam: rate is [1], not [2] or [3]", () => ops.adam(t(3), t(3), t(3), t(3), t(1))],
  ["projectedMomentum: x is [3], dx is [2]: they must be equal", () => ops.projectedMomentum(t(3), t(3), t(2), t(1))],
  ["projectedMomentum: rate is [2], not [1]", () => ops.projectedMomentum(t(3), t(3), t(3), t(2))],
  ["movingAverage: average is [3], values is [4]: they must be equal", () => ops.movingAverage(t(3), t(4), t(1))],
  ["movingAverage: rate is [2], not [1]", () => ops.movingAverage(t(3), t(3), t(2))],
  [
    "runningAverage: running is [3], a row of values is [4]: they must be equal",
    () => ops.runningAverage(t(3), t(2, 4)),
  ],
  ["grad: the loss must be one number, it is [2, 3]", () => ops.grad(t(2, 3), [])],
];

describe("shape errors", () => {
  test.each(ERRORS)("%s", (message, make) => {
    expect(make).toThrow(new ShapeError(message));
  });
});
