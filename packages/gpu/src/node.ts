/** WebGPU in Node: the only file that imports Dawn. */
import { create } from "webgpu";
import { Device, describeAdapter, openDevice } from "./device.js";

// Dawn's instance must outlive every device: were it collected, the process would die at the next call.
const instances: GPU[] = [];

/**
 * Opens a device on Dawn. Throws `NoAdapterError`.
 *
 * @param needs features that the device must have. Throws `UnsupportedError` where the adapter lacks one.
 */
export function openNodeDevice(toggles: readonly string[] = [], needs: readonly string[] = []): Promise<Device> {
  const gpu = create([...toggles, ...togglesFor(needs)]);
  instances.push(gpu);
  return openDevice(gpu, needs);
}

/** What Dawn hides unless it is told to show it: experiments, and float16 on NVIDIA, where some drivers crashed. */
function togglesFor(needs: readonly string[]): string[] {
  const shown = [
    ...(needs.some((feature) => feature.startsWith("chromium-experimental-")) ? ["allow_unsafe_apis"] : []),
    ...(needs.includes("shader-f16") ? ["vulkan_enable_f16_on_nvidia"] : []),
  ];
  return shown.length > 0 ? [`enable-dawn-features=${shown.join(",")}`] : [];
}

export { Device, describeAdapter };
