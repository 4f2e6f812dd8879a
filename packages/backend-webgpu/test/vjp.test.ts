/** Backward is the derivative of forward: GPU gradients against central differences of the float64 twins. */
import { afterAll, beforeAll } from "vitest";
import type { WebGpuBackend } from "../src/index.js";
import { openBackend } from "./bench.js";
import { describeDerivatives } from "./vjp_cases.js";

let backend: WebGpuBackend;
beforeAll(async () => {
  backend = await openBackend();
});
afterAll(() => backend.destroy());

describeDerivatives(() => backend);
