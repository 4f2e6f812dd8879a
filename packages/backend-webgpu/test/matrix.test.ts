/**
 * The core for matrix units, as far as it can be tested without one: Dawn accepts it, all of it but the four functions of
 * the unit itself multiplies rightly, and what an adapter says, and the self-test, keep it from where it does not belong.
 */
import { readFileSync } from "node:fs";
import type { AdapterDescription, Device } from "@kintsugi/gpu";
import { openNodeDevice } from "@kintsugi/gpu/node";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { chooseVariant, type DeviceClass } from "../../kernels/src/tiles.js";
import {
  ALLOWED_ERROR,
  deviceClass,
  expectOffered,
  expectPassed,
  PRECISION_FEATURES,
  SelfTestError,
  selfTest,
  worstOf,
} from "../src/index.js";

/** What becomes of the text of the core before it is compiled. */
const unit = vi.hoisted(() => ({ edit: (code: string) => code }));

vi.mock("@kintsugi/shaders", async (original) => {
  const actual = await original<typeof import("@kintsugi/shaders")>();
  const edited = (["conv2d", "convTranspose2d", "convTranspose2dPhases", "conv2dGradWeight", "matmul"] as const).map(
    (name) => {
      const shader = actual[name].matrix_16x16x16;
      const code = { enumerable: true, get: () => unit.edit(shader.code) };
      return [name, { ...actual[name], matrix_16x16x16: Object.defineProperty({ ...shader }, "code", code) }];
    },
  );
  return { ...actual, ...Object.fromEntries(edited) };
});

const read = (path: string) => readFileSync(new URL(path, import.meta.url), "utf8");
const real = read("../../../shaders/shared/matrix_unit_16x16x16.wgsl")
  .replace(/^enable .*;\n/gm, "")
  .trim();
const BUILTINS = /\s*@builtin\(subgroup_id\) subgroup: u32,\s*@builtin\(subgroup_invocation_id\) lane: u32,\s*\) \{/;

/** The core with invocations of the workgroup in the unit's place. */
function emulated(code: string): string {
  if (!code.includes(real) || !BUILTINS.test(code)) throw new Error("the core is not what this test emulates");
  return code
    .replace(real, read("matrix_unit_emulated.wgsl"))
    .replace("enable chromium_experimental_subgroup_matrix;\n", "")
    .replace(BUILTINS, ") { let subgroup = local / 32u; let lane = local % 32u; lane_of_32 = lane;");
}

const kind: DeviceClass = { software: true, operands: "f16", matrix: true };

let device: Device;
afterEach(() => device.destroy());

describe("on an adapter without matrix units, emulated", () => {
  beforeEach(async () => {
    device = await openNodeDevice([], ["shader-f16"]);
  });

  test("all products pass the self-test", async () => {
    unit.edit = emulated;
    const checks = await selfTest(device, kind);
    expect(checks.map(({ core }) => core)).toEqual(new Array(5).fill("matrix_16x16x16"));
    expect(worstOf(checks).error).toBeLessThan(ALLOWED_ERROR);
  });

  test.each([
    [
      "rows and columns of a matrix exchanged",
      "tile_a[left + k * LINE + at / 16u]",
      "tile_a[left + at / 16u * LINE + k]",
    ],
    ["sums of float16", "next.sums[i] +=", "next.sums[i] = quantizeToF16(next.sums[i]); next.sums[i] +="],
  ])("%s do not", async (_, from, to) => {
    // In one of the products, for each takes seconds to compile.
    unit.edit = (code) => (code.includes("TRANSPOSE_A") ? emulated(code).replace(from, to) : emulated(code));
    const checks = await selfTest(device, kind);
    expect(() => expectPassed(device, "subgroup-matrix", checks)).toThrow(SelfTestError);
  });
});

describe("on Dawn's null adapter, which has every feature and computes nothing", () => {
  beforeEach(async () => {
    device = await openNodeDevice(["backend=null"], PRECISION_FEATURES["subgroup-matrix"]);
    unit.edit = (code) => code;
  });

  test("the core itself is accepted, and what has not been computed does not pass", async () => {
    const checks = await selfTest(device, kind);
    expect(worstOf(checks).error).toBeGreaterThan(ALLOWED_ERROR);
    expect(() => expectPassed(device, "subgroup-matrix", checks)).toThrow(/use precision f32$/);
  });
});

describe("what an adapter must offer", () => {
  const config = { componentType: "f16", resultComponentType: "f32", M: 16, N: 16, K: 16 };
  const adapter = (subgroupSize: number, ...matrices: AdapterDescription["matrices"]) =>
    ({ description: "GPU", software: false, subgroupSize, largestSubgroup: 32, matrices }) as AdapterDescription;

  beforeEach(async () => {
    device = await openNodeDevice();
  });

  test("matrices of 16×16 with float32 sums, and subgroups of 32", () => {
    const check = (described: AdapterDescription) => () => expectOffered(described, "subgroup-matrix");
    expect(check(adapter(32, config))).not.toThrow();
    expect(check(adapter(32, { ...config, resultComponentType: "f16" }))).toThrow(
      /^GPU multiplies no matrices of 16×16/,
    );
    expect(check(adapter(16, config))).toThrow("GPU has subgroups of 16 to 32 invocations, and 32 are needed");
    expect(check(device.adapter)).toThrow(/multiplies no matrices/);
    expect(() => expectOffered(device.adapter, "f16")).not.toThrow();
  });

  test("then every product of float16 operands takes the unit, and no other", () => {
    const matrix = deviceClass(adapter(32, config), "subgroup-matrix");
    expect(chooseVariant(matrix, 4096, 128)).toBe("matrix_16x16x16");
    expect(chooseVariant({ ...matrix, operands: "f32" }, 4096, 128)).toBe("64x64");
    expect(chooseVariant(deviceClass(adapter(32, config), "f16"), 4096, 128)).toBe("64x64_f16");
  });
});
