/** What a machine offers to run on, found out by trying: each back end is opened and does one small training step. */
import { createRequire } from "node:module";
import { arch, cpus, platform, release, totalmem } from "node:os";
import type { Backend } from "@kintsugi/autodiff";
import { openBackend } from "@kintsugi/backend";
import { WebGpuBackend } from "@kintsugi/backend-webgpu";
import { type DcganConfig, DEFAULT_TRAINING, Trainer } from "@kintsugi/dcgan";
import { NoAdapterError } from "@kintsugi/gpu";

export type Facts = Readonly<Record<string, string | number>>;

/** One back end: what it says of itself, and how long the step took; or what is wrong and what to do. */
export type Finding =
  | { readonly works: true; readonly facts: Facts; readonly stepMilliseconds: number }
  | { readonly works: false; readonly reason: string; readonly remedy: string };

/** The step that is timed: a small DCGAN, so that a software adapter is done with it in seconds. */
export const SMALL_STEP: DcganConfig & { readonly batch: number } = {
  size: 32,
  channels: 3,
  nz: 16,
  ngf: 8,
  ndf: 8,
  kernel: 5,
  batch: 16,
};
const TIMED_STEPS = 5;

export function describeMachine(): Facts {
  const require = createRequire(import.meta.url);
  const version = (name: string) => (require(`${name}/package.json`) as { version: string }).version;
  return {
    kintsugi: (require("../package.json") as { version: string }).version,
    node: process.version,
    dawn: `webgpu ${version("webgpu")}`,
    system: `${platform()} ${release()} ${arch()}`,
    cpu: `${cpus().length} × ${cpus()[0]?.model.trim() ?? "unknown"}`,
    memory: `${Math.round(totalmem() / 2 ** 30)} GiB`,
  };
}

export function examineGpu(): Promise<Finding> {
  return examine("gpu", gpuFacts, (error) => (error instanceof NoAdapterError ? gpuRemedy() : "report this"));
}

export function examineCpu(): Promise<Finding> {
  const remedy = "ONNX Runtime has no build for this system; use a GPU, or Linux, macOS or Windows on x64 or arm64";
  return examine(
    "cpu",
    ({ description }) => ({ runtime: description.replace(/^CPU: /, "") }),
    () => remedy,
  );
}

async function examine(
  device: "gpu" | "cpu",
  facts: (backend: Backend) => Facts,
  remedy: (error: unknown) => string,
): Promise<Finding> {
  let backend: Backend | undefined;
  try {
    backend = await openBackend(device);
    return { works: true, facts: facts(backend), stepMilliseconds: await timeStep(backend) };
  } catch (error) {
    return { works: false, reason: (error as Error).message, remedy: remedy(error) };
  } finally {
    backend?.destroy();
  }
}

/** The median time of a small training step, which must give finite losses. */
async function timeStep(backend: Backend): Promise<number> {
  const { batch, ...config } = SMALL_STEP;
  const trainer = await Trainer.create(backend, config, { ...DEFAULT_TRAINING, batch, lr: 2e-4, seed: 1 });
  const images = new Float32Array(batch * config.size ** 2 * config.channels);
  const times: number[] = [];
  for (let step = 0; step <= TIMED_STEPS; step++) {
    const began = performance.now();
    await trainer.train(images);
    await backend.idle();
    times.push(performance.now() - began);
  }
  const losses = (await trainer.fetchRecords()).flatMap(({ dLossReal, dLossFake, gLoss }) => [
    dLossReal,
    dLossFake,
    ...gLoss,
  ]);
  if (!losses.every(Number.isFinite)) throw new Error("a training step gave losses that are no numbers");
  // The first step builds what the others use.
  return times.slice(1).sort((a, b) => a - b)[Math.floor(TIMED_STEPS / 2)]!;
}

function gpuFacts(backend: Backend): Facts {
  if (!(backend instanceof WebGpuBackend)) return {};
  const { adapter, handle } = backend.device;
  const { maxBufferSize, maxStorageBufferBindingSize, maxComputeWorkgroupStorageSize } = handle.limits;
  return {
    adapter: adapter.description || adapter.vendor,
    kind: adapter.software ? "software: computes on the CPU, slower than the CPU back end" : "GPU",
    vendor: adapter.vendor,
    architecture: adapter.architecture,
    features: adapter.features.join(", "),
    maxBufferSize,
    maxStorageBufferBindingSize,
    maxComputeWorkgroupStorageSize,
  };
}

function gpuRemedy(): string {
  switch (platform()) {
    case "linux":
      return "install your GPU's Vulkan driver, or Mesa's software driver (mesa-vulkan-drivers 24 or newer), and set XDG_RUNTIME_DIR";
    case "darwin":
      return "Metal is part of macOS 12 and newer; a virtual machine needs a paravirtualised GPU";
    default:
      return "install your GPU's current driver";
  }
}
