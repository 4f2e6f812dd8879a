import {
  type ConvGeometry,
  coarseShape,
  fineShape,
  paddedGeometry,
  sameGeometry,
  sameTransposedGeometry,
  weightShape,
} from "@kintsugi/geometry";
import { conv2d as conv2dShaders, convTranspose2d as convTranspose2dShaders } from "@kintsugi/shaders";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import * as twin from "../reference/conv.js";
import { conv2d, conv2dGradWeight, conv2dGradWeightScratch, convFlops, convTranspose2d } from "../src/conv.js";
import type { Core, DeviceClass } from "../src/tiles.js";
import "./close.js";
import { Harness, random } from "./harness.js";
import { inBounds } from "./rounding.js";

// The control is a small DCGAN layer; every other case differs from it in one thing.
const CASES: Readonly<Record<string, ConvGeometry>> = {
  "5×5 stride 2, 8→16 channels, 8×8, batch 2": sameGeometry([2, 8, 8, 8], [5, 5, 8, 16], 2),
  "batch 1": sameGeometry([1, 8, 8, 8], [5, 5, 8, 16], 2),
  "batch 7": sameGeometry([7, 8, 8, 8], [5, 5, 8, 16], 2),
  "batch 33 of 2×2": sameGeometry([33, 2, 2, 8], [5, 5, 8, 16], 2),
  "batch 128 of 1×1": sameGeometry([128, 1, 1, 8], [5, 5, 8, 16], 2),
  "batch 4, odd sides, 12 and 36 channels": sameGeometry([4, 9, 7, 12], [5, 5, 12, 36], 2),
  "batch 8, 64 and 64 channels": sameGeometry([8, 4, 4, 64], [5, 5, 64, 64], 2),
  "odd sides": sameGeometry([2, 9, 7, 8], [5, 5, 8, 16], 2),
  "a transposed layer with an odd output": sameTransposedGeometry([2, 4, 3, 16], [5, 5, 8, 16], 2, [7, 5]),
  "one pixel": sameGeometry([2, 1, 1, 8], [5, 5, 8, 16], 2),
  "stride 1": sameGeometry([2, 6, 6, 8], [5, 5, 8, 16], 1),
  "stride 3": sameGeometry([2, 10, 8, 8], [5, 5, 8, 16], 3),
  "3×3 stride 1": sameGeometry([2, 6, 6, 8], [3, 3, 8, 16], 1),
  "4×4 stride 2, padding 1": paddedGeometry([2, 8, 8, 8], [4, 4, 8, 16], 2, 1),
  "4×4 stride 1, no padding": paddedGeometry([2, 4, 4, 8], [4, 4, 8, 16], 1, 0),
  "1×1 stride 1": paddedGeometry([2, 5, 5, 8], [1, 1, 8, 16], 1, 0),
  "1×1 stride 2: three phases without a tap": paddedGeometry([2, 5, 5, 8], [1, 1, 8, 16], 2, 0),
  "a remainder of the fine image that no tap reaches": paddedGeometry([2, 8, 8, 8], [2, 2, 8, 16], 3, 0),
  "3 fine channels": sameGeometry([2, 8, 8, 3], [5, 5, 3, 16], 2),
  "3 fine channels, width 16": sameGeometry([1, 16, 16, 3], [5, 5, 3, 64], 2),
  "1 fine channel": sameGeometry([2, 8, 8, 1], [5, 5, 1, 16], 2),
  "1 coarse channel": sameGeometry([2, 8, 8, 8], [5, 5, 8, 1], 2),
  "5 and 7 channels": sameGeometry([2, 8, 8, 5], [5, 5, 5, 7], 2),
  "20 and 33 channels": sameGeometry([1, 6, 6, 20], [3, 3, 20, 33], 2),
  "33 and 20 channels": sameGeometry([1, 6, 6, 33], [3, 3, 33, 20], 2),
  "12 and 4 channels": sameGeometry([2, 8, 8, 12], [5, 5, 12, 4], 2),
  "64 and 68 channels": sameGeometry([1, 4, 4, 64], [3, 3, 64, 68], 2),
  "more pixels than one tile": sameGeometry([3, 20, 12, 4], [3, 3, 4, 8], 1),
  "whole tiles of weights": sameGeometry([1, 4, 4, 64], [3, 3, 64, 64], 1),
};

// Compiling a kernel for each size takes most of the time here. So every case runs on the core that software adapters take,
// and the cores that differ only in how they share out the work run the control and what strains that.
const FEW = ["odd sides", "3 fine channels", "20 and 33 channels"];
const CORES: Readonly<Record<Core, readonly string[]>> = {
  lanes_32x32: Object.keys(CASES),
  lanes_64x16: [...FEW, "whole tiles of weights"],
  lanes_64x12: ["odd sides", "3 fine channels"],
  lanes_32x4: FEW,
  quads_32x16: FEW,
  direct: FEW,
  "64x64": [...FEW, "64 and 68 channels", "whole tiles of weights"],
  "128x128": ["64 and 68 channels"],
};

