/** The parts of the loop that need no device: batches, waiting, diagnosis, score. */

import { openBackend } from "@kintsugi/backend";
import type { StepRecord } from "@kintsugi/dcgan";
import { bytesToValues } from "@kintsugi/images";
import { toyFaces } from "@kintsugi/images/toy";
import { describe, expect, it } from "vitest";
import { createBatches, stepsPerEpoch, type TrainingImages } from "../src/batches.js";
import { DeviceWait } from "../src/device_wait.js";
import { Diagnosis, varietyOf } from "../src/diagnosis.js";
import { createScore } from "../src/score.js";

describe("batches", () => {
  // Image n has the bytes n, n + 1, …, so that each place is told from the others.
  const images: TrainingImages = {
    count: 10,
    size: 2,
    channels: 3,
    bytes: Uint8Array.from({ length: 120 }, (_, i) => Math.floor(i / 12) * 20 + (i % 12)),
  };
  const options = { perStep: 3, seed: 4, flip: false };
  const bytesOf = (values: Float32Array) => [...values].map((value) => Math.round((value + 1) * 127.5));
  const which = (values: Float32Array) => [0, 1, 2].map((i) => Math.floor(bytesOf(values)[12 * i]! / 20));

  it("see each image once an epoch at most, in another order every epoch, by seed alone", () => {
    const batches = createBatches(images, options);
    const epochs = [0, 1].map((epoch) => [0, 1, 2].flatMap((step) => which(batches(3 * epoch + step))));
    expect(stepsPerEpoch(images, 3)).toBe(3);
    for (const epoch of epochs) expect(new Set(epoch).size).toBe(9);
    expect(epochs[1]).not.toEqual(epochs[0]);
    // In any order of asking.
    const other = createBatches(images, options);
    expect(which(other(4))).toEqual(epochs[1]!.slice(3, 6));
    expect(which(other(0))).toEqual(epochs[0]!.slice(0, 3));
    expect(which(createBatches(images, { ...options, seed: 5 })(0))).not.toEqual(epochs[0]!.slice(0, 3));
  });

  it("give values as the networks see them, and leave the batch before in peace", () => {
    const batches = createBatches(images, options);
    const first = batches(0);
    const kept = first.slice();
    batches(1);
    expect(first).toEqual(kept);
    expect(first.subarray(0, 12)).toEqual(bytesToValues(images.bytes.subarray(12 * which(first)[0]!).subarray(0, 12)));
  });

  it("are mirrored by a fair coin of seed and step", () => {
    const plain = createBatches(images, options);
    const flipped = createBatches(images, { ...options, flip: true });
    let mirrored = 0;
    for (let step = 0; step < 300; step++) {
      const [a, b] = [bytesOf(plain(step)), bytesOf(flipped(step))];
      for (let i = 0; i < 36; i += 12) {
        const [ul, ur, ll, lr] = [0, 3, 6, 9].map((place) => a.slice(i + place, i + place + 3));
        const seen = b.slice(i, i + 12);
        const isMirrored = seen[0] !== a[i];
        expect(seen).toEqual(isMirrored ? [...ur!, ...ul!, ...lr!, ...ll!] : a.slice(i, i + 12));
        if (isMirrored) mirrored++;
      }
    }
    // 900 coins: 450 ± 15.
    expect(Math.abs(mirrored - 450)).toBeLessThan(60);
    const again = createBatches(images, { ...options, flip: true });
    expect(bytesOf(again(7))).toEqual(bytesOf(flipped(7)));
  });
});

