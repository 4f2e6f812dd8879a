/** Chooses what a model runs on. The one place in the page that knows which back ends there are. */
import type { Backend } from "@kintsugi/autodiff";
import { WebGpuBackend } from "@kintsugi/autodiff/webgpu";
import { NoAdapterError, openBrowserDevice } from "@kintsugi/gpu";
import { CompleterError } from "../messages.js";

export interface OpenedBackend {
  readonly backend: Backend;
  /** Resolves when the machine behind it goes away. */
  readonly lost: Promise<unknown>;
}

/** Throws CompleterError (no-webgpu) where nothing can run. */
export async function chooseBackend(): Promise<OpenedBackend> {
  try {
    const device = await openBrowserDevice();
    return { backend: new WebGpuBackend(device), lost: device.handle.lost };
  } catch (error) {
    if (error instanceof NoAdapterError) throw new CompleterError("no-webgpu", error.message);
    throw error;
  }
}
