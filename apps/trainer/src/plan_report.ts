/** `kintsugi plan`: what a training step will need of the GPU, known before anything is computed. */
import type { WebGpuBackend } from "@kintsugi/backend-webgpu";
import {
  checkConfig,
  type DcganConfig,
  DEFAULT_TRAINING,
  residentImages,
  trainingProgram,
  trainingSpecs,
} from "@kintsugi/dcgan";
import { createVariables, placeTogether } from "@kintsugi/nn";

export interface PlanReport {
  readonly dispatches: number;
  /** Useful arithmetic of a step. */
  readonly gigaflops: number;
  /** Buffers that the values of a step take turns on. */
  readonly poolBytes: number;
  /** Weights, their moments and running statistics. */
  readonly variableBytes: number;
  /** The training images that stay on the device. */
  readonly imageBytes: number;
  /** All of it: the peak, constant from the first step on. */
  readonly bytes: number;
  /** The largest buffers, and the first kernel that uses each. */
  readonly largest: readonly { readonly label: string; readonly bytes: number; readonly usedBy: string }[];
}

const LARGEST = 5;

/**
 * Compiles the step and runs nothing. Throws `OutOfMemoryError` where it cannot fit.
 *
 * @param images that stay on the device; 0 where the host gives each step its values
 */
export async function reportPlan(
  backend: WebGpuBackend,
  config: DcganConfig,
  { batch, images = 0 }: { readonly batch: number; readonly images?: number },
): Promise<PlanReport> {
  const { device } = backend;
  const variables = createVariables(trainingSpecs(checkConfig(config)));
  const before = device.counters.bytes;
  placeTogether(backend, variables);
  const imageBytes = images * config.size ** 2 * config.channels;
  const resident = images > 0 ? residentImages(config, images) : undefined;
  const plan = await backend.compile(trainingProgram(config, { ...DEFAULT_TRAINING, batch }, variables, resident));
  const { dispatches } = plan.recording;
  const buffers = new Map<GPUBuffer, string>();
  for (const { bindings, label } of dispatches) {
    for (const { buffer } of Object.values(bindings)) if (!buffers.has(buffer)) buffers.set(buffer, label);
  }
  const bytes = device.counters.bytes - before;
  const largest = [...buffers]
    .map(([buffer, usedBy]) => ({ label: buffer.label, bytes: buffer.size, usedBy }))
    .sort((a, b) => b.bytes - a.bytes)
    .slice(0, LARGEST);
  const flops = dispatches.reduce((sum, dispatch) => sum + (dispatch.flops ?? 0), 0);
  const poolBytes = plan.bytes;
  plan.destroy();
  return {
    dispatches: dispatches.length,
    gigaflops: flops / 1e9,
    poolBytes,
    variableBytes: bytes - poolBytes - imageBytes,
    imageBytes,
    bytes,
    largest,
  };
}

/** To three digits, never with an exponent. */
function arithmetic(gigaflops: number): string {
  const [value, unit] = gigaflops >= 1000 ? [gigaflops / 1000, "TFLOP"] : [gigaflops, "GFLOP"];
  return `${value >= 100 ? Math.round(value) : Number(value.toPrecision(3))} ${unit}`;
}

/** The report as lines for people. */
export function planLines(report: PlanReport): string[] {
  const mebibytes = (bytes: number) => `${(bytes / 2 ** 20).toFixed(1)} MiB`;
  const fact = (name: string, value: string) => `${name.padEnd(32)}${value}`;
  return [
    fact("dispatches of a training step", String(report.dispatches)),
    fact("arithmetic", arithmetic(report.gigaflops)),
    fact("weights, moments, statistics", mebibytes(report.variableBytes)),
    fact("values of a step", mebibytes(report.poolBytes)),
    ...(report.imageBytes > 0 ? [fact("training images", mebibytes(report.imageBytes))] : []),
    fact("peak", mebibytes(report.bytes)),
    ...report.largest.map(({ label, bytes, usedBy }, i) =>
      fact(i === 0 ? "largest buffers" : "", `${mebibytes(bytes).padStart(10)}  ${label} (${usedBy})`),
    ),
  ];
}
