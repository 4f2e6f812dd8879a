/** Opens the back end that a command runs on. The one place in Node that knows which back ends there are. */
import type { Backend } from "@kintsugi/autodiff";
import { WebGpuBackend } from "@kintsugi/autodiff/webgpu";
import { openNodeDevice } from "@kintsugi/gpu/node";

/** Throws `NoAdapterError` where there is no WebGPU adapter. */
export async function openBackend(): Promise<Backend> {
  return new WebGpuBackend(await openNodeDevice());
}
