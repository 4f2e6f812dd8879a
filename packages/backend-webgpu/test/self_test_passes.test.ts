import { openNodeDevice } from "@kintsugi/gpu/node";
import { usableCores } from "@kintsugi/kernels";
import { expect, test } from "vitest";
import { ALLOWED_ERROR, deviceClass, PRECISION_FEATURES, selfTest, worstOf } from "../src/index.js";

test("the self-test passes here, in both precisions, with errors far below what it allows", async () => {
  const device = await openNodeDevice([], PRECISION_FEATURES.f16);
  for (const precision of ["f32", "f16"] as const) {
    const checks = await selfTest(device, deviceClass(device.adapter, precision));
    const usable: readonly string[] = usableCores(device.adapter);
    const byTaps = usable.includes("lanes_32x32") ? 3 : 0;
    expect(new Set(checks.map(({ product }) => product)).size).toBe(5 + byTaps);
    expect(checks.every(({ core }) => usable.includes(core))).toBe(true);
    expect(worstOf(checks).error).toBeLessThan(ALLOWED_ERROR / 8);
  }
  device.destroy();
});
