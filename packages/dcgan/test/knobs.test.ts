/** Each knob of training, on a tiny model: its loss, its gradient, what it leaves alone; and all of them on both back ends. */
import { type Backend, concat, input, type Tensor } from "@kintsugi/autodiff";
import { WebGpuBackend } from "@kintsugi/backend-webgpu";
import { openNodeDevice } from "@kintsugi/gpu/node";
import {
  createVariables,
  initialValues,
  type NamedValues,
  normal,
  PURPOSE,
  placeTogether,
  State,
  type Statistics,
  uniform,
} from "@kintsugi/nn";
import { openNodeBackend } from "@kintsugi/onnx/node";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import "../../kernels/test/close.js";
import {
  averaged,
  type DcganConfig,
  DEFAULT_TRAINING,
  decodeModel,
  discriminator,
  discriminatorFeatures,
  drawLatent,
  encodeModel,
  generator,
  modelSpecs,
  Sampler,
  type StepRecord,
  Trainer,
  type TrainerOptions,
  trainingProgram,
  trainingSpecs,
} from "../src/index.js";

const CONFIG: DcganConfig = { size: 16, channels: 3, nz: 6, ngf: 4, ndf: 4, kernel: 5 };
const BATCH = 4;
const OPTIONS: TrainerOptions = { ...DEFAULT_TRAINING, batch: BATCH, gSteps: 1, lr: 2e-4, seed: 3 };
const IMAGE = 16 * 16 * 3;
const imagesOf = (index: number, count = BATCH) => uniform({ seed: 9, purpose: PURPOSE.samples, index }, count * IMAGE);
const latentOf = (index: number, count = BATCH) => uniform({ seed: 9, purpose: PURPOSE.z, index }, count * CONFIG.nz);
const join = (a: Float32Array, b: Float32Array) => Float32Array.from([...a, ...b]);

/** Larger weights than a run begins with, so that every loss has something to say. */
const FIRST: NamedValues = new Map(
  [...initialValues(trainingSpecs(CONFIG), 3)].map(([name, values]) => [
    name,
    /\/(w|Matrix)$/.test(name) && !name.startsWith("adam") ? values.map((value) => 5 * value) : values,
  ]),
);

// Each knob is another program: the CPU's compile in no time.
let backend: Backend;
beforeAll(async () => {
  backend = await openNodeBackend();
});
afterAll(() => backend.destroy());

interface Outcome {
  readonly record: StepRecord;
  readonly values: NamedValues;
}

async function oneStep(
  options: Partial<TrainerOptions>,
  { images = imagesOf(0), z = latentOf(0), from = FIRST } = {},
): Promise<Outcome> {
  const trainer = await Trainer.create(backend, CONFIG, { ...OPTIONS, ...options }, { values: from, step: 0 });
  await trainer.train(images, z);
  return { record: (await trainer.fetchRecords())[0]!, values: await trainer.values() };
}

/** The gradients of a first step, from the moments that Adam keeps: m = (1 − β₁)·g. */
function gradients({ values }: Outcome, network: string): Map<string, Float32Array> {
  const prefix = `adam_m/${network}/`;
  const moments = [...values].filter(([name]) => name.startsWith(prefix));
  return new Map(moments.map(([name, m]) => [name.slice("adam_m/".length), m.map((value) => 2 * value)]));
}

const isOfG = (name: string) => /^(adam_[mv]\/)?generator\//.test(name);

function normOf(all: ReadonlyMap<string, Float32Array>): number {
  return Math.sqrt([...all.values()].reduce((sum, g) => sum + g.reduce((inner, value) => inner + value * value, 0), 0));
}

const softplus = (x: number) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
const meanOf = (values: ArrayLike<number>) => Array.from(values).reduce((sum, value) => sum + value, 0) / values.length;

/** What the networks make of inputs in training mode, computed by a program of its own. */
async function look(real: Float32Array, z: Float32Array, noise: Float32Array) {
  const trainer = await Trainer.create(backend, CONFIG, OPTIONS, { values: FIRST, step: 0 });
  const state = new State(trainer.variables);
  const statistics: Statistics[] = [];
  const mode = (groups: number) =>
    ({ training: true, groups, onStatistics: (one: Statistics) => statistics.push(one) }) as const;
  const [x, y] = [input("real", [BATCH, 16, 16, 3]), input("seen", [BATCH, 16, 16, 3])];
  const fakes = generator(state, CONFIG, input("z", [BATCH, CONFIG.nz]), mode(1));
  const make = await backend.compile({ name: "make", outputs: { fakes } });
  await make.run({ z });
  const made = (await make.read("fakes")).fakes!;
  const features = (seen: Tensor) => discriminatorFeatures(state, CONFIG, seen, mode(1));
  const program = await backend.compile({
    name: "look",
    outputs: { logits: discriminator(state, CONFIG, concat(x, y), mode(2)), real: features(x), fake: features(y) },
  });
  const plus = (values: Float32Array, from: number) => values.map((value, i) => value + noise[from + i]!);
  await program.run({ real: plus(real, 0), seen: plus(made, real.length) });
  return program.read("logits", "real", "fake");
}

