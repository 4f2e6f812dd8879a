/** The training loop on a real back end: determinism to the bit, resuming, ending early. */
import type { Backend } from "@kintsugi/autodiff";
import { WebGpuBackend } from "@kintsugi/backend-webgpu";
import { type DcganConfig, DEFAULT_TRAINING, type StepRecord } from "@kintsugi/dcgan";
import { openNodeDevice } from "@kintsugi/gpu/node";
import { toyFaces } from "@kintsugi/images/toy";
import { afterEach, describe, expect, it } from "vitest";
import { type Checkpoint, DivergedError, type TrainOptions, train } from "../src/train.js";

const CONFIG: DcganConfig = { size: 16, channels: 3, nz: 8, ngf: 4, ndf: 4, kernel: 5 };
const IMAGES = { count: 20, size: 16, channels: 3, bytes: toyFaces({ seed: 3, count: 20, size: 16 }) };
const OPTIONS: TrainOptions = {
  ...DEFAULT_TRAINING,
  batch: 6,
  lr: 2e-4,
  seed: 7,
  steps: 20,
  sampleEvery: 0,
  sampleCount: 4,
  checkpointEvery: 0,
  checkpointSeconds: 1e9,
};

const opened: Backend[] = [];
const open = async () => {
  const backend = new WebGpuBackend(await openNodeDevice());
  opened.push(backend);
  return backend;
};
afterEach(() => {
  for (const backend of opened.splice(0)) backend.destroy();
});

interface Outcome {
  readonly step: number;
  readonly records: StepRecord[];
  readonly samples: [number, Float32Array][];
  readonly checkpoints: Checkpoint[];
}

async function runTraining(
  options: Partial<TrainOptions> = {},
  from: { resume?: Checkpoint; signal?: AbortSignal; resident?: boolean; onRecords?: () => void } = {},
  config = CONFIG,
): Promise<Outcome> {
  const records: StepRecord[] = [];
  const samples: [number, Float32Array][] = [];
  const checkpoints: Checkpoint[] = [];
  const events = {
    onRecords(found: readonly StepRecord[]) {
      records.push(...found);
      from.onRecords?.();
    },
    onSample: async (step: number, images: Float32Array) => void samples.push([step, images]),
    onCheckpoint: async (checkpoint: Checkpoint) => void checkpoints.push(checkpoint),
  };
  const step = await train(await open(), config, IMAGES, { ...OPTIONS, ...options }, events, from);
  return { step, records, samples, checkpoints };
}

const bytesOf = ({ checkpoints }: Outcome) =>
  [...checkpoints.at(-1)!.values].map(([name, values]) => [name, Buffer.from(values.buffer).toString("base64")]);

describe("train", () => {
  it("gives identical bytes for the same seed, and others for another", async () => {
    const first = await runTraining();
    const second = await runTraining();
    expect(bytesOf(second)).toEqual(bytesOf(first));
    expect(second.records).toEqual(first.records);
    expect(bytesOf(await runTraining({ seed: 8 }))).not.toEqual(bytesOf(first));
  });

  // The average's decay warms up throughout the twenty steps.
  it.each([0, 0.9])("goes on from a checkpoint as if it had never stopped, --ema %d", async (ema) => {
    const whole = await runTraining({ ema });
    const half = await runTraining({ ema, steps: 9 });
    const rest = await runTraining({ ema }, { resume: half.checkpoints.at(-1)! });
    expect(bytesOf(rest)).toEqual(bytesOf(whole));
    expect([...half.records, ...rest.records]).toEqual(whole.records);
  });

  it("records every step once, samples and saves when asked to and at the end", async () => {
    const { step, records, samples, checkpoints } = await runTraining({
      steps: 13,
      sampleEvery: 5,
      checkpointEvery: 4,
    });
    expect(step).toBe(13);
    expect(records.map((record) => record.step)).toEqual(Array.from({ length: 13 }, (_, i) => i + 1));
    expect(samples.map(([at]) => at)).toEqual([5, 10, 13]);
    expect(checkpoints.map((checkpoint) => checkpoint.step)).toEqual([4, 8, 12, 13]);
    for (const [, images] of samples) {
      expect(images).toHaveLength(4 * 16 * 16 * 3);
      expect(Math.max(...images.map(Math.abs))).toBeLessThanOrEqual(1);
    }
  });

  it("ends at the next step when it is interrupted, with a checkpoint", async () => {
    const controller = new AbortController();
    const { step, checkpoints } = await runTraining(
      { steps: 10_000, checkpointEvery: 3 },
      { signal: controller.signal, onRecords: () => controller.abort() },
    );
    expect(step).toBeLessThan(10_000);
    expect(checkpoints.at(-1)!.step).toBe(step);
  });

  it("stops where a loss is no longer finite, and keeps the checkpoint from before", async () => {
    const healthy = await runTraining({ steps: 2 });
    const { step, values } = healthy.checkpoints.at(-1)!;
    const poisoned = new Map(values).set("discriminator/d_h1_lin/bias", Float32Array.of(Number.NaN));
    await expect(runTraining({}, { resume: { step, values: poisoned } })).rejects.toThrow(DivergedError);
  });

  it("gives the same bytes where the images stay on the device, mirrored, for several updates of D", async () => {
    const knobs = { flip: true, dSteps: 2, gSteps: 1, batch: 3, steps: 4 };
    const fed = await runTraining(knobs);
    const resident = await runTraining(knobs, { resident: true });
    expect(bytesOf(resident)).toEqual(bytesOf(fed));
    expect(resident.records).toEqual(fed.records);
  });

  it.each([
    { ...CONFIG, channels: 1 },
    { ...CONFIG, kernel: 4 },
    { ...CONFIG, size: 32, nz: 5, ngf: 3, ndf: 2 },
  ])("trains $size×$size×$channels with kernel $kernel", async (config) => {
    const bytes = toyFaces({ seed: 3, count: 8, size: config.size });
    const { size, channels } = config;
    const images = { count: 8, size, channels, bytes: bytes.subarray(0, (bytes.length * channels) / 3) };
    const records: StepRecord[] = [];
    await train(
      await open(),
      config,
      images,
      { ...OPTIONS, batch: 4, steps: 3 },
      {
        onRecords: (found) => void records.push(...found),
        onSample: async () => {},
        onCheckpoint: async () => {},
      },
    );
    expect(
      records.flatMap(({ dLossReal, dLossFake, gLoss }) => [dLossReal, dLossFake, ...gLoss]).every(Number.isFinite),
    ).toBe(true);
  });
});
