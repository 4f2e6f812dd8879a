/** WebGPU in a page or a worker. */
import { type Device, openDevice } from "./device.js";

/** Opens a device on the browser's adapter. Throws `NoAdapterError`, and `UnsupportedError` where it lacks what is needed. */
export function openBrowserDevice(needs: readonly string[] = []): Promise<Device> {
  return openDevice(navigator.gpu, needs);
}
