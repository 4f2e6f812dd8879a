/** What keeps D in check, as training has it: hinge, weight decay, two rates, and all of it together. */
import { type Backend, concat, input } from "@kintsugi/autodiff";
import { WebGpuBackend } from "@kintsugi/backend-webgpu";
import { openNodeDevice } from "@kintsugi/gpu/node";
import { type NamedValues, State } from "@kintsugi/nn";
import { openNodeBackend } from "@kintsugi/onnx/node";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { random } from "../../kernels/test/harness.js";
import "../../kernels/test/close.js";
import {
  type DcganConfig,
  DEFAULT_TRAINING,
  decodeModel,
  discriminator,
  encodeModel,
  generator,
  RECIPES,
  Trainer,
  type TrainerOptions,
  trainingSpecs,
} from "../src/index.js";

const CONFIG: DcganConfig = { size: 16, channels: 3, nz: 6, ngf: 4, ndf: 4, kernel: 5 };
const BATCH = 4;
const OPTIONS: TrainerOptions = { ...DEFAULT_TRAINING, batch: BATCH, gSteps: 1, lr: 2e-4, seed: 3 };
const imagesOf = (index: number, count = BATCH) => random(count * 16 * 16 * 3, index);

let backend: Backend;
beforeAll(async () => {
  backend = await openNodeBackend();
});
afterAll(() => backend.destroy());

async function valuesAfter(steps: number, options: Partial<TrainerOptions>): Promise<NamedValues> {
  const trainer = await Trainer.create(backend, CONFIG, { ...OPTIONS, ...options });
  for (let step = 0; step < steps; step++) await trainer.train(imagesOf(step));
  return trainer.values();
}

it("hinge is max(0, 1 − D(x)) and max(0, 1 + D(G(z))), and G's loss is −D(G(z))", async () => {
  // At rate 0, D is for G's step as it was before.
  const trainer = await Trainer.create(backend, CONFIG, { ...OPTIONS, loss: "hinge", lr: 0 });
  const state = new State(trainer.variables);
  const mode = (groups: number) => ({ training: true, groups, onStatistics: () => {} }) as const;
  const fakes = generator(state, CONFIG, input("z", [BATCH, CONFIG.nz]), mode(1));
  const seen = concat(input("x", [BATCH, 16, 16, 3]), fakes);
  const look = await backend.compile({
    name: "look",
    outputs: { logits: discriminator(state, CONFIG, seen, mode(2)) },
  });
  await look.run({ x: imagesOf(1), z: trainer.latent(0) });
  const { logits } = await look.read("logits");
  await trainer.train(imagesOf(1));
  const [record] = await trainer.fetchRecords();
  const mean = (values: Float32Array) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const [real, fake] = [logits!.slice(0, BATCH), logits!.slice(BATCH)];
  expect(record!.dLossReal).toBeCloseTo(mean(real.map((a) => Math.max(0, 1 - a))), 5);
  expect(record!.dLossFake).toBeCloseTo(mean(fake.map((a) => Math.max(0, 1 + a))), 5);
  expect(record!.gLoss[0]).toBeCloseTo(-mean(fake), 5);
});

