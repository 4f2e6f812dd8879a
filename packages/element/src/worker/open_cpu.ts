/** Opens the CPU back end, whose code is loaded only then: from the sources, where a bundler finds the files. */
import type { Backend } from "@kintsugi/autodiff";

export async function openCpu(): Promise<Backend> {
  const { openWebBackend } = await import("@kintsugi/onnx/web");
  return openWebBackend();
}
