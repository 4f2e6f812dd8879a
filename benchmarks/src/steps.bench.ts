/** Whole steps: training (D once, G twice) and completion. FLOP: of all products of the plan. */
import type { Backend } from "@kintsugi/autodiff";
import { type Plan, WebGpuBackend, type WebGpuOptions } from "@kintsugi/backend-webgpu";
import { createSearch, masks } from "@kintsugi/completion";
import { type DcganConfig, DEFAULT_CONFIG, DEFAULT_TRAINING, trainingProgram } from "@kintsugi/dcgan";
import type { Device } from "@kintsugi/gpu";
import { adamRate, createVariables, initialValues, type Variables, writeAll } from "@kintsugi/nn";
import { timeTask } from "./measure.js";
import { ARCHITECTURES, type Architecture, completionStep, stateSpecs, trainingStep } from "./networks.js";
import { numbers } from "./sample.js";
import type { Timing } from "./stats.js";
import { type Suite, WrongResultError } from "./suite.js";

export const SEED = 7;

/** A step that can be repeated, and what it says of itself. */
export interface Step {
  readonly device: Device;
  readonly plan: Plan;
  /** Runs once and resolves when it is done. */
  run(): Promise<void>;
  /** The losses of all runs since the last call, in the order in which a program records them. */
  losses(): Promise<number[][]>;
}

export function configOf(width: number, size = DEFAULT_CONFIG.size): DcganConfig {
  return { ...DEFAULT_CONFIG, size, ngf: width, ndf: width };
}

export function trainingImages({ size, channels }: DcganConfig, batch: number): Float32Array {
  return numbers(batch * size * size * channels, 5);
}

export function latents({ nz }: DcganConfig, batch: number): Float32Array {
  return numbers(batch * nz, 6);
}

/** Known pixels: all but a square in the middle, of a quarter of the image. */
export function maskWeights({ size }: DcganConfig, batch: number): Float32Array {
  const missing = (at: number) => at >= size / 4 && at < (3 * size) / 4;
  return Float32Array.from({ length: batch * size * size }, (_, i) =>
    missing(i % size) && missing(Math.floor(i / size) % size) ? 0 : 1,
  );
}

/** FLOP of the products of a step; the sums of partial results are overhead. */
export function planFlops(plan: Plan): number {
  return plan.recording.dispatches
    .filter(({ shader }) => shader.name !== "sum_partials")
    .reduce((sum, { flops }) => sum + (flops ?? 0), 0);
}

/** The training step; the blog's is the product's own program. */
export async function createTraining(
  device: Device,
  architecture: Architecture,
  config: DcganConfig,
  batch: number,
  kernels: WebGpuOptions = {},
): Promise<Step> {
  const backend = new WebGpuBackend(device, kernels);
  const specs = stateSpecs(architecture, config);
  const variables = createVariables(specs);
  writeAll(backend, variables, initialValues(specs, SEED));
  const plan = await backend.compile(
    architecture === "blog"
      ? trainingProgram(config, { ...DEFAULT_TRAINING, batch }, variables)
      : trainingStep(architecture, config, batch, variables),
  );
  const images = trainingImages(config, batch);
  const z = latents(config, batch);
  const rate = (t: number) => adamRate({ lr: 2e-4, beta1: 0.5, beta2: 0.999, eps: 1e-8 }, t);
  let done = 0;
  return {
    device,
    plan,
    async run() {
      done++;
      await plan.run({ images, z, rateD0: rate(done), rateG0: rate(2 * done - 1), rateG1: rate(2 * done) });
      await device.idle();
    },
    async losses() {
      const rows = await plan.fetchRecords();
      return rows.map(({ dLoss, gLoss0, gLoss1 }) => [...dLoss!, ...gLoss0!, ...gLoss1!]);
    },
  };
}

/** The completion step; the blog's is the product's own search, of whose loss each image has its own. */
export async function createCompletion(
  device: Device,
  architecture: Architecture,
  config: DcganConfig,
  batch: number,
): Promise<Step> {
  const backend = new WebGpuBackend(device);
  const specs = stateSpecs(architecture, config);
  const variables = createVariables(specs);
  writeAll(backend, variables, initialValues(specs, SEED));
  if (architecture === "blog") return productSearch(backend, config, batch, variables);
  const { program, z, images, weights } = completionStep(architecture, config, batch, variables);
  backend.write(z, latents(config, batch));
  backend.write(images, trainingImages(config, batch));
  backend.write(weights, maskWeights(config, batch));
  const plan = await backend.compile(program);
  let done = 0;
  return {
    device,
    plan,
    async run() {
      done++;
      await plan.run({ rate: adamRate({ lr: 0.01, beta1: 0.9, beta2: 0.999, eps: 1e-8 }, done, true) });
      await device.idle();
    },
    losses: async () => (await plan.fetchRecords()).map(({ loss }) => [...loss!]),
  };
}

