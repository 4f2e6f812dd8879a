/** The WebGPU back end: programs become plans of kernels, in the precisions that the device has proven. */
export * from "./backend.js";
export * from "./core_file.js";
export { Plan } from "./plan/plan.js";
export * from "./precision.js";
export { ALLOWED_ERROR, expectPassed, type SelfCheck, SelfTestError, selfTest, worstOf } from "./self_test.js";