/** Where a transposed convolution is computed in both ways, with its phases apart and together; elsewhere in the faster. */
const BOTH = [
  ...FEW,
  "a transposed layer with an odd output",
  "stride 3",
  "4×4 stride 2, padding 1",
  "1×1 stride 2: three phases without a tap",
  "a remainder of the fine image that no tap reaches",
];

const count = (shape: readonly number[]): number => shape.reduce((product, side) => product * side, 1);

let harness: Harness;
beforeAll(async () => {
  harness = await Harness.open();
});
afterEach(() => harness.free());
afterAll(() => harness.device.destroy());

for (const [name, cases] of Object.entries(CORES)) {
  describe(`core ${name}`, () => {
    const device = { software: !["64x64", "128x128"].includes(name), core: name as Core };
    test.each(cases.map((label) => [label, CASES[label]!] as const))("%s", async (label, g) => {
      const fine = random(count(fineShape(g)), 1);
      const coarse = random(count(coarseShape(g)), 2);
      const weight = random(count(weightShape(g)), 3);
      const views = {
        fine: harness.input(fine, "fine"),
        coarse: harness.input(coarse, "coarse"),
        weight: harness.input(weight, "weight"),
      };
      const y = harness.output(coarse.length, "conv2d");
      const x = harness.output(fine.length, "convTranspose2d");
      const dweight = harness.output(weight.length, "conv2dGradWeight");
      const scratch = harness.output(conv2dGradWeightScratch(device, g) / 4, "scratch");
      const dispatches = [
        ...conv2d(device, g, { x: views.fine, weight: views.weight, y: y.view }),
        ...convTranspose2d(device, g, { x: views.coarse, weight: views.weight, y: x.view }),
        ...conv2dGradWeight(device, g, { ...views, dweight: dweight.view, scratch: scratch.view }),
      ];
      const [dcoarse, dfine, dw] = await harness.run(dispatches, [y, x, dweight, scratch]);

      const depth = g.kernel ** 2 * g.fineChannels;
      const expected = twin.conv2d(g, fine, weight);
      expect(inBounds(dcoarse!, expected, twin.conv2d(g, fine.map(Math.abs), weight.map(Math.abs)), depth)).toBe("yes");
      const back = g.kernel ** 2 * g.coarseChannels;
      const adjoint = twin.convTranspose2d(g, coarse, weight);
      const magnitude = twin.convTranspose2d(g, coarse.map(Math.abs), weight.map(Math.abs));
      expect(inBounds(dfine!, adjoint, magnitude, back)).toBe("yes");
      const ways = name === "lanes_32x32" && BOTH.includes(label) ? (["apart", "together"] as const) : [];
      for (const phases of ways) {
        const both = convTranspose2d(device, g, { x: views.coarse, weight: views.weight, y: x.view }, { phases });
        const [other] = await harness.run(both, [x]);
        expect(inBounds(other!, adjoint, magnitude, back)).toBe("yes");
      }
      const pixels = g.batch * g.coarseHeight * g.coarseWidth;
      const gradient = twin.conv2dGradWeight(g, coarse, fine);
      expect(inBounds(dw!, gradient, twin.conv2dGradWeight(g, coarse.map(Math.abs), fine.map(Math.abs)), pixels)).toBe(
        "yes",
      );

      // One trilinear form: ⟨conv(x), y⟩ = ⟨x, convᵀ(y)⟩ = ⟨weight, gradient⟩, each from the GPU.
      const form = dot(dcoarse!, coarse);
      const scale = 1e-5 * dot(dcoarse!.map(Math.abs), coarse.map(Math.abs));
      expect([dot(dfine!, fine), dot(dw!, weight)]).toBeAllClose([form, form], { atol: scale });
    });

    test("bias and slope", async () => {
      const g = sameGeometry([2, 6, 6, 5], [5, 5, 5, 20], 2);
      const fine = random(count(fineShape(g)), 1);
      const coarse = random(count(coarseShape(g)), 2);
      const weight = random(count(weightShape(g)), 3);
      const bias = random(20, 4);
      const views = { weight: harness.input(weight), bias: harness.input(bias) };
      const y = harness.output(coarse.length, "conv2d");
      const x = harness.output(fine.length, "convTranspose2d");
      const dispatches = [
        ...conv2d(device, g, { ...views, x: harness.input(fine), y: y.view }, { slope: 0.2 }),
        ...convTranspose2d(device, g, { ...views, x: harness.input(coarse), y: x.view }, { slope: 0 }),
      ];
      const [dcoarse, dfine] = await harness.run(dispatches, [y, x]);
      const leaky = (slope: number, channels: number) => (value: number, i: number) => {
        const sum = value + bias[i % channels]!;
        return sum > 0 ? sum : slope * sum;
      };
      expect(dcoarse).toBeAllClose(twin.conv2d(g, fine, weight).map(leaky(0.2, 20)), { atol: 1e-5 });
      expect(dfine).toBeAllClose(twin.convTranspose2d(g, coarse, weight).map(leaky(0, 5)), { atol: 1e-5 });
    });
  });
}

