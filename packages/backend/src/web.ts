/**
 * Opens a back end in a page or a worker: the GPU, else the processor. Whatever keeps the GPU from computing, be it missing,
 * refusing, silent or wrong, is one reason to go on without it. Knows no command line.
 */
import { type Backend, input, multiply } from "@kintsugi/autodiff";
import { WebGpuBackend, type WebGpuOptions } from "@kintsugi/backend-webgpu";
import { type Device, openBrowserDevice } from "@kintsugi/gpu";

/** `software` is WebGPU that the processor computes: no graphics card, and no faster than `processor`. */
export type Machine = "gpu" | "software" | "processor";

export interface OpenedBackend {
  readonly backend: Backend;
  readonly machine: Machine;
  /** In English, why it is not WebGPU; undefined where it is. */
  readonly reason: string | undefined;
  /** Resolves when the machine behind it goes away. */
  readonly lost: Promise<unknown>;
}

export interface OpenOptions {
  /** Opens the processor's back end; whoever calls this decides how its code is loaded. */
  openProcessor(): Promise<Backend>;
  /** Told why, when the processor is about to be opened. */
  onProcessor?(reason: string): void;
  /** Why the GPU is not to be tried, where it is not. */
  readonly avoidGpu?: string | undefined;
  /** Milliseconds that the GPU has to answer and to compute one number. */
  readonly patience?: number;
  /** How an adapter multiplies, where not by the kernels' own rule. */
  readonly kernels?: (adapter: Device["adapter"]) => WebGpuOptions;
}

/** Neither back end can be had; the message says why of both. */
export class NoBackendError extends Error {
  override readonly name = "NoBackendError";
}

const PATIENCE = 20_000;

/** Throws `NoBackendError`. */
export async function openBackend({
  openProcessor,
  onProcessor,
  avoidGpu,
  patience = PATIENCE,
  kernels = () => ({}),
}: OpenOptions): Promise<OpenedBackend> {
  let reason = avoidGpu;
  if (reason === undefined) {
    try {
      return await openGpu(patience, kernels);
    } catch (error) {
      reason = textOf(error);
    }
  }
  onProcessor?.(reason);
  try {
    return { backend: await openProcessor(), machine: "processor", reason, lost: new Promise(() => {}) };
  } catch (error) {
    throw new NoBackendError(`WebGPU: ${reason}; WebAssembly: ${textOf(error)}`);
  }
}

async function openGpu(patience: number, kernels: NonNullable<OpenOptions["kernels"]>): Promise<OpenedBackend> {
  let late = false;
  const opening = openBrowserDevice().then(async (device) => {
    try {
      const backend = new WebGpuBackend(device, kernels(device.adapter));
      if (!late) await proveThat(backend);
      if (late) throw new Error("too late");
      const machine = device.adapter.software ? "software" : "gpu";
      return { backend, machine, reason: undefined, lost: device.handle.lost } as const;
    } catch (error) {
      device.destroy();
      throw error;
    }
  });
  let timer: ReturnType<typeof setTimeout> | undefined;
  const tired = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      late = true;
      reject(new Error(`the GPU has not answered within ${patience / 1000} seconds`));
    }, patience);
  });
  // Nobody may be waiting any more when it fails.
  opening.catch(() => {});
  return Promise.race([opening, tired]).finally(() => clearTimeout(timer));
}

/** Squares one number: an adapter may be had that compiles no kernel, or computes nothing. */
async function proveThat(backend: WebGpuBackend): Promise<void> {
  const x = input("x", [1]);
  const program = await backend.compile({ name: "proof", outputs: { y: multiply(x, x) } });
  await program.run({ x: Float32Array.of(3) });
  const [y] = (await program.read("y")).y ?? [];
  program.destroy();
  if (y !== 9) throw new Error(`the GPU says that 3 times 3 is ${y}`);
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