describe("DeviceWait", () => {
  /** A clock and work that ends when told. */
  const setUp = () => {
    let now = 0;
    const wait = new DeviceWait(() => now);
    const give = () => {
      wait.giving();
      let end = () => {};
      wait.given(new Promise<void>((resolve) => (end = resolve)));
      return async () => {
        end();
        await Promise.resolve();
      };
    };
    return { wait, give, pass: (milliseconds: number) => (now += milliseconds) };
  };

  it("is 0 while work overlaps", async () => {
    const { wait, give, pass } = setUp();
    let end = give();
    for (let i = 0; i < 5; i++) {
      pass(10);
      const next = give();
      await end();
      end = next;
    }
    expect(wait.share()).toBe(0);
  });

  it("is the time between the end of one and the beginning of the next, also across calls", async () => {
    const { wait, give, pass } = setUp();
    const end = give();
    pass(60);
    await end();
    pass(30);
    expect(wait.share()).toBeCloseTo(1 / 3);
    pass(10);
    give();
    pass(10);
    expect(wait.share()).toBeCloseTo(0.5);
  });

  it("counts from the beginning of a block behind which nothing could be seen", async () => {
    const { wait, give, pass } = setUp();
    const end = give();
    pass(50);
    wait.blocked(20);
    await end();
    give();
    pass(50);
    expect(wait.share()).toBeCloseTo(0.3);
  });
});

describe("Diagnosis", () => {
  const record = (step: number, dReal: number, dFake: number): StepRecord => ({
    ...{ step, lr: 1, dLossReal: 1, dLossFake: 1, gLoss: [1], dGradient: 1, gGradient: [1] },
    ...{ dReal, dFake },
  });
  const run = (from: number, count: number, dReal: number, dFake: number) =>
    Array.from({ length: count }, (_, i) => record(from + i + 1, dReal, dFake));

  it("says once in a thousand steps that D has won, and never of a healthy run", () => {
    expect(new Diagnosis(1).steps(run(0, 500, 0.7, 0.3))).toBeUndefined();
    const diagnosis = new Diagnosis(1);
    expect(diagnosis.steps(run(0, 99, 0.99, 0.01))).toBeUndefined();
    expect(diagnosis.steps(run(99, 50, 0.99, 0.01))).toMatch(/^D has won: .*0\.99.*0\.01.*--real-label/);
    expect(diagnosis.steps(run(149, 900, 0.99, 0.01))).toBeUndefined();
    expect(diagnosis.steps(run(1049, 200, 0.99, 0.01))).toContain("D has won");
    expect(diagnosis.steps(run(1249, 1500, 0.6, 0.4))).toBeUndefined();
  });

  it("sees samples that are all alike", () => {
    const images = bytesToValues(toyFaces({ seed: 1, count: 16, size: 16 }));
    const variety = varietyOf(images, 16);
    const alike = Float32Array.from({ length: images.length }, (_, i) => images[i % 768]! + 0.01 * Math.sin(i));
    const diagnosis = new Diagnosis(variety);
    expect(diagnosis.samples(1000, images, 16)).toBeUndefined();
    expect(diagnosis.samples(100, alike, 16)).toBeUndefined();
    expect(diagnosis.samples(1000, alike, 16)).toMatch(/G has collapsed: .* [123] %/);
    expect(diagnosis.samples(1500, alike, 16)).toBeUndefined();
  });

  it("measures variety as the mean deviation of a value over the images", () => {
    expect(varietyOf(Float32Array.of(1, 5, 3, 5), 2)).toBeCloseTo(0.5);
  });
});

it("the scores are 0 for the validation images themselves, and larger for others", async () => {
  const config = { size: 16, channels: 3, nz: 8, ngf: 4, ndf: 4, kernel: 5 };
  const bytes = toyFaces({ seed: 1, count: 24, size: 16 });
  const images = { count: 24, size: 16, channels: 3, bytes };
  const backend = await openBackend({ device: "cpu", precision: "f32" });
  const score = await createScore(backend, config, images, 0);
  const giving = (values: Float32Array) => async () => values;
  const values = bytesToValues(bytes);
  const same = await score(giving(values));
  expect(same.swd).toBe(0);
  expect(same.frechet).toBeCloseTo(0, 3);
  const other = await score(giving(values.map((value, i) => 0.5 * value + 0.5 * Math.sin(i * i))));
  expect(other.swd).toBeGreaterThan(50);
  expect(other.frechet).toBeGreaterThan(20);
  backend.destroy();
});
