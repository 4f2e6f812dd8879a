/** Chooses what a model runs on. The one place in the page that knows which back ends there are. */
import type { Backend } from "@kintsugi/autodiff";
import { WebGpuBackend } from "@kintsugi/backend-webgpu";
import { NoAdapterError, openBrowserDevice } from "@kintsugi/gpu";
import { CompleterError, type Progress } from "../messages.js";
import { openCpu } from "./open_cpu.js";

export interface OpenedBackend {
  readonly backend: Backend;
  /** Whether it is the GPU. */
  readonly gpu: boolean;
  /** Resolves when the machine behind it goes away. */
  readonly lost: Promise<unknown>;
}

/** The GPU, or where there is none the processor. Throws CompleterError (no-webgpu) where neither can be had. */
export async function chooseBackend(report: (progress: Progress) => void): Promise<OpenedBackend> {
  try {
    const device = await openBrowserDevice();
    return { backend: new WebGpuBackend(device), gpu: true, lost: device.handle.lost };
  } catch (error) {
    if (!(error instanceof NoAdapterError)) throw error;
    report({ phase: "cpu" });
    const backend = await openCpu().catch((failure: unknown) => {
      throw new CompleterError("no-webgpu", failure instanceof Error ? failure.message : String(failure));
    });
    return { backend, gpu: false, lost: new Promise(() => {}) };
  }
}
