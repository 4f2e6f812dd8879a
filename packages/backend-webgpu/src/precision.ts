/** The ways in which products can be computed: what each needs of a device, and what kernels it takes. */
import { type AdapterDescription, type Device, nameOf, UnsupportedError } from "@kintsugi/gpu";
import type { DeviceClass } from "@kintsugi/kernels";

/**
 * `f32`: everything in float32, the reference. `f16`: the operands of products are stored as float16 and their sums are
 * float32; weights, moments, statistics and losses stay float32. `subgroup-matrix`: the same, and the GPU's matrix units
 * (tensor cores) multiply. That one is Dawn's experiment, and its kernels have not run on hardware yet: no adapter at hand
 * has such units. They are accepted by Dawn, right with the unit emulated, and used only where the self-test passes.
 */
export const PRECISIONS = ["f32", "f16", "subgroup-matrix"] as const;
export type Precision = (typeof PRECISIONS)[number];

/** WebGPU features that a device must be opened with. */
export const PRECISION_FEATURES: Readonly<Record<Precision, readonly string[]>> = {
  f32: [],
  f16: ["shader-f16"],
  "subgroup-matrix": ["shader-f16", "subgroups", "chromium-experimental-subgroup-matrix"],
};

/** By what kernels are chosen on an adapter. */
export function deviceClass(adapter: AdapterDescription, precision: Precision = "f32"): DeviceClass {
  if (precision === "f32") return adapter;
  return { ...adapter, operands: "f16", matrix: precision === "subgroup-matrix" };
}

/** Throws `UnsupportedError` where a device was not opened for a precision, or its adapter does not offer it. */
export function expectOpened({ handle, adapter }: Device, precision: Precision): void {
  const missing = PRECISION_FEATURES[precision].find((feature) => !handle.features.has(feature));
  if (missing) throw new UnsupportedError(`precision ${precision} needs a device that was opened with ${missing}`);
  expectOffered(adapter, precision);
}

/** Throws `UnsupportedError` where an adapter has the features that a precision needs, and yet not what its kernels need. */
export function expectOffered(adapter: AdapterDescription, precision: Precision): void {
  if (precision !== "subgroup-matrix") return;
  const fits = adapter.matrices.some(
    ({ componentType, resultComponentType, M, N, K }) =>
      componentType === "f16" && resultComponentType === "f32" && [M, N, K].every((side) => side === 16),
  );
  const name = nameOf(adapter);
  if (!fits) throw new UnsupportedError(`${name} multiplies no matrices of 16×16 float16 numbers with float32 sums`);
  const { subgroupSize, largestSubgroup } = adapter;
  if (subgroupSize !== 32 || largestSubgroup !== 32) {
    throw new UnsupportedError(
      `${name} has subgroups of ${subgroupSize} to ${largestSubgroup} invocations, and 32 are needed`,
    );
  }
}