describe("losses", () => {
  const SILENCE = new Float32Array(2 * BATCH * IMAGE);

  it("one-sided label smoothing moves the goal of real images alone", async () => {
    const { record } = await oneStep({ realLabel: 0.9 });
    const { logits } = await look(imagesOf(0), latentOf(0), SILENCE);
    const [real, fake] = [logits!.slice(0, BATCH), logits!.slice(BATCH)];
    expect(record.dLossReal).toBeCloseTo(meanOf(real.map((a) => softplus(a) - 0.9 * a)), 4);
    expect(record.dLossFake).toBeCloseTo(meanOf(fake.map(softplus)), 4);
  });

  it("instance noise lies over real images and fakes, drawn from seed and step, and falls to 0", async () => {
    const options = { ...OPTIONS, noise: 0.5, noiseSteps: 2 };
    const trainer = await Trainer.create(backend, CONFIG, options, { values: FIRST, step: 0 });
    for (let step = 0; step < 4; step++) await trainer.train(imagesOf(step), latentOf(step));
    const [first, , third] = await trainer.fetchRecords();
    const noise = normal({ seed: OPTIONS.seed, purpose: PURPOSE.noise, index: 0 }, SILENCE.length, 0.5);
    const { logits } = await look(imagesOf(0), latentOf(0), noise);
    expect(first!.dLossReal).toBeCloseTo(meanOf(logits!.slice(0, BATCH).map((a) => softplus(-a))), 4);
    expect(first!.dLossFake).toBeCloseTo(meanOf(logits!.slice(BATCH).map(softplus)), 4);

    // After two steps there is silence: from the same state, a run without noise does the same.
    const state = await Trainer.create(backend, CONFIG, options, { values: FIRST, step: 0 });
    for (let step = 0; step < 2; step++) await state.train(imagesOf(step), latentOf(step));
    const quiet = await Trainer.create(backend, CONFIG, OPTIONS, { values: await state.values(), step: 2 });
    for (let step = 2; step < 4; step++) await quiet.train(imagesOf(step), latentOf(step));
    const [same] = await quiet.fetchRecords();
    expect(third).toEqual(same);
    expect([...(await quiet.values())]).toEqual([...(await trainer.values())]);
  });

  it("feature matching is the mean distance of D's mean features", async () => {
    // At rate 0, D is for G's step as it was before.
    const { record } = await oneStep({ generatorLoss: "featureMatching", lr: 0 });
    const { real, fake } = await look(imagesOf(0), latentOf(0), SILENCE);
    const width = real!.length / BATCH;
    const column = (values: Float32Array, i: number) => meanOf(values.filter((_, at) => at % width === i));
    const distances = Array.from({ length: width }, (_, i) => Math.abs(column(real!, i) - column(fake!, i)));
    expect(record.gLoss[0]).toBeCloseTo(meanOf(distances), 4);
  });
});

describe("gradients", () => {
  const CASES: Record<string, Partial<TrainerOptions>> = {
    "no knob": {},
    "smoothed labels": { realLabel: 0.8 },
    noise: { noise: 0.3 },
    "feature matching": { generatorLoss: "featureMatching" },
    "two batches": { accumulate: 2 },
  };

  it.each(Object.entries(CASES))("with %s are those of the losses, and the norms are theirs", async (_, knob) => {
    const given = {
      images: imagesOf(1, BATCH * (knob.accumulate ?? 1)),
      z: latentOf(1, BATCH * (knob.accumulate ?? 1)),
    };
    const still = { ...knob, lr: 0 };
    const outcome = await oneStep(still, given);
    for (const [network, norm, loss] of [
      ["discriminator", outcome.record.dGradient, (r: StepRecord) => r.dLossReal + r.dLossFake],
      ["generator", outcome.record.gGradient[0]!, (r: StepRecord) => r.gLoss[0]!],
    ] as const) {
      const found = gradients(outcome, network);
      expect(norm).toBeCloseTo(normOf(found), 4);
      // Along its own direction the loss rises by the norm of its gradient. The step is short enough for the bends of the
      // networks and long enough for float32.
      const length = 0.01;
      const [up, down] = await Promise.all(
        [length, -length].map(async (step) => {
          const from = new Map(FIRST);
          for (const [name, g] of found) {
            from.set(
              name,
              FIRST.get(name)!.map((value, i) => value + (step * g[i]!) / norm),
            );
          }
          return loss((await oneStep(still, { ...given, from })).record);
        }),
      );
      expect((up! - down!) / (2 * length) / norm, network).toBeCloseTo(1, 1);
    }
  });

  it("of two batches are the mean of each one's", async () => {
    const both = await oneStep(
      { accumulate: 2 },
      { images: join(imagesOf(1), imagesOf(2)), z: join(latentOf(1), latentOf(2)) },
    );
    const [one, two] = [1, 2].map((i) => oneStep({}, { images: imagesOf(i), z: latentOf(i) }));
    const [a, b] = [gradients(await one!, "discriminator"), gradients(await two!, "discriminator")];
    for (const [name, g] of gradients(both, "discriminator")) {
      const mean = a.get(name)!.map((value, i) => (value + b.get(name)![i]!) / 2);
      expect(g, name).toBeAllClose(mean, { rel: 1e-5 });
    }
  });

  it("of a batch given twice are to the bit those of the batch given once", async () => {
    const [images, z] = [imagesOf(1), latentOf(1)];
    const once = await oneStep({}, { images, z });
    const twice = await oneStep({ accumulate: 2 }, { images: join(images, images), z: join(z, z) });
    const parameters = ({ values }: Outcome) => [...values].filter(([name]) => !name.includes("moving"));
    expect(parameters(twice)).toEqual(parameters(once));
  });
});

