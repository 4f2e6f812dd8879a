export { OnnxBackend, type OnnxBackendOptions } from "./backend.js";
export type { Runtime } from "./runtime.js";
export { type End, type OnnxProgram, toOnnx } from "./to_onnx.js";
