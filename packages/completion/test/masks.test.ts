import { readFileSync } from "node:fs";
import { readSafetensors } from "@kintsugi/nn";
import { describe, expect, it } from "vitest";
import "../../kernels/test/close.js";
import { compose, importanceWeights, masked, masks, pixelate } from "../src/index.js";
import { golden, IMAGES, row } from "./golden.js";

const holes = ({ size, pixels }: masks.Mask) => {
  const at = [...pixels.keys()].filter((i) => pixels[i] === 0);
  const rows = at.map((i) => Math.floor(i / size));
  const columns = at.map((i) => i % size);
  const range = (values: number[]) => [Math.min(...values), Math.max(...values)];
  return { count: at.length, rows: range(rows), columns: range(columns) };
};

describe("masks at 64", () => {
  it("center: rows and columns 16 to 47 are missing, a quarter", () => {
    expect(holes(masks.center(64))).toEqual({ count: 1024, rows: [16, 47], columns: [16, 47] });
    expect(holes(masks.center(64, 0.1))).toEqual({ count: 51 * 51, rows: [6, 56], columns: [6, 56] });
    expect(masks.missing(masks.center(64, 0.5))).toBe(0);
    expect(masks.missing(masks.center(64, 0))).toBe(4096);
    expect(() => masks.center(64, 0.6)).toThrow(RangeError);
  });

  it("random: about a fifth, another fifth for each image, the same for the same seed", () => {
    const mask = masks.random(64, { seed: 7 });
    // 819 ± 4 standard deviations of a binomial count.
    expect(Math.abs(masks.missing(mask) - 819)).toBeLessThan(4 * Math.sqrt(4096 * 0.2 * 0.8));
    expect(masks.random(64, { seed: 7 })).toEqual(mask);
    expect(masks.random(64, { seed: 7, image: 1 })).not.toEqual(mask);
    expect(masks.random(64, { seed: 8 })).not.toEqual(mask);
    expect(masks.missing(masks.random(64, { seed: 7, fraction: 0 }))).toBe(0);
    expect(masks.missing(masks.random(64, { seed: 7, fraction: 1 }))).toBe(4096);
  });

  it("halves", () => {
    expect(holes(masks.left(64))).toEqual({ count: 2048, rows: [0, 63], columns: [0, 31] });
    expect(holes(masks.right(64))).toEqual({ count: 2048, rows: [0, 63], columns: [32, 63] });
    expect(holes(masks.top(64))).toEqual({ count: 2048, rows: [0, 31], columns: [0, 63] });
    expect(holes(masks.bottom(64))).toEqual({ count: 2048, rows: [32, 63], columns: [0, 63] });
  });

  it("full, grid, lowres", () => {
    expect(masks.missing(masks.full(64))).toBe(0);
    const { pixels } = masks.grid(64);
    const known = [...pixels.keys()].filter((i) => pixels[i] === 1);
    expect(known.length).toBe(256);
    expect(known.every((i) => (i % 64) % 4 === 0 && Math.floor(i / 64) % 4 === 0)).toBe(true);
    const lowres = masks.lowres(64);
    expect(masks.missing(lowres)).toBe(4096);
    expect(lowres.means).toEqual({ block: 8, known: new Float32Array(64).fill(1) });
    expect(() => masks.lowres(20)).toThrow("blocks of 8 do not fill an image of 20");
  });

  it("are those of the goldens", () => {
    expect(masks.center(16).pixels).toEqual(row(golden("mask_center/mask"), 0, IMAGES));
    expect(masks.lowres(16, 4).means!.known).toEqual(row(golden("mask_lowres/mask_low"), 0, IMAGES));
  });

  it("painted: white or transparent is missing, nothing is half missing", () => {
    const grey = new Uint8Array([0, 127, 128, 255]);
    expect([...masks.fromPixels(2, grey).pixels]).toEqual([1, 1, 0, 0]);
    expect([...masks.fromPixels(2, grey, new Uint8Array([0, 128, 255, 255])).pixels]).toEqual([0, 1, 0, 0]);
    expect(() => masks.fromPixels(3, grey)).toThrow("grey has 4 bytes, a mask of 3×3 has 9");
  });
});

describe("importance weights", () => {
  const { tensors, metadata } = readSafetensors(
    readFileSync(new URL("../../kernels/test/goldens/pointwise.safetensors", import.meta.url)),
  );
  const read = (name: string) => tensors.get(name)!;
  // The file's other case is not square, as no image of a model is.
  it.each(["symmetric", "count"] as const)("with border %s are those of the goldens", (border) => {
    const { shape, values } = read("l1_b/mask");
    const [n, , size] = shape as [number, number, number];
    const { window } = JSON.parse(metadata.l1_b!) as { window: number };
    for (let i = 0; i < n; i++) {
      const weights = importanceWeights({ size, pixels: row(values as Float32Array, i, n) }, { window, border });
      expect(weights).toBeAllClose(row(read(`l1_b/weight_${border}`).values as Float32Array, i, n), { rel: 1e-6 });
    }
  });

  it("are those of the golden search", () => {
    const mask = { size: 16, pixels: row(golden("mask_center/mask"), 0, IMAGES) };
    expect(importanceWeights(mask)).toBeAllClose(row(golden("adam_weighted_center/weight"), 0, IMAGES), { rel: 1e-6 });
  });

  it("have a floor where it is asked for, at known pixels alone", () => {
    const mask = masks.center(16);
    const plain = importanceWeights(mask, { window: 3 });
    const raised = importanceWeights(mask, { window: 3, floor: 0.25 });
    raised.forEach((weight, p) => {
      expect(weight).toBeCloseTo(mask.pixels[p] === 0 ? 0 : plain[p]! + 0.25, 6);
    });
  });

  it("refuse a window without a centre", () => {
    expect(() => importanceWeights(masks.center(16), { window: 4 })).toThrow(RangeError);
  });
});

describe("pictures", () => {
  it("are composed of known and made-up pixels", () => {
    const mask: masks.Mask = { size: 2, pixels: new Float32Array([1, 0, 0, 1]) };
    const y = new Float32Array([0.1, 0.2, 0.3, 0.4]);
    const g = new Float32Array([-1, -2, -3, -4]);
    expect(compose(y, g, [mask])).toEqual(new Float32Array([0.1, -2, -3, 0.4]));
    expect(masked(y, [mask])).toEqual(new Float32Array([0.1, 0, 0, 0.4]));
    expect(() => masked(y.subarray(1), [mask])).toThrow(RangeError);
  });

  it("lose what block means do not know", () => {
    const y = new Float32Array([0, 1, 2, 3]);
    expect([...pixelate(y, 2, 1, 2)]).toEqual([1.5, 1.5, 1.5, 1.5]);
    expect([...pixelate(y, 2, 1, 1)]).toEqual([...y]);
  });
});
