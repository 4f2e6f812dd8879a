/** Opens the back end that a command runs on. The one place in Node that knows which back ends there are. */
import type { Backend } from "@kintsugi/autodiff";
import type { WebGpuBackend } from "@kintsugi/backend-webgpu";
import { NoAdapterError } from "@kintsugi/gpu";
import { CommandError, exitCodes } from "@kintsugi/terminal";
import { openGpu } from "./gpu.js";
import type { BackendOptions, DeviceChoice } from "./options.js";

export { openGpu } from "./gpu.js";
export {
  BACKEND_OPTIONS,
  type BackendOptions,
  DEVICES,
  type DeviceChoice,
  KERNEL_OPTIONS,
} from "./options.js";
export { type PrecisionFinding, probePrecisions } from "./probe.js";

/**
 * Opens a back end.
 *
 * @param wanted a device, or all options; `auto` by default
 * @param onNote called with one line when `auto` has chosen something else than a GPU
 *
 * @throws NoAdapterError for `gpu` where there is no WebGPU adapter at all
 * @throws UnsupportedError where the adapter lacks what the precision needs
 * @throws SelfTestError where it computes wrongly in that precision
 */
export async function openBackend(
  wanted: DeviceChoice | BackendOptions = "auto",
  onNote: (line: string) => void = () => {},
): Promise<Backend> {
  const options = typeof wanted === "string" ? { device: wanted } : wanted;
  const { device = "auto", precision = "f32", cores } = options;
  const needsGpu = precision !== "f32" ? `--precision ${precision}` : cores !== undefined ? "--cores" : undefined;
  if (device === "cpu" && needsGpu) {
    throw new CommandError(`${needsGpu} is for GPUs: leave it out, or --device cpu`, exitCodes.usage);
  }
  if (device === "gpu" || needsGpu) return openGpu(options);
  if (device === "cpu") return openCpu();
  const gpu = await openIfAny();
  if (gpu && !gpu.device.adapter.software) return gpu;
  gpu?.destroy();
  const backend = await openCpu();
  const found = gpu ? `only a software adapter (${gpu.device.adapter.description})` : "no GPU";
  onNote(`${found}: running on the CPU with ${backend.description.replace(/^CPU: /, "")}`);
  return backend;
}

async function openIfAny(): Promise<WebGpuBackend | undefined> {
  try {
    return await openGpu();
  } catch (error) {
    if (error instanceof NoAdapterError) return undefined;
    throw error;
  }
}

/** The runtime is some 50 MB of machine code: it is loaded only when it is asked for. */
async function openCpu(): Promise<Backend> {
  const { openNodeBackend } = await import("@kintsugi/onnx/node");
  return openNodeBackend();
}
