/** The CPU back end in Node. The runtime's library is loaded when this is called, and not before. */
import { availableParallelism } from "node:os";
import { OnnxBackend } from "./backend.js";

export async function openNodeBackend(threads = availableParallelism()): Promise<OnnxBackend> {
  const { default: runtime } = await import("onnxruntime-node");
  const [major, minor] = runtime.env.versions.common.split(".");
  const description = `CPU: ONNX Runtime ${major}.${minor} (${threads} ${threads === 1 ? "thread" : "threads"})`;
  return new OnnxBackend(runtime, { description, threads });
}
