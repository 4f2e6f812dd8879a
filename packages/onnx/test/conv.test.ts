/**
 * Convolutions are lowered in several forms, by the size of the coarse image: each against the float64 twins, with the
 * geometries that tell them apart.
 */
import {
  conv2d,
  conv2dGradWeight,
  convTranspose2d,
  grad,
  input,
  multiply,
  sizeOf,
  sum,
  type Tensor,
} from "@kintsugi/autodiff";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import "../../kernels/test/close.js";
import {
  type ConvGeometry,
  coarseShape,
  fineShape,
  type ImageShape,
  paddedGeometry,
  sameGeometry,
  sameTransposedGeometry,
  weightShape,
} from "@kintsugi/geometry";
import { evaluate, valuesFor } from "../../backend-webgpu/test/bench.js";
import * as twins from "../../kernels/reference/conv.js";
import { type OnnxBackend, toOnnx } from "../src/index.js";
import { openNodeBackend } from "../src/node.js";
import { decodeModel } from "./decode.js";

let backend: OnnxBackend;
beforeAll(async () => {
  backend = await openNodeBackend();
});
afterAll(() => backend.destroy());

const same = (side: number, kernel: number, stride: number, width = side, channels = 3) =>
  sameGeometry([2, side, width, channels], [kernel, kernel, channels, 4], stride);

const CASES: Readonly<Record<string, ConvGeometry>> = {
  "4×4 pixels": same(8, 5, 2),
  "8×8 pixels": same(16, 5, 2),
  "16×16 pixels": same(32, 5, 2),
  "kernel 4, 4×4 pixels": same(8, 4, 2),
  "kernel 4, 16×16 pixels": same(32, 4, 2),
  "kernel 3, 16×16 pixels": same(32, 3, 2),
  "kernel 1, pixels between the filters": same(6, 1, 2),
  "kernel 1, 10×10 pixels": same(20, 1, 2),
  "stride 1": same(4, 3, 1),
  "stride 1, 12×12 pixels": same(12, 5, 1),
  "stride 3": same(9, 5, 3),
  "stride 3, 10×10 pixels": same(30, 4, 3),
  "odd sides": same(7, 5, 2, 5),
  "odd sides, 10×9 pixels": same(19, 5, 2, 17),
  "one channel, one pixel": sameGeometry([1, 1, 1, 1], [5, 5, 1, 1], 2),
  "no padding, a pixel behind the last filter": paddedGeometry([2, 8, 8, 3], [3, 3, 3, 4], 2, 0),
  "no padding, a pixel behind, 10×10 pixels": paddedGeometry([2, 22, 22, 3], [3, 3, 3, 4], 2, 0),
  "padding 1, kernel 4": paddedGeometry([2, 8, 8, 3], [4, 4, 3, 4], 2, 1),
  "padding wider than the kernel's reach": paddedGeometry([1, 4, 4, 2], [3, 3, 2, 3], 1, 3),
  "transposed to an odd side": sameTransposedGeometry([2, 3, 4, 4], [5, 5, 3, 4], 2, [5, 8]),
};

describe.each(Object.entries(CASES))("%s", (_, g) => {
  const [fine, coarse, weight] = [fineShape(g), coarseShape(g), weightShape(g)].map((shape, i) =>
    input(["fine", "coarse", "weight"][i]!, shape),
  ) as [Tensor, Tensor, Tensor];
  const values = valuesFor({ fine, coarse, weight });
  // float32 sums of up to a few hundred products of order 1.
  const close = (shape: readonly number[]) => ({ rel: 1e-5, atol: 1e-5, shape });

  test("conv2d, convTranspose2d and conv2dGradWeight are their twins", async () => {
    const outputs = {
      coarse: conv2d(fine, weight, g),
      fine: convTranspose2d(coarse, weight, g),
      weight: conv2dGradWeight(coarse, fine, g),
    };
    const made = await evaluate(backend, outputs, values);
    expect(made.coarse).toBeAllClose(twins.conv2d(g, values.fine!, values.weight!), close(coarse.shape));
    expect(made.fine).toBeAllClose(twins.convTranspose2d(g, values.coarse!, values.weight!), close(fine.shape));
    expect(made.weight).toBeAllClose(twins.conv2dGradWeight(g, values.coarse!, values.fine!), close(weight.shape));
  });
});

describe("the forms", () => {
  const operators = (tensor: Tensor) => {
    const { graph } = decodeModel(toOnnx({ name: "forms", outputs: { tensor } }).bytes);
    return graph.node.map(({ opType }) => opType);
  };
  const count = (tensor: Tensor, operator: string) => operators(tensor).filter((found) => found === operator).length;
  const image = (name: string, shape: ImageShape) => input(name, shape);

  test.each([
    [8, "Gemm"],
    [16, "Conv"],
  ] as const)("conv2d of side %i is one %s", (side, operator) => {
    const g = same(side, 5, 2);
    const y = conv2d(image("x", fineShape(g)), input("weight", weightShape(g)), g);
    expect(count(y, "Gemm") + count(y, "Conv")).toBe(1);
    expect(count(y, operator)).toBe(1);
  });

  test.each([
    [8, "Conv", 4],
    [16, "ConvTranspose", 1],
  ] as const)("convTranspose2d to side %i is %s", (side, operator, times) => {
    const g = same(side, 5, 2);
    const y = convTranspose2d(image("x", coarseShape(g)), input("weight", weightShape(g)), g);
    expect(count(y, operator)).toBe(times);
  });

  test.each([
    [16, "Gemm", 25],
    [32, "Conv", 1],
  ] as const)("conv2dGradWeight of side %i is %s", (side, operator, times) => {
    const g = same(side, 5, 2);
    const dweight = conv2dGradWeight(image("x", coarseShape(g)), image("y", fineShape(g)), g);
    expect(count(dweight, operator)).toBe(times);
  });

  test("between convolutions nothing is transposed but weights", () => {
    const g = same(32, 5, 2, 32, 4);
    const x = image("x", fineShape(g));
    const weights = [input("a", weightShape(g)), input("b", weightShape(g))] as const;
    const h = conv2d(x, weights[0], g);
    const loss = sum(multiply(convTranspose2d(h, weights[1], g), x));
    const [dx] = grad(loss, [x]);
    // x, two weights, and dx back.
    expect(count(dx!, "Transpose")).toBe(4);
    expect(sizeOf(dx!.shape)).toBe(sizeOf(x.shape));
  });
});