describe("updates of D", () => {
  it("come before those of G, each on its own images with its own rate", async () => {
    const [images, z] = [join(imagesOf(1), imagesOf(2)), join(latentOf(1), latentOf(2))];
    const both = await oneStep({ dSteps: 2, lr: 0.01 }, { images, z });
    // The same by hand: G's update of the first step undone, D's of the second begun where the first left it.
    const first = await oneStep({ lr: 0.01 }, { images: imagesOf(1), z: latentOf(1) });
    const undone = new Map([...first.values].map(([name, value]) => [name, isOfG(name) ? FIRST.get(name)! : value]));
    const trainer = await Trainer.create(backend, CONFIG, { ...OPTIONS, lr: 0.01 }, { values: undone, step: 1 });
    await trainer.train(imagesOf(2), latentOf(2));
    const [second] = await trainer.fetchRecords();
    const values = await trainer.values();
    for (const [name, value] of both.values) if (!isOfG(name)) expect(value, name).toEqual(values.get(name));
    expect({ ...both.record, step: 2 }).toEqual(second);
    // G's is its first.
    expect(both.values.get("generator/g_h1/w")).not.toEqual(FIRST.get("generator/g_h1/w"));
    expect(gradients(both, "generator")).toEqual(gradients({ record: second!, values }, "generator"));
  });

  it("take so many images in a step, and z with them", async () => {
    const trainer = await Trainer.create(backend, CONFIG, { ...OPTIONS, dSteps: 3, accumulate: 2, gSteps: 1 });
    expect(trainer.imagesPerStep).toBe(6 * BATCH);
    await trainer.train(imagesOf(0, 6 * BATCH));
    const [record] = await trainer.fetchRecords();
    expect([record!.dLossReal, record!.dGradient, ...record!.gLoss].every(Number.isFinite)).toBe(true);
  });
});

it("D's outputs are those that its loss is made of", async () => {
  const trainer = await Trainer.create(backend, CONFIG, { ...OPTIONS, dSteps: 2 }, { values: FIRST, step: 0 });
  await trainer.train(imagesOf(1, 2 * BATCH), latentOf(1, 2 * BATCH));
  const { real, fake } = await trainer.fetchJudged();
  const [record] = await trainer.fetchRecords();
  expect([real.length, fake.length]).toEqual([BATCH, BATCH]);
  expect(meanOf(real)).toBeCloseTo(record!.dReal, 5);
  expect(meanOf(fake)).toBeCloseTo(record!.dFake, 5);
  expect(meanOf(real.map((p) => -Math.log(p)))).toBeCloseTo(record!.dLossReal, 4);
});

