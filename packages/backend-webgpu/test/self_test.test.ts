/** A device that multiplies wrongly in float16 must not compute anything in it. */

import * as ops from "@kintsugi/autodiff";
import { openNodeDevice } from "@kintsugi/gpu/node";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { SelfTestError, WebGpuBackend } from "../src/index.js";

/** What a broken driver or a broken kernel would do to one product. */
const breakage = vi.hoisted(() => ({ kernel: "", from: "", to: "" }));

vi.mock("../../../shaders/dist/index.js", async (original) => {
  const actual = await original<typeof import("../../../shaders/dist/index.js")>();
  const broken = (shaders: object) =>
    Object.fromEntries(
      Object.entries(shaders).map(([key, shader]) => [
        key,
        Object.defineProperty({ ...shader }, "code", {
          enumerable: true,
          get: () =>
            shader.name.startsWith(breakage.kernel) ? shader.code.replace(breakage.from, breakage.to) : shader.code,
        }),
      ]),
    );
  const { conv2d, conv2dTaps, convTranspose2d, convTranspose2dTaps, conv2dGradWeight, matmul } = actual;
  return {
    ...actual,
    ...Object.fromEntries(
      Object.entries({ conv2d, conv2dTaps, convTranspose2d, convTranspose2dTaps, conv2dGradWeight, matmul }).map(
        ([n, s]) => [n, broken(s)],
      ),
    ),
  };
});

const programs = () => {
  const [a, b] = [ops.input("a", [16, 16]), ops.input("b", [16, 16])];
  return { name: "product", outputs: { y: ops.matmul(a, b) } };
};

let healthy: WebGpuBackend;
beforeAll(async () => {
  healthy = new WebGpuBackend(await openNodeDevice([], ["shader-f16"]), { precision: "f16" });
});
afterAll(() => healthy.destroy());

test("a healthy one compiles", async () => {
  (await healthy.compile(programs())).destroy();
});

test.each([
  ["matmul", "a product that stays scaled", "sum * power(f32(-four(last_a()).x))", "sum"],
  ["conv2d_taps", "a tap that is passed over", "tap < taps(part)", "tap + 1u < taps(part)"],
  [
    "conv2d_grad_weight",
    "a missing line of the image",
    "v + rows.a < vec4u(FINE_HEIGHT)",
    "v + rows.a < vec4u(FINE_HEIGHT - 1u)",
  ],
  [
    "conv_transpose2d",
    "sums of 11 bits",
    "restored(sum[2])",
    "bitcast<vec4f>(bitcast<vec4u>(restored(sum[2])) & vec4u(0xffffe000u))",
  ],
])("%s with %s ends in one line", async (kernel, _, from, to) => {
  Object.assign(breakage, { kernel, from, to });
  const backend = new WebGpuBackend(await openNodeDevice([], ["shader-f16"]), { precision: "f16" });
  try {
    await expect(backend.compile(programs())).rejects.toThrow(SelfTestError);
    await expect(backend.compile(programs())).rejects.toThrow(
      new RegExp(`wrong products in precision f16 \\(${kernel}\\w* by .* is allowed\\): use precision f32$`),
    );
  } finally {
    backend.destroy();
  }
});
