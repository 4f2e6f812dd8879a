/** `kintsugi train --profile`: one step of a network that is thrown away, dispatch by dispatch. */

import { type BackendOptions, openGpu } from "@kintsugi/backend";
import { Plan } from "@kintsugi/backend-webgpu";
import { type DcganConfig, Trainer, type TrainerOptions } from "@kintsugi/dcgan";
import { type Cost, dearest, profile, type Span, toChromeTrace } from "@kintsugi/gpu";
import { writeFileWhole } from "@kintsugi/terminal";

/** The first runs are slower: drivers finish their pipelines when they are used, and memory is touched for the first time. */
const WARM_UP = 2;
const DEAREST = 10;

export interface StepProfile {
  readonly spans: readonly Span[];
  readonly dearest: readonly Cost[];
}

/**
 * Profiles a training step and writes it as a Chrome trace. On a device of its own, so that the run it precedes is the same
 * as without it, to the bit.
 *
 * @param kernels how products are computed: in what precision, by which cores
 * @param images of one step, as values
 */
export async function profileStep(
  path: string,
  config: DcganConfig,
  options: TrainerOptions,
  kernels: Pick<BackendOptions, "precision" | "cores">,
  images: (imagesPerStep: number) => Float32Array,
): Promise<StepProfile> {
  // Chrome's quantised clock is of no use where a kernel takes microseconds.
  const backend = await openGpu(kernels, ["disable-dawn-features=timestamp_quantization"]);
  const { device } = backend;
  try {
    const trainer = await Trainer.create(backend, config, options);
    const { executable } = trainer;
    if (!(executable instanceof Plan)) throw new TypeError("a WebGPU back end compiles to plans");
    const values = images(trainer.imagesPerStep);
    for (let step = 0; step < WARM_UP; step++) await trainer.train(values);
    await device.idle();
    const spans = await executable.runBy(profile);
    await writeFileWhole(path, toChromeTrace(spans, device));
    return { spans, dearest: dearest(spans, DEAREST) };
  } finally {
    device.destroy();
  }
}

/** The dearest kernels as lines of a table. */
export function costLines(costs: readonly Cost[]): string[] {
  return [
    `${"ms".padStart(9)} ${"share".padStart(6)} ${"times".padStart(5)} ${"GFLOP/s".padStart(8)}  kernel`,
    ...costs.map(({ nanoseconds, share, dispatches, gigaflops, label }) =>
      [
        (nanoseconds / 1e6).toFixed(3).padStart(9),
        `${(share * 100).toFixed(1)}%`.padStart(6),
        String(dispatches).padStart(5),
        (gigaflops?.toPrecision(3) ?? "").padStart(8),
        ` ${label}`,
      ].join(" "),
    ),
  ];
}