describe("the average of G's weights", () => {
  it("follows them, closely at first, and changes nothing else; it is what is evaluated", async () => {
    const ema = 0.2;
    const [with_, without] = await Promise.all(
      [ema, 0].map((ema) => Trainer.create(backend, CONFIG, { ...OPTIONS, ema })),
    );
    const name = "generator/g_h1/w";
    const first = (await with_!.values()).get(name)!;
    expect((await with_!.values()).get(`ema/${name}`)).toEqual(first);
    let expected = Float64Array.from(first);
    for (const [step, decay] of [1 / 10, 2 / 11, ema].entries()) {
      for (const trainer of [with_!, without!]) await trainer.train(imagesOf(step), latentOf(step));
      const latest = (await without!.values()).get(name)!;
      expected = expected.map((value, i) => decay * value + (1 - decay) * latest[i]!);
    }
    const values = await with_!.values();
    for (const [key, plain] of await without!.values()) expect(values.get(key), key).toEqual(plain);
    expect(values.get(`ema/${name}`)!).toBeAllClose(expected, { rel: 1e-6 });

    expect([...averaged(values).keys()].sort()).toEqual([...FIRST.keys()].sort());
    expect(averaged(values).get(name)).toEqual(values.get(`ema/${name}`));
    const seen = await Sampler.create(backend, CONFIG, with_!.evaluated, BATCH);
    const saved = decodeModel(encodeModel(CONFIG, modelSpecs(CONFIG), averaged(values))).values;
    const loaded = await Trainer.create(backend, CONFIG, OPTIONS, { values: new Map([...values, ...saved]), step: 0 });
    const again = await Sampler.create(backend, CONFIG, loaded.variables, BATCH);
    expect(await again.sample(latentOf(0))).toEqual(await seen.sample(latentOf(0)));
  });
});

describe("numbers that change by plan", () => {
  it("the rate stays, then falls linearly to 0", async () => {
    const trainer = await Trainer.create(backend, CONFIG, { ...OPTIONS, lr: 0.1, lrDecay: { from: 2, to: 6 } });
    for (let step = 0; step < 7; step++) await trainer.train(imagesOf(0));
    const rates = (await trainer.fetchRecords()).map(({ lr }) => lr);
    expect(rates).toBeAllClose([0.1, 0.1, 0.1, 0.075, 0.05, 0.025, 0], { atol: 1e-12 });
  });

  it("z is uniform or normal, as the model says", () => {
    const stream = { seed: 1, purpose: PURPOSE.z, index: 0 };
    const flat = drawLatent({ ...CONFIG, nz: 100 }, stream, 100);
    expect(Math.max(...flat.map(Math.abs))).toBeLessThanOrEqual(1);
    expect(drawLatent({ ...CONFIG, nz: 100, z: "uniform" }, stream, 100)).toEqual(flat);
    const bell = drawLatent({ ...CONFIG, nz: 100, z: "normal" }, stream, 100);
    expect(meanOf(bell)).toBeCloseTo(0, 1);
    expect(meanOf(bell.map((value) => value * value))).toBeCloseTo(1, 1);
    const config: DcganConfig = { ...CONFIG, z: "normal" };
    const file = encodeModel(config, modelSpecs(config), FIRST);
    expect(decodeModel(file).config).toEqual(config);
  });
});

it("all knobs together do the same on both back ends, and repeat to the bit", async () => {
  const config: DcganConfig = { ...CONFIG, z: "normal" };
  const options: TrainerOptions = {
    ...OPTIONS,
    accumulate: 2,
    gSteps: 2,
    realLabel: 0.9,
    noise: 0.2,
    noiseSteps: 10,
    ema: 0.9,
    generatorLoss: "featureMatching",
    lrDecay: { from: 1, to: 4 },
  };
  const runOn = async (where: Backend) => {
    const from = { values: new Map([...FIRST, ...ema]), step: 0 };
    const trainer = await Trainer.create(where, config, options, from);
    for (let step = 0; step < 3; step++) await trainer.train(imagesOf(step, 2 * BATCH));
    return { records: await trainer.fetchRecords(), values: await trainer.values() };
  };
  const ema = trainingSpecs(config, options).flatMap(({ name }) =>
    name.startsWith("ema/") ? [[name, FIRST.get(name.slice(4))!] as const] : [],
  );
  const gpu = new WebGpuBackend(await openNodeDevice());
  const [here, there, again] = [await runOn(backend), await runOn(gpu), await runOn(gpu)];
  // The average of all weights is one dispatch.
  const variables = createVariables(trainingSpecs(config, options));
  placeTogether(gpu, variables);
  const dispatches = async (ema: number) =>
    (await gpu.compile(trainingProgram(config, { ...options, noisy: true, ema }, variables))).recording.dispatches
      .length;
  expect(await dispatches(0.9)).toBe((await dispatches(0)) + 1);
  gpu.destroy();
  expect(again).toEqual(there);
  const numbers = ({ records }: typeof here) =>
    records.flatMap(({ dLossReal, dLossFake, gLoss, dReal, dFake, dGradient, gGradient }) => [
      ...[dLossReal, dLossFake, ...gLoss, dReal, dFake, dGradient, ...gGradient],
    ]);
  expect(numbers(there)).toBeAllClose(numbers(here), { rtol: 1e-3 });
  const average = "ema/generator/g_h1/w";
  expect(there.values.get(average)!).toBeAllClose(here.values.get(average)!, { rel: 1e-3 });
});
