/** What the commands that look into a model compute themselves: ways through z, neighbours, sheets, and the figures. */
import type { Image } from "@kintsugi/images";
import { normal, PURPOSE, uniform } from "@kintsugi/nn";
import { describe, expect, it } from "vitest";
import { density, histogram } from "../src/explore/figures/normal_1d.js";
import { CONTOURS, correlate } from "../src/explore/figures/normal_2d.js";
import { outputSide, reaching } from "../src/explore/figures/transposed_convolution.js";
import { combine, lerp, mean, slerp, spread, withCoordinate } from "../src/explore/latent.js";
import { median, nearest } from "../src/explore/nearest.js";
import { sheet, wrapped } from "../src/explore/sheet.js";

const z = (...values: number[]) => Float32Array.from(values);
const length = (of: Float32Array) => Math.hypot(...of);

describe("ways through z", () => {
  const [a, b] = [z(3, 0, 0), z(0, 1, 0)];

  it("a line goes straight, a circle keeps its angle and its length in between", () => {
    expect([...lerp(a, b, 0.25)]).toEqual([2.25, 0.25, 0]);
    const third = slerp(a, b, 1 / 3);
    expect(length(third)).toBeCloseTo(3 + (1 - 3) / 3, 5);
    expect(Math.atan2(third[1]!, third[0]!)).toBeCloseTo(Math.PI / 6, 5);
  });

  it.each([
    ["a line", lerp],
    ["a circle", slerp],
  ])("%s begins and ends at its ends", (_name, way) => {
    const stream = { seed: 1, purpose: PURPOSE.samples, index: 0 } as const;
    const [first, last] = [uniform(stream, 50), uniform({ ...stream, index: 1 }, 50)];
    const close = (found: Float32Array, wanted: Float32Array) =>
      found.forEach((value, i) => {
        expect(value).toBeCloseTo(wanted[i]!, 5);
      });
    close(way(first, last, 0), first);
    close(way(first, last, 1), last);
  });

  it.each([
    ["the same", z(1, 2)],
    ["opposite", z(-1, -2)],
    ["0", z(0, 0)],
  ])("a circle is a line where the other end is %s", (_name, other) => {
    expect([...slerp(z(1, 2), other, 0.5)]).toEqual([...lerp(z(1, 2), other, 0.5)]);
  });

  it("spreads, sets, averages, combines", () => {
    expect(spread(-1, 1, 5)).toEqual([-1, -0.5, 0, 0.5, 1]);
    expect(spread(-1, 1, 1)).toEqual([0]);
    expect([...withCoordinate(z(1, 2, 3), 1, 9)]).toEqual([1, 9, 3]);
    expect([...mean([z(1, 2), z(3, 6)])]).toEqual([2, 4]);
    expect([...combine(z(1, 1), z(0.25, 2), z(0.5, 4))]).toEqual([1.25, 3]);
  });
});

describe("nearest", () => {
  const stride = 600; // more than a block
  const images = Uint8Array.from({ length: 40 * stride }, (_, i) => (i * 7919 + Math.floor(i / stride) * 104729) % 251);
  const image = images.slice(3 * stride, 4 * stride).map((value) => value ^ 5);

  it("finds what a full search finds, in order", () => {
    const all = Array.from({ length: 40 }, (_, index) => {
      let sum = 0;
      for (let i = 0; i < stride; i++) sum += (image[i]! - images[index * stride + i]!) ** 2;
      return { index, distance: Math.sqrt(sum / stride) };
    }).sort((one, other) => one.distance - other.distance || one.index - other.index);
    expect(nearest(image, images, 5)).toEqual(all.slice(0, 5));
    expect(nearest(image, images, 5, all[0]!.index)).toEqual(all.slice(1, 6));
    expect(nearest(image, images, 99)).toHaveLength(40);
  });

  it("finds an image in its own set at 0", () => {
    expect(nearest(images.subarray(0, stride), images, 1)).toEqual([{ index: 0, distance: 0 }]);
  });

  it("takes the middle", () => {
    expect([median([3, 1, 2]), median([4, 1, 2, 3])]).toEqual([2, 2.5]);
  });
});

