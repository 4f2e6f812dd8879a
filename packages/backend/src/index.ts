/** Opens the back end that a command runs on. The one place in Node that knows which back ends there are. */
import { readFile } from "node:fs/promises";
import type { Backend } from "@kintsugi/autodiff";
import { WebGpuBackend } from "@kintsugi/autodiff/webgpu";
import { type Device, NoAdapterError } from "@kintsugi/gpu";
import { openNodeDevice } from "@kintsugi/gpu/node";
import { parseCoreFile } from "@kintsugi/kernels";

/** What a user may ask for. */
export const DEVICES = ["auto", "gpu", "cpu"] as const;

/**
 * `gpu`: WebGPU, be it on a software adapter. `cpu`: ONNX Runtime. `auto`: WebGPU where there is a real GPU, else ONNX
 * Runtime, which is several times faster than a software adapter.
 */
export type DeviceChoice = (typeof DEVICES)[number];

/**
 * Opens a back end.
 *
 * @param onNote called with one line when `auto` has chosen something else than a GPU
 * The file that KINTSUGI_CORES names, written by `npm run tune`, chooses the kernels on WebGPU.
 *
 * @throws NoAdapterError for `gpu` where there is no WebGPU adapter at all
 */
export async function openBackend(
  choice: DeviceChoice = "auto",
  onNote: (line: string) => void = () => {},
): Promise<Backend> {
  if (choice === "gpu") return onGpu(await openNodeDevice());
  if (choice === "cpu") return openCpu();
  const device = await openIfAny();
  if (device && !device.adapter.software) return onGpu(device);
  device?.destroy();
  const backend = await openCpu();
  const found = device ? `only a software adapter (${device.adapter.description})` : "no GPU";
  onNote(`${found}: running on the CPU with ${backend.description.replace(/^CPU: /, "")}`);
  return backend;
}

/** With the table of cores that the environment names, if it names one. */
async function onGpu(device: Device): Promise<Backend> {
  const path = process.env.KINTSUGI_CORES;
  if (!path) return new WebGpuBackend(device);
  try {
    return new WebGpuBackend(device, {
      cores: parseCoreFile(path, await readFile(path, "utf8"), device.adapter.description),
    });
  } catch (error) {
    device.destroy();
    throw error;
  }
}

async function openIfAny(): Promise<Device | undefined> {
  try {
    return await openNodeDevice();
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
