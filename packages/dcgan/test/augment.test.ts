/** Differentiable augmentation: the paper's formulas, its random numbers, and who sees what. */
import { type Backend, input } from "@kintsugi/autodiff";
import { openNodeBackend } from "@kintsugi/onnx/node";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { random } from "../../kernels/test/harness.js";
import "../../kernels/test/close.js";
import { type Augment, augment, augmentInputs, type DcganConfig, drawAugment, NO_AUGMENT } from "../src/index.js";

const CONFIG: DcganConfig = { size: 16, channels: 3, nz: 6, ngf: 4, ndf: 4, kernel: 5 };
const COUNT = 40;
const IMAGE = 16 * 16 * 3;
const ALL: Augment = { colour: 1, translation: 1, cutout: 1 };
const X = random(COUNT * IMAGE, 1);

let backend: Backend;
beforeAll(async () => {
  backend = await openNodeBackend();
});
afterAll(() => backend.destroy());

async function augmented(shares: Augment, at: { readonly seed: number; readonly step: number }): Promise<Float32Array> {
  const y = augment(input("x", [COUNT, 16, 16, 3]), augmentInputs(shares, COUNT));
  const program = await backend.compile({ name: "augment", outputs: { y } });
  await program.run({ x: X, ...drawAugment(CONFIG, shares, COUNT, at) });
  return (await program.read("y")).y!;
}

const imageOf = (values: ArrayLike<number>, n: number) => Array.from(values).slice(n * IMAGE, (n + 1) * IMAGE);
const meanOf = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

describe("colours", () => {
  it("are brightness, then saturation, then contrast", async () => {
    const at = { seed: 5, step: 7 };
    const received = await augmented({ ...NO_AUGMENT, colour: 1 }, at);
    const draws = drawAugment(CONFIG, ALL, COUNT, at);
    for (let n = 0; n < COUNT; n++) {
      const contrast = 1 - draws.augmentContrast![n]!;
      const saturation = draws.augmentSaturation![2 * n]! / contrast;
      let image = imageOf(X, n).map((value) => value + draws.augmentBrightness![n]!);
      image = image.map((value, i) => {
        const grey = meanOf(image.slice(i - (i % 3), i - (i % 3) + 3));
        return (value - grey) * saturation + grey;
      });
      const middle = meanOf(image);
      image = image.map((value) => (value - middle) * contrast + middle);
      expect(imageOf(received, n)).toBeAllClose(image, { atol: 2e-6 });
    }
  });

  it("are drawn within the paper's bounds, and fill them", () => {
    const draws = drawAugment(CONFIG, ALL, 2000, { seed: 1, step: 0 });
    const contrasts = Array.from(draws.augmentContrast!, (value) => 1 - value);
    const saturations = contrasts.map((contrast, n) => draws.augmentSaturation![2 * n]! / contrast);
    for (const [values, low, high] of [
      [draws.augmentBrightness!, -0.5, 0.5],
      [contrasts, 0.5, 1.5],
      [saturations, 0, 2],
    ] as const) {
      const [least, most] = [Math.min(...values), Math.max(...values)];
      expect([least >= low - 1e-6, most <= high + 1e-6]).toEqual([true, true]);
      expect([least, most]).toBeAllClose([low, high], { atol: 0.02 * (high - low) });
    }
  });
});

describe("translation and cutout", () => {
  it("are by whole pixels, up to an eighth of the side; a box of half the side lies with its middle anywhere", () => {
    const draws = drawAugment(CONFIG, ALL, 2000, { seed: 1, step: 0 });
    expect([...new Set(draws.augmentOffsets)].sort((a, b) => a - b)).toEqual([-2, -1, 0, 1, 2]);
    expect([...new Set(draws.augmentCorners)].sort((a, b) => a - b)).toEqual(
      Array.from({ length: 17 }, (_, i) => i - 4),
    );
  });

  it("move the image and blacken a box, in this order", async () => {
    const at = { seed: 5, step: 7 };
    const shares = { ...ALL, colour: 0 };
    const received = await augmented(shares, at);
    const { augmentOffsets: offsets, augmentCorners: corners } = drawAugment(CONFIG, shares, COUNT, at);
    const expected = Array.from(X, (_, i) => {
      const [n, h, w, c] = [Math.floor(i / IMAGE), Math.floor(i / 48) % 16, Math.floor(i / 3) % 16, i % 3];
      const [row, column] = [h - corners![2 * n]!, w - corners![2 * n + 1]!];
      if (row >= 0 && row < 8 && column >= 0 && column < 8) return 0;
      const [from, left] = [h - offsets![2 * n]!, w - offsets![2 * n + 1]!];
      return from >= 0 && from < 16 && left >= 0 && left < 16 ? X[n * IMAGE + (from * 16 + left) * 3 + c]! : 0;
    });
    expect(received).toBeAllClose(expected, {});
  });
});

it("a share says how many images get it; the others stay as they are", async () => {
  const some = await augmented({ ...NO_AUGMENT, translation: 0.5, cutout: 0.25 }, { seed: 2, step: 3 });
  const same = Array.from({ length: COUNT }, (_, n) => n).filter((n) => `${imageOf(some, n)}` === `${imageOf(X, n)}`);
  // Three eighths of 40 in the mean.
  expect(same.length).toBeGreaterThan(5);
  expect(same.length).toBeLessThan(25);
});

it("the numbers are functions of seed and step alone, and all images have their own", () => {
  const at = { seed: 2, step: 3 };
  expect(drawAugment(CONFIG, ALL, 6, at)).toEqual(drawAugment(CONFIG, ALL, 6, at));
  for (const other of [
    { seed: 2, step: 4 },
    { seed: 3, step: 3 },
  ]) {
    const [a, b] = [drawAugment(CONFIG, ALL, 6, at), drawAugment(CONFIG, ALL, 6, other)];
    for (const name of Object.keys(a)) expect(b[name], name).not.toEqual(a[name]);
  }
  expect(new Set(drawAugment(CONFIG, ALL, 100, at).augmentBrightness).size).toBe(100);
});
