import { describe, expect, it } from "vitest";
import { type BatchShape, bytesToValues, ImageError, slicedWasserstein, slices } from "../src/index.js";
import { toyFaces } from "../src/toy.js";
import { drawsOf } from "../src/toy-random.js";

const COUNT = 48;
const SHAPE: BatchShape = [COUNT, 32, 32, 3];
const faces = (start: number) => bytesToValues(toyFaces({ seed: 4, start, count: COUNT, size: 32 }));
const FIRST = faces(0);
const SECOND = faces(COUNT);
const OPTIONS = { directions: 64, patches: 1024 };
const distance = (values: Float32Array) =>
  slicedWasserstein(slices(FIRST, SHAPE, OPTIONS), slices(values, SHAPE, OPTIONS));

/** The same pictures with noise between −sigma and sigma. */
const noisy = (values: Float32Array, sigma: number): Float32Array => {
  const draws = drawsOf(1, 1);
  return values.map((value) => value + draws.between(-sigma, sigma));
};

describe("slicedWasserstein", () => {
  it("is 0 between identical sets, and small between two draws of one distribution", () => {
    expect(distance(FIRST)).toEqual({ mean: 0, levels: [0, 0] });
    // What remains is chance: it falls with the number of pictures.
    const apart = (count: number) => {
      const shape: BatchShape = [count, 32, 32, 3];
      const [a, b] = [FIRST, SECOND].map((set) => slices(set.subarray(0, count * 32 * 32 * 3), shape, OPTIONS));
      return slicedWasserstein(a!, b!).mean;
    };
    expect(apart(COUNT)).toBeGreaterThan(0);
    expect(apart(COUNT)).toBeLessThan(0.8 * apart(COUNT / 4));
  });

  it("grows with what sets the pictures apart", () => {
    const found = [0.1, 0.2, 0.4, 0.8].map((sigma) => distance(noisy(FIRST, sigma)).mean);
    expect(found).toEqual([...found].sort((a, b) => a - b));
    const flat = new Float32Array(FIRST.length).fill(0.3);
    expect(distance(flat).mean).toBeGreaterThan(300);
  });

  it("sees fine noise in the fine level, and a wrong order of the picture's parts in the coarse one", () => {
    const [fine, coarse] = distance(noisy(FIRST, 0.4)).levels;
    expect(fine).toBeGreaterThan(2 * coarse!);
  });

  it("is symmetric, and the same for the same seed", () => {
    const [a, b] = [slices(FIRST, SHAPE, OPTIONS), slices(SECOND, SHAPE, OPTIONS)];
    expect(slicedWasserstein(b, a)).toEqual(slicedWasserstein(a, b));
    expect(slices(FIRST, SHAPE, OPTIONS)).toEqual(a);
    expect(slices(FIRST, SHAPE, { ...OPTIONS, seed: 1 })).not.toEqual(a);
  });

  it("of numbers that differ by a known transport is that transport", () => {
    // One channel, patches of 7×7 equal pixels: every direction sees ±1 against ±1, in shares of ½ and ¼.
    const picture = (share: number) =>
      Float32Array.from({ length: 16 * 49 }, (_, i) => (Math.floor(i / 49) < 16 * share ? 1 : -1));
    const shape: BatchShape = [16, 7, 7, 1];
    const options = { directions: 256, patches: 16 };
    const [half, quarter] = [0.5, 0.25].map((share) => slices(picture(share), shape, options));
    // Normalised: −1, 1 in halves; −1/√3, √3 in shares of ¾ and ¼. Matched in order: ½·|1 − 1/√3| + ¼·(1 + 1/√3) +
    // ¼·(√3 − 1). A direction stretches this by |Σ of its elements|.
    const root = Math.sqrt(3);
    const transport = 0.5 * (1 - 1 / root) + 0.25 * (1 + 1 / root) + 0.25 * (root - 1);
    // E|Σ| for a random unit vector of 49 elements is √(2/π)·√49/√49 up to 1 %.
    expect(slicedWasserstein(half!, quarter!).mean / 1000 / transport).toBeCloseTo(Math.sqrt(2 / Math.PI), 1);
  });

  it("compares only what was prepared alike", () => {
    const a = slices(FIRST, SHAPE, OPTIONS);
    const b = slices(FIRST.subarray(0, FIRST.length / 2), [COUNT / 2, 32, 32, 3], OPTIONS);
    expect(() => slicedWasserstein(a, b)).toThrow(ImageError);
    expect(() => slices(FIRST, [COUNT, 32, 16, 6], OPTIONS)).toThrow("squares");
  });
});
