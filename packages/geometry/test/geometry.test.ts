import { describe, expect, it } from "vitest";
import {
  coarseShape,
  fineShape,
  paddedGeometry,
  paddedTransposedGeometry,
  sameGeometry,
  sameTransposedGeometry,
  weightShape,
} from "../src/index.js";

describe("geometries", () => {
  it("SAME: an even side is padded 1 before (and 2 after), an odd one 2 and 2", () => {
    expect(sameGeometry([64, 64, 63, 3], [5, 5, 3, 128], 2)).toEqual({
      batch: 64,
      fineHeight: 64,
      fineWidth: 63,
      fineChannels: 3,
      coarseHeight: 32,
      coarseWidth: 32,
      coarseChannels: 128,
      kernel: 5,
      stride: 2,
      padTop: 1,
      padLeft: 2,
    });
  });

  it("a transposed convolution has the geometry of the convolution that it is the adjoint of", () => {
    const same = sameGeometry([2, 8, 7, 3], [5, 5, 3, 4], 2);
    expect(sameTransposedGeometry(coarseShape(same), weightShape(same), 2, [8, 7])).toEqual(same);
    const padded = paddedGeometry([2, 8, 6, 3], [4, 4, 3, 5], 2, 1);
    expect(paddedTransposedGeometry(coarseShape(padded), weightShape(padded), 2, 1)).toEqual(padded);
  });

  it("SAME, transposed: the output is stride times the input unless given", () => {
    expect(fineShape(sameTransposedGeometry([1, 4, 3, 512], [5, 5, 256, 512], 2))).toEqual([1, 8, 6, 256]);
    expect(fineShape(sameTransposedGeometry([1, 4, 3, 512], [5, 5, 256, 512], 2, [7, 5]))).toEqual([1, 7, 5, 256]);
  });

  it("k4 s2 p1 halves and doubles, k4 s1 p0 goes from 4×4 to 1×1 and back", () => {
    expect(coarseShape(paddedGeometry([1, 64, 32, 3], [4, 4, 3, 8], 2, 1))).toEqual([1, 32, 16, 8]);
    expect(fineShape(paddedTransposedGeometry([1, 32, 16, 8], [4, 4, 3, 8], 2, 1))).toEqual([1, 64, 32, 3]);
    expect(coarseShape(paddedGeometry([1, 4, 4, 9], [4, 4, 9, 1], 1, 0))).toEqual([1, 1, 1, 1]);
    expect(fineShape(paddedTransposedGeometry([1, 1, 1, 100], [4, 4, 9, 100], 1, 0))).toEqual([1, 4, 4, 9]);
  });
});

describe("shape errors, one line each", () => {
  it.each([
    [
      () => sameGeometry([64, 8, 8, 3], [5, 5, 4, 8], 2),
      "conv2d: x has 3 channels, weight takes 4: x [N 64, H 8, W 8, C 3], weight [5×5, in 4, out 8]",
    ],
    [
      () => sameTransposedGeometry([64, 4, 4, 512], [5, 5, 128, 256], 2),
      "convTranspose2d: x has 512 channels, weight takes 256: x [N 64, H 4, W 4, C 512], weight [5×5, out 128, in 256]",
    ],
    [
      () => sameTransposedGeometry([1, 4, 4, 2], [5, 5, 3, 2], 2, [9, 8]),
      "convTranspose2d: output 9×8 with stride 2 needs x of 5×4: x [N 1, H 4, W 4, C 2]",
    ],
    [
      () => paddedGeometry([1, 3, 8, 2], [5, 5, 2, 4], 1, 0),
      "conv2d: kernel 5 exceeds x padded by 0: x [N 1, H 3, W 8, C 2], weight [5×5, in 2, out 4]",
    ],
    [
      () => paddedTransposedGeometry([1, 1, 1, 2], [2, 2, 3, 2], 2, 1),
      "convTranspose2d: padding 1 leaves no output: x [N 1, H 1, W 1, C 2], weight [2×2, out 3, in 2]",
    ],
    [() => sameGeometry([1, 8, 8, 3], [5, 3, 3, 4], 2), "conv2d: weight is 5×3, kernels are square"],
    [() => sameGeometry([1, 0, 8, 3], [5, 5, 3, 4], 2), "conv2d: height is 0, not a positive integer"],
    [() => sameGeometry([1, 8, 8, 3], [5, 5, 3, 4], 1.5), "conv2d: stride is 1.5, not a positive integer"],
    [() => paddedGeometry([1, 8, 8, 3], [5, 5, 3, 4], 1, -1), "conv2d: padding is -1, not an integer ≥ 0"],
  ])("%#", (make, message) => {
    expect(make).toThrow(new RangeError(message));
  });
});
