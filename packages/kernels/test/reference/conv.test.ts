import {
  type ConvGeometry,
  type ConvWeightShape,
  coarseShape,
  fineShape,
  type ImageShape,
  paddedGeometry,
  paddedTransposedGeometry,
  sameGeometry,
  sameTransposedGeometry,
  weightShape,
} from "@kintsugi/geometry";
import { describe, expect, it } from "vitest";
import { conv2d, conv2dGradWeight, convTranspose2d } from "../../reference/conv.js";
import "../close.js";
import { dot } from "../finite_differences.js";
import { fullGoldens, type Goldens, goldens, hasFullGoldens } from "../goldens.js";
import { SUMMED } from "./tolerance.js";

interface ConvCase {
  readonly stride: number;
  readonly out_hw: readonly [number, number];
  readonly pad_tblr: readonly [number, number, number, number];
}

const WEIGHT_LABELS = ["a", "b", "q", "p"];

/** The golden's geometry by way of our constructors, so that their padding and sizes are under test as well. */
function geometryOf(file: Goldens, name: string, transposed: boolean): ConvGeometry {
  const { stride, out_hw, pad_tblr } = file.config<ConvCase>(name);
  const x = file.tensor(`${name}/x`).shape as unknown as ImageShape;
  const weight = file.tensor(`${name}/w`).shape as unknown as ConvWeightShape;
  const explicit = name.startsWith("k4");
  const g = transposed
    ? explicit
      ? paddedTransposedGeometry(x, weight, stride, pad_tblr[0])
      : sameTransposedGeometry(x, weight, stride, out_hw)
    : explicit
      ? paddedGeometry(x, weight, stride, pad_tblr[0])
      : sameGeometry(x, weight, stride);
  const [, height, width] = transposed ? fineShape(g) : coarseShape(g);
  expect([height, width, g.padTop, g.padLeft]).toEqual([...out_hw, pad_tblr[0], pad_tblr[2]]);
  return g;
}

function checkConv(file: Goldens): void {
  it.each(file.cases)("conv2d and its two derivatives, %s", (name) => {
    const g = geometryOf(file, name, false);
    const [x, w, dy] = ["x", "w", "dy"].map((key) => file.values(`${name}/${key}`)) as [
      Float32Array,
      Float32Array,
      Float32Array,
    ];
    expect(conv2d(g, x, w)).toBeAllClose(file.values(`${name}/y`), { ...SUMMED, shape: coarseShape(g) });
    expect(convTranspose2d(g, dy, w)).toBeAllClose(file.values(`${name}/dx`), { ...SUMMED, shape: fineShape(g) });
    expect(conv2dGradWeight(g, dy, x)).toBeAllClose(file.values(`${name}/dw`), {
      ...SUMMED,
      shape: weightShape(g),
      labels: WEIGHT_LABELS,
    });
  });
}

function checkConvTranspose(file: Goldens): void {
  it.each(file.cases)("convTranspose2d and its two derivatives, %s", (name) => {
    const g = geometryOf(file, name, true);
    const [x, w, dy] = ["x", "w", "dy"].map((key) => file.values(`${name}/${key}`)) as [
      Float32Array,
      Float32Array,
      Float32Array,
    ];
    expect(convTranspose2d(g, x, w)).toBeAllClose(file.values(`${name}/y`), { ...SUMMED, shape: fineShape(g) });
    expect(conv2d(g, dy, w)).toBeAllClose(file.values(`${name}/dx`), { ...SUMMED, shape: coarseShape(g) });
    expect(conv2dGradWeight(g, x, dy)).toBeAllClose(file.values(`${name}/dw`), {
      ...SUMMED,
      shape: weightShape(g),
      labels: WEIGHT_LABELS,
    });
  });
}

describe("twins = goldens", () => {
  checkConv(goldens("conv2d"));
  checkConvTranspose(goldens("conv_transpose2d"));
});

describe.skipIf(!hasFullGoldens("conv2d"))("twins = the full conv2d goldens", () => {
  if (hasFullGoldens("conv2d")) checkConv(fullGoldens("conv2d"));
  else it("needs the full golden files", () => {});
});

describe.skipIf(!hasFullGoldens("conv_transpose2d"))("twins = the full conv_transpose2d goldens", () => {
  if (hasFullGoldens("conv_transpose2d")) checkConvTranspose(fullGoldens("conv_transpose2d"));
  else it("needs the full golden files", () => {});
});

describe("one trilinear form", () => {
  const wave = (length: number, seed: number) => Float64Array.from({ length }, (_, at) => Math.sin(seed + 1.7 * at));
  const count = (shape: readonly number[]) => shape.reduce((product, side) => product * side, 1);

  it.each<[string, ConvGeometry]>([
    ["k5 s2 SAME", sameGeometry([2, 8, 6, 3], [5, 5, 3, 4], 2)],
    ["k5 s2 SAME, odd sides", sameGeometry([2, 7, 5, 3], [5, 5, 3, 2], 2)],
    ["k5 s2 SAME, transposed to odd sides", sameTransposedGeometry([1, 4, 3, 2], [5, 5, 3, 2], 2, [7, 5])],
    ["k3 s1 SAME", sameGeometry([1, 4, 5, 2], [3, 3, 2, 3], 1)],
    ["k4 s2 p1, a row and a column left over", paddedGeometry([2, 7, 9, 3], [4, 4, 3, 2], 2, 1)],
    ["k4 s1 p0, transposed from 1×1", paddedTransposedGeometry([3, 1, 1, 5], [4, 4, 2, 5], 1, 0)],
    ["k2 s3 p0, the stride exceeds the kernel", paddedGeometry([1, 8, 8, 2], [2, 2, 2, 2], 3, 0)],
    ["k1 s1", sameGeometry([2, 3, 3, 4], [1, 1, 4, 5], 1)],
  ])("⟨conv(fine), coarse⟩ = ⟨fine, convT(coarse)⟩ = ⟨weight, gradWeight⟩: %s", (_, g) => {
    const coarse = wave(count(coarseShape(g)), 1);
    const fine = wave(count(fineShape(g)), 2);
    const weight = wave(count(weightShape(g)), 3);
    const form = dot(conv2d(g, fine, weight), coarse);
    expect(Math.abs(form)).toBeGreaterThan(1e-3);
    // The same products in three orders: float64 rounding of some thousand terms.
    expect([
      dot(fine, convTranspose2d(g, coarse, weight)),
      dot(weight, conv2dGradWeight(g, coarse, fine)),
    ]).toBeAllClose([form, form], { rtol: 1e-11 });
  });
});
