/** Class-conditional training: what G and D are told, the gradients, and both back ends. */
import type { Backend } from "@kintsugi/autodiff";
import { WebGpuBackend } from "@kintsugi/backend-webgpu";
import { openNodeDevice } from "@kintsugi/gpu/node";
import { initialValues, type NamedValues, PURPOSE, uniform } from "@kintsugi/nn";
import { openNodeBackend } from "@kintsugi/onnx/node";
import { afterAll, beforeAll, expect, it } from "vitest";
import "../../kernels/test/close.js";
import {
  checkConfig,
  type DcganConfig,
  DEFAULT_TRAINING,
  decodeModel,
  drawLatent,
  encodeModel,
  modelSpecs,
  Sampler,
  Trainer,
  type TrainerOptions,
  trainingSpecs,
  withoutClasses,
} from "../src/index.js";

const CONFIG: DcganConfig = { size: 16, channels: 1, nz: 4, ngf: 4, ndf: 4, kernel: 5, classes: ["dark", "light"] };
const BATCH = 8;
const IMAGE = 16 * 16;
const OPTIONS: TrainerOptions = { ...DEFAULT_TRAINING, batch: BATCH, lr: 2e-4, seed: 3 };
const VECTORS = "discriminator/d_classes/Matrix";
const FIRST: NamedValues = new Map(
  [...initialValues(trainingSpecs(CONFIG), 3)].map(([name, values]) => [
    name,
    /\/(w|Matrix)$/.test(name) && !name.startsWith("adam") ? values.map((value) => 5 * value) : values,
  ]),
);

/** Dark images and light ones in turn, with some grain. */
const labels = Uint16Array.from({ length: BATCH }, (_, n) => n % 2);
const imagesOf = (step: number) =>
  uniform({ seed: 1, purpose: PURPOSE.samples, index: step }, BATCH * IMAGE).map(
    (grain, at) => 0.2 * grain + (labels[Math.floor(at / IMAGE)] === 1 ? 0.7 : -0.7),
  );

let backend: Backend;
beforeAll(async () => {
  backend = await openNodeBackend();
});
afterAll(() => backend.destroy());

async function oneStep(options: Partial<TrainerOptions>, from = FIRST, on = backend, kinds = labels) {
  const trainer = await Trainer.create(on, CONFIG, { ...OPTIONS, ...options }, { values: from, step: 0 });
  await trainer.train(imagesOf(0), trainer.latent(0, kinds));
  return { record: (await trainer.fetchRecords())[0]!, values: await trainer.values() };
}

it("z has its class behind it, and is otherwise the z without classes", () => {
  const stream = { seed: 1, purpose: PURPOSE.z, index: 0 };
  const { classes: _, ...plain } = CONFIG;
  const [bare, given, shared] = [plain, CONFIG, CONFIG].map((config, i) =>
    drawLatent(config, stream, 4, i === 1 ? [1, 0, 1, 1] : undefined),
  );
  const rows = (z: Float32Array) => Array.from({ length: 4 }, (_, n) => [...z.subarray(n * 6, n * 6 + 6)]);
  expect(rows(given!).map((row) => row.slice(4))).toEqual([
    [0, 1],
    [1, 0],
    [0, 1],
    [0, 1],
  ]);
  expect(rows(shared!).map((row) => row.slice(4))).toEqual([
    [1, 0],
    [0, 1],
    [1, 0],
    [0, 1],
  ]);
  expect(rows(given!).flatMap((row) => row.slice(0, 4))).toEqual([...bare!]);
});

it("D's vectors get the gradient of its loss, each from the images of its class alone", async () => {
  const { values } = await oneStep({ lr: 0, gSteps: 1 });
  const g = values.get(`adam_m/${VECTORS}`)!.map((m) => 2 * m);
  const norm = Math.sqrt(g.reduce((sum, value) => sum + value * value, 0));
  const along = async (length: number) => {
    const moved = FIRST.get(VECTORS)!.map((value, i) => value + (length * g[i]!) / norm);
    const { record } = await oneStep({ lr: 0, gSteps: 1 }, new Map(FIRST).set(VECTORS, moved));
    return record.dLossReal + record.dLossFake;
  };
  expect(((await along(0.005)) - (await along(-0.005))) / 0.01 / norm).toBeCloseTo(1, 2);
  const light = await oneStep({ lr: 0, gSteps: 1 }, FIRST, backend, new Uint16Array(BATCH).fill(1));
  const half = g.length / 2;
  const m = light.values.get(`adam_m/${VECTORS}`)!;
  expect(m.subarray(0, half).every((value) => value === 0)).toBe(true);
  expect(m.subarray(half).some((value) => value !== 0)).toBe(true);
});

it("learns what the classes look like", async () => {
  const trainer = await Trainer.create(backend, CONFIG, { ...OPTIONS, lr: 2e-3 });
  for (let step = 0; step < 150; step++) await trainer.train(imagesOf(step), trainer.latent(step, labels));
  const file = decodeModel(encodeModel(CONFIG, modelSpecs(CONFIG), await trainer.values()));
  expect(file.config).toEqual(CONFIG);
  const sampler = await Sampler.create(backend, CONFIG, trainer.evaluated, 16);
  const stream = { seed: 1, purpose: PURPOSE.samples, index: 0 };
  const brightness = async (label: number) => {
    const made = await sampler.sample(drawLatent(CONFIG, stream, 16, new Uint16Array(16).fill(label)));
    return made.reduce((sum, value) => sum + value, 0) / made.length;
  };
  expect((await brightness(1)) - (await brightness(0))).toBeGreaterThan(0.7);
  await expect(sampler.sample(new Float32Array(4))).rejects.toThrow("4 values are no z of 6");
  expect(() => withoutClasses(file)).toThrow(/dark, light.*without --classes/);
});

it("both back ends do the same", async () => {
  const gpu = new WebGpuBackend(await openNodeDevice());
  const [here, there] = [await oneStep({}), await oneStep({}, FIRST, gpu)];
  gpu.destroy();
  expect(there.record.dLossReal).toBeCloseTo(here.record.dLossReal, 4);
  expect(there.record.gLoss[1]).toBeCloseTo(here.record.gLoss[1]!, 4);
  for (const name of [`adam_m/${VECTORS}`, "adam_m/generator/g_h0_lin/Matrix"]) {
    expect(there.values.get(name)!, name).toBeAllClose(here.values.get(name)!, { rel: 1e-3 });
  }
});

it("class names must be two or more, and different", () => {
  for (const classes of [[], ["one"], ["a", "a"], ["a", ""]]) {
    expect(() => checkConfig({ ...CONFIG, classes })).toThrow("two names or more, all different");
  }
});
