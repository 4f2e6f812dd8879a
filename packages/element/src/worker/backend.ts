/** Opens what a model runs on, and says so. */
import { NoBackendError, type OpenedBackend, openBackend } from "@kintsugi/backend/web";
import { CompleterError, type Machine, type Progress } from "../messages.js";
import { openCpu } from "./open_cpu.js";

export function machineOf({ backend, machine, reason }: OpenedBackend): Machine {
  return { machine, gpu: machine === "gpu", backend: backend.description, reason };
}

/**
 * The GPU, or where it cannot be used the processor. Throws CompleterError (no-webgpu) where neither can.
 *
 * @param avoidGpu why the GPU is not to be tried
 */
export async function openMachine(
  report: (progress: Progress) => void,
  avoidGpu: string | undefined,
): Promise<OpenedBackend> {
  const onProcessor = (reason: string) => report({ phase: "cpu", reason });
  const opened = await openBackend({ openProcessor: openCpu, onProcessor, avoidGpu, kernels }).catch(
    (error: unknown) => {
      throw error instanceof NoBackendError ? new CompleterError("no-webgpu", error.message) : error;
    },
  );
  report({ phase: "ready", ...machineOf(opened) });
  return opened;
}

/** Blending is the host's, in this worker. */
const lacks = new Set(["poissonBlend"] as const);

/** What the bundle has, see build.mjs: on a CPU with eight lanes and on a GPU the kernels' own rule might want other cores. */
function kernels({ software, subgroupSize = 0 }: { readonly software: boolean; readonly subgroupSize?: number }) {
  if (software && subgroupSize < 8) return { lacks };
  return { lacks, core: software ? "direct" : "64x64" } as const;
}