describe("R1", () => {
  // Without norms D is piecewise linear: the slope of one image's logit is that of no other's.
  const plain: DcganConfig = { ...CONFIG, dNorm: "none" };
  const images = imagesOf(1);

  /** The logits of images in float64, by plain loops over the taps. */
  function logitsOf(values: NamedValues, x: Float64Array): number[] {
    let [side, channels, pixels] = [16, 3, x];
    for (const name of ["d_h0_conv", "d_h1_conv"]) {
      const [w, bias] = ["w", "biases"].map((part) => values.get(`discriminator/${name}/${part}`)!) as [
        Float32Array,
        Float32Array,
      ];
      const [half, outputs, from, depth] = [side / 2, bias.length, side, channels];
      const next = new Float64Array(BATCH * half * half * outputs);
      for (let at = 0; at < next.length; at++) {
        const [n, i, j, p] = [
          Math.floor(at / (half * half * outputs)),
          Math.floor(at / (half * outputs)) % half,
          Math.floor(at / outputs) % half,
          at % outputs,
        ];
        let total = bias[p]!;
        // SAME for 5 taps at stride 2: one pixel before.
        for (let tap = 0; tap < 25; tap++) {
          const [h, v] = [2 * i - 1 + Math.floor(tap / 5), 2 * j - 1 + (tap % 5)];
          if (h < 0 || v < 0 || h >= from || v >= from) continue;
          for (let q = 0; q < depth; q++) {
            total += pixels[((n * from + h) * from + v) * depth + q]! * w[(tap * depth + q) * outputs + p]!;
          }
        }
        next[at] = total >= 0 ? total : 0.2 * total;
      }
      [side, channels, pixels] = [half, outputs, next];
    }
    const matrix = values.get("discriminator/d_h1_lin/Matrix")!;
    const features = matrix.length;
    return Array.from({ length: BATCH }, (_, n) =>
      matrix.reduce((sum, value, a) => sum + value * pixels[n * features + a]!, 0),
    );
  }

  /** weight/2 · mean ‖∇D‖², by central differences of the logits. */
  function penaltyOf(values: NamedValues, weight: number): number {
    const x = Float64Array.from(images);
    let total = 0;
    for (let i = 0; i < x.length; i++) {
      const [kept, n] = [x[i]!, Math.floor(i / (16 * 16 * 3))];
      x[i] = kept + 1e-6;
      const up = logitsOf(values, x)[n]!;
      x[i] = kept - 1e-6;
      total += ((up - logitsOf(values, x)[n]!) / 2e-6) ** 2;
      x[i] = kept;
    }
    return (weight * total) / (2 * BATCH);
  }

  it("is half the weight times the mean squared slope of the logit, and its gradient is D's", async () => {
    const first = await (await Trainer.create(backend, plain, OPTIONS)).values();
    // Weights large enough for the slope to matter.
    const from = new Map([...first].map(([name, v]) => [name, name.endsWith("/w") ? v.map((x) => 8 * x) : v]));
    const after = async (r1: number, changed: NamedValues = from) => {
      const trainer = await Trainer.create(backend, plain, { ...OPTIONS, r1, lr: 0 }, { values: changed, step: 0 });
      await trainer.train(images);
      const [record] = await trainer.fetchRecords();
      return { penalty: record!.penalty, values: await trainer.values() };
    };
    const [none, some] = [await after(0), await after(4)];
    expect(none.penalty).toBeUndefined();
    expect(some.penalty! / penaltyOf(from, 4)).toBeCloseTo(1, 4);

    // The gradient from the first moment, m = (1 − β₁)·g; the penalty's is what it adds.
    const name = "discriminator/d_h1_conv/w";
    const added = some.values.get(`adam_m/${name}`)!.map((m, i) => 2 * (m - none.values.get(`adam_m/${name}`)![i]!));
    const norm = Math.hypot(...added);
    const moved = (step: number) =>
      penaltyOf(new Map([...from, [name, from.get(name)!.map((value, i) => value + (step * added[i]!) / norm)]]), 4);
    expect((moved(1e-3) - moved(-1e-3)) / 2e-3 / norm).toBeCloseTo(1, 2);
  });
});

it("weight decay takes its share of every trained number, times the rate, and moments know nothing of it", async () => {
  const [decayed, plain, first] = [
    await valuesAfter(1, { weightDecay: 0.5, lr: 0.01 }),
    await valuesAfter(1, { lr: 0.01 }),
    await valuesAfter(0, {}),
  ];
  const name = "discriminator/d_h1_conv/w";
  expect(decayed.get(`adam_m/${name}`)).toEqual(plain.get(`adam_m/${name}`));
  const expected = plain.get(name)!.map((value, i) => value - 0.01 * 0.5 * first.get(name)![i]!);
  expect(decayed.get(name)!).toBeAllClose(expected, { atol: 1e-8 });
  const gamma = "generator/g_bn0/gamma";
  expect(decayed.get(gamma)![0]! - plain.get(gamma)![0]!).toBeCloseTo(-0.005, 6);
});

