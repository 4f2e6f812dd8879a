/** The CPU back end in a page: ONNX Runtime as WebAssembly, on one thread. Asks no host but the one it is told. */
import { OnnxBackend } from "./backend.js";
import { Model } from "./model.js";
import type { Runtime } from "./runtime.js";

export interface WebBackendOptions {
  /** Address of `ort-wasm-simd-threaded.wasm`; without one the runtime looks beside itself. */
  readonly wasm?: string;
}

/** The runtime's script is loaded when this is called. Throws where the page may not or cannot run WebAssembly. */
export async function openWebBackend({ wasm }: WebBackendOptions = {}): Promise<OnnxBackend> {
  const runtime = await import("onnxruntime-web/wasm");
  const { env } = runtime;
  // More threads would be workers made from a blob, which a strict policy refuses, in a page isolated from others.
  env.wasm.numThreads = 1;
  if (wasm !== undefined) env.wasm.wasmPaths = { wasm };
  await tryOut(runtime);
  const [major, minor] = (env.versions.web ?? env.versions.common).split(".");
  return new OnnxBackend(runtime, { description: `CPU: ONNX Runtime ${major}.${minor} (WebAssembly)`, threads: 1 });
}

/** The runtime loads its WebAssembly with the first session: a failure is to come now, and not when there is work. */
async function tryOut({ InferenceSession }: Runtime): Promise<void> {
  const model = new Model("probe");
  model.output(model.input("x", [1]), "y", [1]);
  await (await InferenceSession.create(model.encode())).release();
}
