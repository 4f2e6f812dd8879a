/** The ways in which products can be computed: what each needs of a device, and what kernels it takes. */
import type { AdapterDescription } from "@kintsugi/gpu";
import type { DeviceClass } from "./tiles.js";

/**
 * `f32`: everything in float32, the reference. `f16`: the operands of products are stored as float16 and their sums are
 * float32; weights, moments, statistics and losses stay float32.
 */
export const PRECISIONS = ["f32", "f16"] as const;
export type Precision = (typeof PRECISIONS)[number];

/** WebGPU features that a device must be opened with. */
export const PRECISION_FEATURES: Readonly<Record<Precision, readonly string[]>> = {
  f32: [],
  f16: ["shader-f16"],
};

/** By what kernels are chosen on an adapter. */
export function deviceClass(adapter: AdapterDescription, precision: Precision = "f32"): DeviceClass {
  return precision === "f32" ? adapter : { ...adapter, operands: "f16" };
}