it("D has a rate of its own where it is given one", async () => {
  const both = await valuesAfter(1, { lr: 0.01, lrD: 0.002 });
  const alike = await valuesAfter(1, { lr: 0.002 });
  const quick = await valuesAfter(1, { lr: 0.01 });
  for (const [name, value] of both) if (name.startsWith("discriminator")) expect(value, name).toEqual(alike.get(name));
  const name = "generator/g_h1/w";
  expect(both.get(name)).not.toEqual(alike.get(name));
  // G's first step of Adam is by its rate, whatever D made of the gradient.
  const first = await valuesAfter(0, {});
  const reach = (values: NamedValues) =>
    Math.max(...values.get(name)!.map((v, i) => Math.abs(v - first.get(name)![i]!)));
  expect(reach(both)).toBeCloseTo(reach(quick), 4);
});

describe("the recipe", () => {
  const { config, training } = RECIPES["small-data"];
  const shaped = (dNorm: "batch" | "none"): DcganConfig => ({
    ...{ ...CONFIG, ...config, dNorm },
    ...{ classes: ["a", "b"], minibatchKernels: 2 },
  });
  const options: TrainerOptions = {
    ...OPTIONS,
    ...training,
    augment: { colour: 0.8, translation: 1, cutout: 0.5 },
    weightDecay: 0.01,
    r1: 0.5,
    accumulate: 2,
    batch: BATCH,
  };
  const perStep = 4 * BATCH;
  const run = async (
    where: Backend,
    shape: DcganConfig,
    steps: readonly number[],
    from?: { values: NamedValues; step: number },
  ) => {
    const trainer = await Trainer.create(where, shape, options, from);
    for (const step of steps) await trainer.train(imagesOf(step, perStep));
    return { records: await trainer.fetchRecords(), values: await trainer.values() };
  };
  const numbers = ({ records }: Awaited<ReturnType<typeof run>>) =>
    records.flatMap(({ dLossReal, dLossFake, gLoss, dGradient, gGradient }) => [
      ...[dLossReal, dLossFake, ...gLoss, dGradient, ...gGradient],
    ]);

  it.each(["batch", "none"] as const)(
    "with classes, measures, several batches and D's norm %s is the same on both back ends, and goes on to the bit",
    async (dNorm) => {
      const all = shaped(dNorm);
      const whole = await run(backend, all, [0, 1, 2, 3]);
      const half = await run(backend, all, [0, 1]);
      // Through a file, as checkpoints go.
      const file = encodeModel(all, trainingSpecs(all, options), half.values);
      const { values } = decodeModel(file, (shape) => trainingSpecs(shape, options));
      const rest = await run(backend, all, [2, 3], { values, step: 2 });
      expect(rest.records).toEqual(whole.records.slice(2));
      expect([...rest.values]).toEqual([...whole.values]);

      const gpu = new WebGpuBackend(await openNodeDevice());
      const there = await run(gpu, all, [0, 1]);
      gpu.destroy();
      expect(numbers(there)).toBeAllClose(numbers(half), { rtol: 2e-3 });
      for (const [name, value] of there.values) {
        if (name.endsWith("/u")) expect(value, name).toBeAllClose(half.values.get(name)!, { atol: 1e-3 });
      }
    },
  );

  it("blog is what is the default without a recipe", () => {
    const { lr, lrD, ...blog } = RECIPES.blog.training;
    expect(DEFAULT_TRAINING).toMatchObject(blog);
    expect([lr, lrD]).toEqual([2e-4, 2e-4]);
  });
});
