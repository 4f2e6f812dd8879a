/** The fills against plain elimination in float64, and at sizes where they become approximate. */
import { describe, expect, it } from "vitest";
import { fill, type PictureShape, poissonBlend } from "../src/index.js";

/** A smooth picture with some grain. */
const picture = (height: number, width: number): Float32Array =>
  Float32Array.from({ length: height * width }, (_, p) => {
    const [i, j] = [Math.floor(p / width) / height, (p % width) / width];
    return 0.6 * Math.sin(5 * i + 3 * j) + 0.1 * Math.sin(41 * i * j);
  });

const farthest = (x: Float32Array, y: Float32Array) =>
  x.reduce((most, value, p) => Math.max(most, Math.abs(value - y[p]!)), 0);

/** The graph Laplacian of a grid, applied `times` times, set to 0 where pixels are missing: dense, by Gauss and Jordan. */
function plain(y: Float32Array, mask: ArrayLike<number>, [height, width]: PictureShape, times: 1 | 2): number[] {
  const near = (p: number) => {
    const [i, j] = [Math.floor(p / width), p % width];
    return [i > 0 && p - width, i + 1 < height && p + width, j > 0 && p - 1, j + 1 < width && p + 1].filter(
      (q) => q !== false,
    );
  };
  const laplacian = (u: number[]) => u.map((value, p) => near(p).reduce((sum, q) => sum + value - u[q]!, 0));
  const operator = (u: number[]) => (times === 1 ? laplacian(u) : laplacian(laplacian(u)));
  const cells = [...y.keys()].filter((p) => mask[p] === 0);
  const known = [...y].map((value, p) => (mask[p] === 0 ? 0 : value));
  const right = operator(known);
  const columns = cells.map((p) => operator(known.map((_, q) => (q === p ? 1 : 0))));
  const rows = cells.map((p) => [...columns.map((column) => column[p]!), -right[p]!]);
  const n = cells.length;
  for (let k = 0; k < n; k++) {
    const pivot = rows
      .slice(k)
      .reduce((best, row, r) => (Math.abs(row[k]!) > Math.abs(rows[best]![k]!) ? k + r : best), k);
    [rows[k], rows[pivot]] = [rows[pivot]!, rows[k]!];
    for (let i = 0; i < n; i++) {
      if (i === k) continue;
      const factor = rows[i]![k]! / rows[k]![k]!;
      for (let j = k; j <= n; j++) rows[i]![j]! -= factor * rows[k]![j]!;
    }
  }
  cells.forEach((p, k) => {
    known[p] = rows[k]![n]! / rows[k]![k]!;
  });
  return known;
}

const HOLES: Record<string, (i: number, j: number) => boolean> = {
  inside: (i, j) => i > 3 && i < 10 && j > 4 && j < 11,
  "at the border": (i, j) => i < 6 && j > 8,
  corners: (i, j) => (i < 3 && j < 4) || (i > 10 && j > 12),
  scattered: (i, j) => (7 * i + 5 * j) % 3 !== 0,
  "a half": (_, j) => j < 8,
};

describe.each(Object.entries(HOLES))("a hole %s", (_, hole) => {
  const shape: PictureShape = [14, 16, 1];
  const y = picture(14, 16);
  const mask = Uint8Array.from(y, (_value, p) => (hole(Math.floor(p / 16), p % 16) ? 0 : 1));

  it("is filled harmonically, exactly", () => {
    const expected = plain(y, mask, shape, 1);
    fill("harmonic", y, mask, shape).forEach((value, p) => {
      expect(value).toBeCloseTo(expected[p]!, 5);
    });
  });

  it("is filled biharmonically, exactly, between the least and the greatest known value", () => {
    const known = [...y].filter((_value, p) => mask[p] === 1);
    const [least, greatest] = [Math.min(...known), Math.max(...known)];
    const expected = plain(y, mask, shape, 2);
    fill("biharmonic", y, mask, shape).forEach((value, p) => {
      if (mask[p] === 1) expect(value).toBe(y[p]);
      else if (expected[p]! > least && expected[p]! < greatest) expect(value).toBeCloseTo(expected[p]!, 5);
      else expect(value >= least - 1e-6 && value <= greatest + 1e-6).toBe(true);
    });
  });
});

describe("large holes", () => {
  const side = 420;
  const shape: PictureShape = [side, side, 1];
  const mask = Uint8Array.from({ length: side * side }, (_, p) => {
    const [i, j] = [Math.floor(p / side) - 205, (p % side) - 190];
    return i * i + j * j < 170 ** 2 || j < -180 ? 0 : 1;
  });

  it("keep a harmonic picture to half a level of 256", () => {
    // The real part of e^z: harmonic.
    const y = Float32Array.from({ length: side * side }, (_, p) => {
      const [i, j] = [Math.floor(p / side) / side, (p % side) / side];
      return 0.3 * Math.exp(2 * j - 1) * Math.cos(2 * i);
    });
    const inside = Uint8Array.from(mask, (known, p) => (p % side < 15 ? 1 : known));
    const x = fill("harmonic", y, inside, shape);
    expect(farthest(x, y)).toBeLessThan(1 / 255);
  });

  it("keep a cubic biharmonically to a level of 256", () => {
    const y = Float32Array.from({ length: side * side }, (_, p) => {
      const [i, j] = [(2 * Math.floor(p / side)) / side - 1, (2 * (p % side)) / side - 1];
      return 0.4 * i * j * j - 0.3 * i * i + 0.2 * j;
    });
    const inside = Uint8Array.from(mask, (known, p) => (p % side < 15 ? 1 : known));
    const x = fill("biharmonic", y, inside, shape);
    expect(farthest(x, y)).toBeLessThan(2 / 255);
  });

  it("satisfy Poisson's equation between g and the frame", () => {
    const y = picture(side, side);
    // With g = y − h for a harmonic h the solution is y itself.
    const h = (p: number) => 0.2 * (Math.floor(p / side) / side) - 0.3 * ((p % side) / side);
    const x = poissonBlend(
      y,
      y.map((value, p) => value - h(p)),
      Uint8Array.from(mask, (known, p) => (p % side < 15 ? 1 : known)),
      shape,
    );
    expect(farthest(x, y)).toBeLessThan(1 / 255);
  });
});

it("is g where nothing is known, and mid-grey without one", () => {
  const [y, g] = [picture(4, 4), picture(4, 4).map((value) => 0.5 - value)];
  expect(poissonBlend(y, g, new Uint8Array(16), [4, 4, 1])).toEqual(g);
  expect(fill("harmonic", y, new Uint8Array(16), [4, 4, 1])).toEqual(new Float32Array(16));
  expect(fill("biharmonic", y, new Uint8Array(16), [4, 4, 1])).toEqual(new Float32Array(16));
  expect(fill("biharmonic", y, new Uint8Array(16).fill(1), [4, 4, 1])).toEqual(y);
});
