/** The cases of the first back end on the second: values and gradients of every op against the float64 twins. */
import { afterAll, beforeAll } from "vitest";
import { describeDerivatives } from "../../backend-webgpu/test/vjp_cases.js";
import type { OnnxBackend } from "../src/index.js";
import { openNodeBackend } from "../src/node.js";

let backend: OnnxBackend;
beforeAll(async () => {
  backend = await openNodeBackend();
});
afterAll(() => backend.destroy());

describeDerivatives(() => backend);
