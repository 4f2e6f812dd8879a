/** Minibatch discrimination in D: its logits by the definition, its gradients, and images that do not see each other. */
import { type Backend, constant, input } from "@kintsugi/autodiff";
import { WebGpuBackend } from "@kintsugi/backend-webgpu";
import { openNodeDevice } from "@kintsugi/gpu/node";
import { initialValues, type NamedValues, PURPOSE, State, uniform } from "@kintsugi/nn";
import { openNodeBackend } from "@kintsugi/onnx/node";
import { afterAll, beforeAll, expect, it } from "vitest";
import { minibatchDiscrimination } from "../../kernels/reference/minibatch_discrimination.js";
import "../../kernels/test/close.js";
import {
  type DcganConfig,
  DEFAULT_TRAINING,
  decodeModel,
  discriminator,
  discriminatorFeatures,
  encodeModel,
  modelSpecs,
  type StepRecord,
  Trainer,
  type TrainerOptions,
  trainingSpecs,
} from "../src/index.js";

const KERNELS = 6;
const CONFIG: DcganConfig = {
  size: 16,
  channels: 3,
  nz: 6,
  ngf: 4,
  ndf: 4,
  kernel: 5,
  minibatchKernels: KERNELS,
};
const BATCH = 4;
const IMAGE = 16 * 16 * 3;
const OPTIONS: TrainerOptions = { ...DEFAULT_TRAINING, batch: BATCH, gSteps: 1, lr: 2e-4, seed: 3 };
const images = uniform({ seed: 9, purpose: PURPOSE.samples, index: 0 }, BATCH * IMAGE);
const z = uniform({ seed: 9, purpose: PURPOSE.z, index: 0 }, BATCH * CONFIG.nz);
const HEAD = "discriminator/d_h1_lin";
const T = "discriminator/d_minibatch/Matrix";
const MEAN = "discriminator/d_minibatch/moving_mean";

/** Larger weights than a run begins with, so that every layer has something to say. */
const FIRST: NamedValues = new Map(
  [...initialValues(trainingSpecs(CONFIG), 3)].map(([name, values]) => [
    name,
    /\/w$/.test(name) && !name.startsWith("adam") ? values.map((value) => 5 * value) : values,
  ]),
);

let backend: Backend;
beforeAll(async () => {
  backend = await openNodeBackend();
});
afterAll(() => backend.destroy());

async function oneStep(options: Partial<TrainerOptions> = {}, from = FIRST, on = backend) {
  const trainer = await Trainer.create(on, CONFIG, { ...OPTIONS, ...options }, { values: from, step: 0 });
  await trainer.train(images, z);
  return { record: (await trainer.fetchRecords())[0]!, values: await trainer.values() };
}

it("real images see each other and no fake; the logit is linear in features and closeness", async () => {
  const { record, values } = await oneStep();
  const state = new State(new Map([...FIRST].map(([name, found]) => [name, constant(found, shapeOf(name))])));
  const mode = { training: true, groups: 1, onStatistics: () => {} } as const;
  const features = discriminatorFeatures(state, CONFIG, input("images", [BATCH, 16, 16, 3]), mode);
  const program = await backend.compile({ name: "look", outputs: { features } });
  await program.run({ images });
  const seen = (await program.read("features")).features!;
  const width = seen.length / BATCH;
  const [matrix, head] = [FIRST.get(T)!, FIRST.get(`${HEAD}/Matrix`)!];
  const measured = Float64Array.from({ length: BATCH * KERNELS * 5 }, (_, at) => {
    const [n, column] = [Math.floor(at / (KERNELS * 5)), at % (KERNELS * 5)];
    let total = 0;
    for (let a = 0; a < width; a++) total += seen[n * width + a]! * matrix[a * KERNELS * 5 + column]!;
    return total;
  });
  const closeness = minibatchDiscrimination(measured, { groups: 1, rows: BATCH, kernels: KERNELS, dims: 5 });
  const losses = Array.from({ length: BATCH }, (_, n) => {
    const all = [...seen.subarray(n * width, (n + 1) * width), ...closeness.subarray(n * KERNELS, (n + 1) * KERNELS)];
    return Math.log1p(Math.exp(-all.reduce((logit, value, i) => logit + value * head[i]!, 0)));
  });
  expect(record.dLossReal).toBeCloseTo(losses.reduce((a, b) => a + b) / BATCH, 5);
  // What evaluation will go by: 0.9 of what was, and 0.1 of this batch's mean; first of the real images, then of the fakes.
  const least = closeness.reduce((sum, value) => sum + value) * (0.1 / BATCH) * 0.9;
  expect(values.get(MEAN)!.reduce((a, b) => a + b)).toBeGreaterThan(least);
});

