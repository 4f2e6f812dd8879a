/** WebGPU in Node: the only file that imports Dawn. */
import { create } from "webgpu";
import { Device, describeAdapter, openDevice } from "./device.js";

// Dawn's instance must outlive every device: were it collected, the process would die at the next call.
const instances: GPU[] = [];

/** Opens a device on Dawn. Throws `NoAdapterError`. */
export function openNodeDevice(toggles: readonly string[] = []): Promise<Device> {
  const gpu = create([...toggles]);
  instances.push(gpu);
  return openDevice(gpu);
}

export { Device, describeAdapter };
