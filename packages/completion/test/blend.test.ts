/** Blending on the host against the direct solve of the goldens and the float64 twin, and on both back ends by a search. */
import { WebGpuBackend } from "@kintsugi/backend-webgpu";
import { openNodeDevice } from "@kintsugi/gpu/node";
import { openNodeBackend } from "@kintsugi/onnx/node";
import { describe, expect, it } from "vitest";
import "../../kernels/test/close.js";
import { poissonBlend as twin } from "../../kernels/reference/poisson.js";
import { goldens } from "../../kernels/test/goldens.js";
import { random } from "../../kernels/test/harness.js";
import {
  alphaBlend,
  type Blend,
  blend,
  createSearch,
  gradedBlend,
  type PictureShape,
  poissonBlend,
} from "../src/index.js";
import { CONFIG, golden, goldenMasks, IMAGES, loadGoldenModel } from "./golden.js";

const file = goldens("completion");

describe("Poisson blending", () => {
  it.each(["center", "border", "random80", "corner_column"])("golden %s", (name) => {
    const { shape } = file.tensor(`blend_${name}/y`);
    const [y, g, mask] = ["y", "g", "mask"].map((key) => Float32Array.from(file.values(`blend_${name}/${key}`)));
    const x = poissonBlend(y!, g!, mask!, shape as unknown as PictureShape);
    expect(x).toBeAllClose(file.values(`blend_${name}/x`), { atol: 1e-5 });
  });

  it("solves planes that are not square, at several sizes", () => {
    const shape = [75, 40, 2] as const;
    const [y, g] = [random(75 * 40 * 2, 1), random(75 * 40 * 2, 2)];
    const mask = Float32Array.from({ length: 75 * 40 }, (_, p) => (p % 40 < 12 && p > 400 ? 0 : 1));
    expect(poissonBlend(y, g, mask, shape)).toBeAllClose(twin(y, g, mask, shape, { tolerance: 1e-9 }), { atol: 1e-5 });
  });

  it("is g where nothing is known, and y where everything is", () => {
    const [y, g] = [random(48, 1), random(48, 2)];
    expect(poissonBlend(y, g, new Float32Array(16), [4, 4, 3])).toEqual(g);
    expect(poissonBlend(y, g, new Float32Array(16).fill(1), [4, 4, 3])).toEqual(y);
  });
});

describe("graded blending", () => {
  it("is the smooth fill beside known pixels, and Poisson's picture far from them", () => {
    const shape = [24, 24, 1] as const;
    const [y, g] = [random(576, 1), random(576, 2)];
    const mask = Float32Array.from({ length: 576 }, (_, p) => (p % 24 < 2 ? 1 : 0));
    const [smooth, poisson] = [poissonBlend(y, new Float32Array(576), mask, shape), poissonBlend(y, g, mask, shape)];
    const mixed = (at: number, share: number) => share * poisson[at]! + (1 - share) * smooth[at]!;
    const x = gradedBlend(y, g, mask, shape);
    expect(x[0]).toBe(y[0]);
    expect(x[2]).toBeCloseTo(mixed(2, 1 / (1 + 0.7 + 1.8 / 5)), 5);
    expect(x[23]).toBeCloseTo(mixed(23, 22 / (22 + 0.7 + 1.8 / 22)), 5);
    expect(gradedBlend(y, g, mask, shape, 3)[4]).toBeCloseTo(mixed(4, 1 / (1 + 0.7 + 1.8 / 5)), 5);
    expect(gradedBlend(y, g, new Float32Array(576), shape)).toEqual(g);
  });
});

it("lets the smooth fill lead where holes are thin", () => {
  const shape = [9, 9, 1] as const;
  const [y, g] = [random(81, 1), random(81, 2)];
  const mask = Float32Array.from({ length: 81 }, (_, p) => (p === 40 ? 0 : 1));
  const [smooth, poisson] = [poissonBlend(y, new Float32Array(81), mask, shape), poissonBlend(y, g, mask, shape)];
  const share = 1 / (1 + 0.7 + 1.8);
  expect(gradedBlend(y, g, mask, shape)[40]).toBeCloseTo(share * poisson[40]! + (1 - share) * smooth[40]!, 5);
});

describe("alpha blending", () => {
  it("meets the known colour at the edge and is g far inside", () => {
    const [size, reach] = [16, 3];
    const y = new Float32Array(size * size).fill(0.5);
    const g = new Float32Array(size * size).fill(-0.5);
    const mask = Float32Array.from(y, (_, p) => (p % size < 4 ? 1 : 0));
    const x = alphaBlend(y, g, mask, [size, size, 1], reach);
    expect([...x.subarray(0, 9)]).toEqual([0.5, 0.5, 0.5, 0.5, 0.25, 0, -0.25, -0.5, -0.5]);
    expect(alphaBlend(y, g, new Float32Array(size * size), [size, size, 1])).toEqual(g);
  });
});

describe.each([
  ["WebGPU", async () => new WebGpuBackend(await openNodeDevice())],
  ["the CPU", openNodeBackend],
] as const)("on %s", (_, open) => {
  it.each<Blend>(["graded", "poisson", "alpha", "none"])(
    "a search blends by %s and touches nothing known",
    async (kind) => {
      const backend = await open();
      const search = await createSearch(backend, loadGoldenModel(backend), { batch: IMAGES + 1, blend: kind });
      const [images, masks] = [golden("images"), goldenMasks("random")];
      search.start({ images, masks, z: golden("z0") });
      const { hats, completed, blended } = await search.evaluate();
      expect(blended).toBeAllClose(blend(kind, images, hats, masks), { atol: 1e-4 });
      images.forEach((value, at) => {
        const pixel = Math.floor(at / CONFIG.channels);
        if (masks[Math.floor(pixel / 256)]!.pixels[pixel % 256] === 1 && blended[at] !== value) {
          throw new Error(`known value ${at} is ${blended[at]}`);
        }
      });
      expect(completed.every((value, at) => value === blended[at])).toBe(kind === "none");
      search.destroy();
      backend.destroy();
    },
  );
});
