/** The encoder: that it learns, that its file is read again or refused, and that searches begin at what it proposes. */
import type { Backend } from "@kintsugi/autodiff";
import { writeSafetensors } from "@kintsugi/nn";
import { openNodeBackend } from "@kintsugi/onnx/node";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import "../../kernels/test/close.js";
import {
  type CompleteOptions,
  complete,
  createSearch,
  decodeEncoder,
  type EncoderFile,
  EncoderTrainer,
  encodeEncoder,
  type Losses,
  masks,
  type Networks,
  Proposer,
  Starts,
  trainingMask,
} from "../src/index.js";
import { BLOCK, CONFIG, golden, goldenMasks, IMAGES, loadGoldenModel } from "./golden.js";

const TRAINING = { batch: 16, width: 8, lr: 0.003, seed: 3, steps: 120 };

let backend: Backend;
let networks: Networks;
let learned: EncoderFile;
let losses: number[];
beforeAll(async () => {
  backend = await openNodeBackend();
  networks = loadGoldenModel(backend);
  const trainer = await EncoderTrainer.create(backend, networks, TRAINING);
  while (trainer.step < TRAINING.steps) await trainer.train();
  losses = await trainer.fetchLosses();
  learned = await trainer.file();
  trainer.destroy();
});
afterAll(() => backend.destroy());

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

describe("training", () => {
  it("learns z from the model's own pictures", () => {
    expect(losses.length).toBe(TRAINING.steps);
    expect(mean(losses.slice(0, 10))).toBeGreaterThan(0.3); // a proposal of 0 has 1/3
    expect(mean(losses.slice(-10))).toBeLessThan(0.27);
    expect(learned.metadata).toMatchObject({ step: "120", steps: "120", seed: "3" });
  });

  it("is a function of the seed", async () => {
    const after = async (seed: number) => {
      const trainer = await EncoderTrainer.create(backend, networks, { ...TRAINING, seed });
      for (let i = 0; i < 4; i++) await trainer.train();
      const made = await trainer.fetchLosses();
      trainer.destroy();
      return made;
    };
    const [made, again, other] = [await after(3), await after(3), await after(4)];
    expect(made).toEqual(again);
    expect(made).toEqual(losses.slice(0, 4));
    expect(other).not.toEqual(made);
  });

  it("damages by masks of every kind, none of which takes all", () => {
    for (let image = 0; image < 24; image++) {
      const mask = trainingMask(64, 1, image);
      expect(masks.missing(mask) / 4096, String(image)).toBeGreaterThan(0.05);
      expect(masks.missing(mask) / 4096, String(image)).toBeLessThan(0.95);
      expect(trainingMask(64, 1, image)).toEqual(mask);
    }
  });
});

describe("the file", () => {
  it("is read as it was written", () => {
    const { config, values, metadata } = decodeEncoder(encodeEncoder(learned), CONFIG);
    expect(config).toEqual({ size: 16, channels: 3, nz: 8, width: 8 });
    expect(metadata).toMatchObject({ format: "kintsugi.encoder/1", step: "120" });
    for (const [name, found] of values) expect(found, name).toEqual(learned.values.get(name));
  });

  it.each([
    ["another model's", () => encodeEncoder(learned), { ...CONFIG, nz: 9 }, /made for 16×16×3 and z of 8/],
    ["a model", () => writeSafetensors(new Map(), { format: "kintsugi.dcgan/1" }), CONFIG, /no encoder/],
    ["damaged", () => encodeEncoder(learned).subarray(0, 4000), CONFIG, /./],
    [
      "incomplete",
      () =>
        writeSafetensors(new Map(), { ...learned.metadata, format: "kintsugi.encoder/1", "kintsugi.encoder": "{}" }),
      CONFIG,
      /configuration is damaged/,
    ],
  ] as const)("refuses what is %s", (_, bytes, config, message) => {
    expect(() => decodeEncoder(bytes(), config)).toThrow(message);
    expect(() => decodeEncoder(bytes(), config)).toThrow(expect.objectContaining({ name: "ModelError" }));
  });
});

describe("proposals", () => {
  const wanted = { images: golden("images"), masks: goldenMasks("center") };

  it("do not depend on what is missing, on the batch, or on the other images", async () => {
    const [two, one] = [await Proposer.create(backend, learned, 2), await Proposer.create(backend, learned, 1)];
    const z = await two.z(wanted.images, wanted.masks);
    const stride = wanted.images.length / IMAGES;
    const noisy = wanted.images.map((value, at) => {
      const { pixels } = wanted.masks[Math.floor(at / stride)]!;
      return pixels[Math.floor((at % stride) / 3)] === 0 ? 0.77 : value;
    });
    expect(z.length).toBe(IMAGES * CONFIG.nz);
    expect(await one.z(noisy, wanted.masks)).toBeAllClose(z, { atol: 1e-6 });
    expect(z.every((value) => Math.abs(value) <= 1)).toBe(true);
    two.destroy();
    one.destroy();
  });

  it("are chosen where they agree better than the pool, each for its own image", async () => {
    const search = await createSearch(backend, networks, { batch: IMAGES, block: BLOCK, optimizer: { kind: "lbfgs" } });
    search.start({ ...wanted, z: golden("z0") });
    await search.iterate(25);
    const found = await search.readZ();
    search.destroy();
    const starts = await Starts.create(backend, networks, { batch: 4, seed: 9 });
    expect(await starts.choose(wanted, 6, 1, found)).toEqual(found);
    const swapped = await starts.choose(wanted, 6, 1, found.toReversed());
    expect(swapped).not.toEqual(found.toReversed());
    starts.destroy();
  });

  it("begin the searches of a run", async () => {
    const first = async (encoder: EncoderFile | undefined, starts: number) => {
      const stride = wanted.images.length / IMAGES;
      const seen: Losses[] = [];
      const options: CompleteOptions = {
        ...{ batch: 2, iterations: 1, outInterval: 0, seed: 0, starts },
        optimizer: { kind: "lbfgs" },
      };
      await complete(
        backend,
        { ...networks, ...(encoder ? { encoder } : {}) },
        {
          count: IMAGES,
          values: (from, count) => wanted.images.subarray(from * stride, (from + count) * stride),
          mask: (image) => wanted.masks[image]!,
        },
        options,
        { onLosses: (_, all) => void seen.push(...all.filter(({ iteration }) => iteration === 0)) },
      );
      return seen.flatMap(({ total }) => [...total]);
    };
    const proposer = await Proposer.create(backend, learned, IMAGES);
    const search = await createSearch(backend, networks, { batch: IMAGES });
    search.start({ ...wanted, z: await proposer.z(wanted.images, wanted.masks) });
    const { total } = await search.evaluate();
    search.destroy();
    proposer.destroy();
    expect(Float32Array.from(await first(learned, 1))).toBeAllClose(total, { rel: 1e-5 });
    const [pool, both] = [await first(undefined, 8), await first(learned, 8)];
    both.forEach((loss, i) => {
      expect(loss / Math.min(pool[i]!, total[i]!)).toBeCloseTo(1, 4);
    });
  });
});