test("going tap by tap gives the same bits", async () => {
  const device = { software: true, core: "lanes_32x32" } as const;
  const columns: unknown[] = [];
  for (const g of [sameGeometry([33, 9, 7, 8], [5, 5, 8, 36], 2), sameGeometry([3, 6, 6, 32], [5, 5, 32, 64], 2)]) {
    const fine = harness.input(random(count(fineShape(g)), 1));
    const coarse = harness.input(random(count(coarseShape(g)), 2));
    const weight = harness.input(random(count(weightShape(g)), 3));
    const y = harness.output(count(coarseShape(g)), "conv2d");
    const x = harness.output(count(fineShape(g)), "convTranspose2d");
    const dispatches = [
      ...conv2d(device, g, { x: fine, weight, y: y.view }, { slope: 0.2 }),
      ...convTranspose2d(device, g, { x: coarse, weight, y: x.view }, { phases: "apart" }),
    ];
    expect(dispatches.map(({ shader }) => shader.name)).toEqual([
      "conv2d_taps_lanes_32x32",
      "conv_transpose2d_taps_lanes_32x32",
    ]);
    const byTaps = await harness.run(dispatches, [y, x]);
    columns.push(...dispatches.map(({ constants }) => constants.BY_COLUMN));
    const shaders = [conv2dShaders.lanes_32x32, convTranspose2dShaders.lanes_32x32];
    const grids = [1, 4].map((layers) => [4, 64, layers] as const);
    const other = await harness.run(
      dispatches.map(({ constants: { BY_COLUMN: _, ...constants }, ...entry }, i) => ({
        ...entry,
        constants,
        shader: shaders[i]!,
        workgroups: grids[i]!,
      })),
      [y, x],
    );
    expect(byTaps).toEqual(other);
  }
  expect(columns).toEqual([0, 0, 1, 1]);
});

test("filter gradients go tap by tap where images and channels come in fours and the sum need not be cut", () => {
  const kernel = (device: DeviceClass, batch: number, fine: number, coarse: number) => {
    const view = harness.output(1).view;
    const g = sameGeometry([batch, 16, 16, fine], [5, 5, fine, coarse], 2);
    return conv2dGradWeight(device, g, { fine: view, coarse: view, dweight: view, scratch: view })[0]!.shader.name;
  };
  const software = { software: true, subgroupSize: 8 };
  expect(kernel(software, 16, 32, 64)).toBe("conv2d_grad_weight_taps_lanes_32x32");
  expect(kernel({ ...software, operands: "f16" }, 16, 32, 64)).toBe("conv2d_grad_weight_taps_lanes_32x32_f16");
  expect(kernel(software, 6, 32, 64)).toBe("conv2d_grad_weight_lanes_32x32");
  expect(kernel(software, 16, 33, 64)).toBe("conv2d_grad_weight_lanes_32x32");
  expect(kernel(software, 16, 4, 32)).toBe("conv2d_grad_weight_lanes_32x32");
  expect(kernel({ software: false }, 16, 32, 64)).toBe("conv2d_grad_weight_64x64");
});

test("the phases of few channels are columns of one product, on GPUs too", () => {
  const kernel = (device: DeviceClass, channels: number) => {
    const g = sameGeometry([8, 64, 64, channels], [5, 5, channels, 64], 2);
    const view = harness.output(1).view;
    return convTranspose2d(device, g, { x: view, weight: view, y: view })[0]!.shader.name;
  };
  const [software, gpu] = [{ software: true, subgroupSize: 8 }, { software: false }];
  expect(kernel(software, 3)).toBe("conv_transpose2d_phases_lanes_64x12");
  expect(kernel(gpu, 3)).toBe("conv_transpose2d_phases_64x64");
  expect(kernel(software, 64)).toBe("conv_transpose2d_taps_lanes_32x32");
  expect(kernel(gpu, 64)).toBe("conv_transpose2d_64x64");
});

test("useful arithmetic leaves the border out", () => {
  // 3×3 over 2×2 pixels, stride 1: each axis has 2·3 pairs of pixel and tap, of which 4 are inside.
  expect(convFlops(sameGeometry([1, 2, 2, 1], [3, 3, 1, 1], 1))).toBe(2 * 4 * 4);
});

function dot(a: Float32Array, b: Float32Array): number {
  return a.reduce((sum, value, i) => sum + value * b[i]!, 0);
}