describe("a sheet", () => {
  const image: Image = { width: 2, height: 2, channels: 1, values: z(-1, 1, 1, -1) };

  it("repeats each pixel in its place, on white, and leaves room for captions", () => {
    const made = sheet([[{}, { image }], [{ image }]], 2, 3);
    // Two cells of 6 and three gaps of 4.
    expect([made.width, made.height, made.channels]).toEqual([24, 24, 3]);
    const at = (x: number, y: number) => made.values[3 * (y * 24 + x)];
    expect([at(14, 4), at(16, 6), at(17, 6), at(19, 9), at(13, 4)]).toEqual([-1, -1, 1, -1, 1]);
    expect(at(4, 14)).toBe(-1);
    expect(sheet([[{ image, caption: "5" }]], 2, 3).height).toBeGreaterThan(sheet([[{ image }]], 2, 3).height);
  });

  it("writes its captions", () => {
    const dark = (caption: string) =>
      sheet([[{ image: { ...image, values: z(1, 1, 1, 1) }, caption }]], 2).values.filter((value) => value < 0).length;
    expect(dark("1")).toBeGreaterThan(0);
    expect(dark("88888")).toBeGreaterThan(2 * dark("1"));
    expect(dark("<&>")).toBeGreaterThan(dark("1"));
  });

  it("wraps cells near to a square", () => {
    expect(wrapped([1, 2, 3, 4, 5])).toEqual([
      [1, 2, 3],
      [4, 5],
    ]);
  });
});

describe("figures", () => {
  const stream = { seed: 0, purpose: PURPOSE.samples, index: 0 } as const;

  it("the histogram nears the density, whose area is 1", () => {
    const area = Array.from({ length: 801 }, (_, i) => density(-4 + i / 100) / 100).reduce((sum, value) => sum + value);
    expect(area).toBeCloseTo(1, 3);
    const bars = histogram(normal(stream, 50_000));
    for (const [i, bar] of bars.entries()) expect(Math.abs(bar - density(-4 + (i + 0.5) * 0.25))).toBeLessThan(0.015);
  });

  it("the contours hold what is written beside them", () => {
    const normals = normal(stream, 40_000);
    const rho = 0.7;
    const shares = CONTOURS.map((r) => {
      let inside = 0;
      for (let i = 0; i < normals.length; i += 2) {
        const [x, y] = correlate(normals[i]!, normals[i + 1]!);
        if ((x * x - 2 * rho * x * y + y * y) / (1 - rho * rho) <= r * r) inside++;
      }
      return inside / (normals.length / 2);
    });
    for (const [i, share] of [0.39, 0.86, 0.99].entries()) expect(shares[i]).toBeCloseTo(share, 1);
  });

  it.each([
    [{ input: 4, kernel: 5, stride: 2, padding: [1, 2] }, 8],
    [{ input: 4, kernel: 4, stride: 2, padding: [1, 1] }, 8],
    [{ input: 2, kernel: 3, stride: 1, padding: [0, 0] }, 4],
    [{ input: 3, kernel: 2, stride: 3, padding: [0, 0] }, 8],
  ] as const)(
    "a transposed convolution %j gives %i pixels, each reached as often as scattering says",
    (shape, side) => {
      expect(outputSide(shape)).toBe(side);
      const reached = new Array<number>(side).fill(0);
      for (let i = 0; i < shape.input; i++)
        for (let k = 0; k < shape.kernel; k++) {
          const o = i * shape.stride + k - shape.padding[0];
          if (o >= 0 && o < side) reached[o]!++;
        }
      expect(reached.map((_, o) => reaching(shape, o))).toEqual(reached);
    },
  );
});
