/** WebGPU in a page or a worker. */
import { type Device, openDevice } from "./device.js";

/** Opens a device on the browser's adapter. Throws `NoAdapterError`. */
export function openBrowserDevice(): Promise<Device> {
  return openDevice(navigator.gpu);
}
