/** WebGPU in Node with its options: the precision, proven before it is used, and the table of cores. */
import { readFile } from "node:fs/promises";
import { PRECISION_FEATURES, type Precision, parseCoreFile, WebGpuBackend } from "@kintsugi/backend-webgpu";
import { UnsupportedError } from "@kintsugi/gpu";
import { openNodeDevice } from "@kintsugi/gpu/node";
import type { CoreTable } from "@kintsugi/kernels";
import { CommandError, exitCodes } from "@kintsugi/terminal";
import type { BackendOptions } from "./options.js";

/**
 * Opens WebGPU.
 *
 * @param toggles for Dawn
 *
 * @throws NoAdapterError where there is no adapter
 * @throws UnsupportedError where it lacks what the precision needs
 * @throws SelfTestError where it computes wrongly in that precision
 * @throws CommandError where the table of cores is none, or not for this adapter
 */
export async function openGpu(
  { precision = "f32", cores }: Pick<BackendOptions, "precision" | "cores"> = {},
  toggles: readonly string[] = [],
): Promise<WebGpuBackend> {
  const device = await openNodeDevice(toggles, PRECISION_FEATURES[precision]).catch((error: unknown) => {
    throw explained(error, precision);
  });
  try {
    const table = cores === undefined ? {} : { cores: await readCores(cores, device.adapter.description) };
    const backend = new WebGpuBackend(device, { precision, ...table });
    await backend.prove();
    return backend;
  } catch (error) {
    device.destroy();
    throw explained(error, precision);
  }
}

/** With the remedy. */
function explained(error: unknown, precision: Precision): unknown {
  if (!(error instanceof UnsupportedError)) return error;
  return new UnsupportedError(`--precision ${precision}: ${error.message}; leave it out to compute in float32`);
}

async function readCores(path: string, adapter: string): Promise<CoreTable> {
  const wrong = (reason: string) => new CommandError(`--cores ${reason}`, exitCodes.usage);
  const text = await readFile(path, "utf8").catch((error: NodeJS.ErrnoException) => {
    throw wrong(`${path}: ${error.code === "ENOENT" ? "there is no such file" : error.message}`);
  });
  try {
    return parseCoreFile(path, text, adapter);
  } catch (error) {
    throw wrong((error as Error).message);
  }
}