async function productSearch(
  backend: WebGpuBackend,
  config: DcganConfig,
  batch: number,
  variables: Variables,
): Promise<Step> {
  const plans: Plan[] = [];
  const watched: Backend = {
    description: backend.description,
    compile: async (program) => {
      const plan = await backend.compile(program);
      plans.push(plan);
      return plan;
    },
    write: (tensor, values) => backend.write(tensor, values),
    read: (tensor) => backend.read(tensor),
    free: (tensors) => backend.free(tensors),
    idle: () => backend.idle(),
    destroy: () => backend.destroy(),
  };
  const search = await createSearch(watched, { config, variables }, { batch });
  search.start({
    images: trainingImages(config, batch),
    masks: Array.from({ length: batch }, () => masks.center(config.size)),
    z: latents(config, batch),
  });
  const plan = plans.find(({ name }) => name.includes("search"))!;
  const losses: number[][] = [];
  return {
    device: backend.device,
    plan,
    async run() {
      for (const { total } of await search.iterate(1)) losses.push([total.reduce((sum, value) => sum + value, 0)]);
    },
    losses: async () => losses.splice(0),
  };
}

/** Builds a step, runs it from the same state twice, and times it. */
export async function measureStep(
  suite: Suite,
  create: (device: Device) => Promise<Step>,
): Promise<{ time: Timing; work: number }> {
  const step = await openStep(suite, create, await firstLosses(suite, create));
  try {
    return { time: await timeTask(() => step.run(), suite.seconds), work: planFlops(step.plan) };
  } finally {
    step.device.destroy();
  }
}

/**
 * Builds a step on a device of its own and runs it once. Throws `WrongResultError` where that is not what it did before.
 *
 * @param first its losses then
 */
export async function openStep(
  suite: Suite,
  create: (device: Device) => Promise<Step>,
  first: readonly number[],
): Promise<Step> {
  const device = await suite.open();
  try {
    const step = await create(device);
    await step.run();
    const again = (await step.losses())[0]!;
    if (again.some((value, i) => !Number.isFinite(value) || value !== first[i])) {
      throw new WrongResultError(`${step.plan.name}: the losses are ${again.join(", ")} after ${first.join(", ")}`);
    }
    return step;
  } catch (error) {
    device.destroy();
    throw error;
  }
}

/** The losses of the first run of a step, on a device of its own. */
export async function firstLosses(suite: Suite, create: (device: Device) => Promise<Step>): Promise<number[]> {
  const device = await suite.open();
  try {
    const step = await create(device);
    await step.run();
    return (await step.losses())[0]!;
  } finally {
    device.destroy();
  }
}

const VERIFIED = "finite losses, the same bits twice; with --peers against two other libraries";

export async function training(suite: Suite): Promise<void> {
  for (const width of suite.widths ?? [16, 32, 64]) await measureArchitectures(suite, width, "training");
}

export async function completion(suite: Suite): Promise<void> {
  for (const width of suite.widths ?? [16, 64]) await measureArchitectures(suite, width, "completion");
}

async function measureArchitectures(suite: Suite, width: number, kind: "training" | "completion"): Promise<void> {
  const { batch } = suite;
  const create = kind === "training" ? createTraining : createCompletion;
  for (const architecture of ARCHITECTURES) {
    // Both cost the same for each width squared; the wide one is shown at one width of each kind.
    if (architecture === "wide" && width !== 16 && !suite.widths && suite.device.adapter.software) continue;
    const { time, work } = await measureStep(suite, (device) => create(device, architecture, configOf(width), batch));
    suite.row({
      group: kind,
      name: `${architecture}, width ${width}, batch ${batch}`,
      time,
      flops: work,
      verified: VERIFIED,
      note: `${(batch / time.median).toPrecision(3)} images/s`,
    });
  }
}