it("the gradients are those of the losses", async () => {
  const { record, values } = await oneStep({ lr: 0 });
  for (const [network, norm, loss] of [
    ["discriminator", record.dGradient, (r: StepRecord) => r.dLossReal + r.dLossFake],
    ["generator", record.gGradient[0]!, (r: StepRecord) => r.gLoss[0]!],
  ] as const) {
    const along = async (step: number) => {
      const from = new Map(FIRST);
      for (const [name, m] of values) {
        const target = name.slice("adam_m/".length);
        if (!name.startsWith(`adam_m/${network}/`)) continue;
        from.set(
          target,
          FIRST.get(target)!.map((value, i) => value + (step * 2 * m[i]!) / norm),
        );
      }
      return loss((await oneStep({ lr: 0 }, from)).record);
    };
    // Short enough for the bends of the networks, long enough for float32.
    const length = 0.002;
    const slope = ((await along(length)) - (await along(-length))) / (2 * length);
    expect(slope / norm, network).toBeCloseTo(1, 1);
  }
  // T takes part.
  expect(Math.max(...values.get(`adam_m/${T}`)!.map(Math.abs))).toBeGreaterThan(1e-6);
});

it("in evaluation the logit of an image depends, to the bit, on no other", async () => {
  const trained = new Map((await oneStep()).values);
  const file = decodeModel(encodeModel(CONFIG, modelSpecs(CONFIG), trained));
  expect(file.config).toEqual(CONFIG);
  const state = new State(new Map([...file.values].map(([name, found]) => [name, constant(found, shapeOf(name))])));
  const given = input("images", [BATCH, 16, 16, 3]);
  const logits = discriminator(state, CONFIG, given, { training: false });
  const program = await backend.compile({ name: "judge", outputs: { logits } });
  const judge = async (pictures: Float32Array) => {
    await program.run({ images: pictures });
    return (await program.read("logits")).logits!;
  };
  const all = await judge(images);
  const alone = images.map((value, i) => (i < IMAGE ? value : -1));
  expect((await judge(alone))[0]).toBe(all[0]);
  // The closeness counts there by its running mean.
  const head = file.values.get(`${HEAD}/Matrix`)!;
  const far = new Map(file.values).set(
    MEAN,
    file.values.get(MEAN)!.map((value) => value + 1),
  );
  const moved = new State(new Map([...far].map(([name, found]) => [name, constant(found, shapeOf(name))])));
  const other = await backend.compile({
    name: "judge",
    outputs: { logits: discriminator(moved, CONFIG, given, { training: false }) },
  });
  await other.run({ images });
  const shift = head.slice(-KERNELS).reduce((sum, value) => sum + value, 0);
  expect((await other.read("logits")).logits![0]! - all[0]!).toBeCloseTo(shift, 5);
});

it("both back ends do the same", async () => {
  const gpu = new WebGpuBackend(await openNodeDevice());
  const [here, there] = [await oneStep(), await oneStep({}, FIRST, gpu)];
  gpu.destroy();
  expect(there.record.dLossReal).toBeCloseTo(here.record.dLossReal, 5);
  expect(there.record.gLoss[0]).toBeCloseTo(here.record.gLoss[0]!, 5);
  for (const name of [T, MEAN, `adam_m/${T}`]) {
    expect(there.values.get(name)!, name).toBeAllClose(here.values.get(name)!, { rel: 1e-3 });
  }
});

function shapeOf(name: string): readonly number[] {
  return trainingSpecs(CONFIG).find((spec) => spec.name === name)!.shape;
}
