import { type Backend, input } from "@kintsugi/autodiff";
import {
  decodeInpainter,
  defaultConfig,
  encodeInpainter,
  Filler,
  InpainterError,
  InpainterTrainer,
  inpainter,
  inpainterSpecs,
  lossWeight,
  trainingMask,
  trainingSpecs,
} from "@kintsugi/inpainting";
import { createVariables, initialValues, State, writeAll } from "@kintsugi/nn";
import { openNodeBackend } from "@kintsugi/onnx/node";
import { masks } from "@kintsugi/scene";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { discs } from "./faces.js";

const CONFIG = { size: 12, channels: 1, widths: [4, 6, 8] } as const;
const OPTIONS = { batch: 3, steps: 12, lr: 0.002, seed: 5 };

let backend: Backend;
beforeAll(async () => {
  backend = await openNodeBackend();
});
afterAll(() => backend.destroy());

describe("the network", () => {
  it("has two million weights at 64 pixels, four megabytes in float16, and fewer levels for small pictures", () => {
    const weights = (size: number) =>
      inpainterSpecs(defaultConfig(size, 3)).reduce(
        (sum, { shape }) => sum + shape.reduce((n, side) => n * side, 1),
        0,
      );
    expect(2 * weights(64)).toBeLessThanOrEqual(4e6);
    expect(weights(64)).toBeGreaterThan(1.9e6);
    expect(2 * weights(128)).toBeLessThanOrEqual(4e6);
    expect(defaultConfig(16, 3).widths).toHaveLength(3);
  });

  it("paints pictures whose sides no power of two divides", async () => {
    const config = { ...CONFIG, size: 11 };
    const filler = await Filler.create(backend, config, initialValues(inpainterSpecs(config), 1), 2);
    const pictures = discs(3, 11);
    const filled = await filler.fill(pictures, [
      masks.center(11),
      masks.PLAIN_MASKS.left(11),
      masks.PLAIN_MASKS.full(11),
    ]);
    expect(filled).toHaveLength(pictures.length);
    expect(filled.every((value) => Number.isFinite(value) && Math.abs(value) <= 1)).toBe(true);
    expect(filled.slice(2 * 121)).toEqual(pictures.slice(2 * 121));
    filler.destroy();
  });

  it("sees nothing of what is missing", async () => {
    const filler = await Filler.create(backend, CONFIG, initialValues(inpainterSpecs(CONFIG), 2), 1);
    const picture = discs(1, 12);
    const mask = masks.center(12);
    const other = picture.map((value, p) => (mask.pixels[p] === 1 ? value : -0.3));
    const [first, second] = [await filler.fill(picture, [mask]), await filler.fill(other, [mask])];
    expect(first).toEqual(second);
    filler.destroy();
  });
});

describe("training", () => {
  it("goes on to the bit from a checkpoint", async () => {
    const images = (step: number) => discs(OPTIONS.batch, CONFIG.size, 3 * step);
    const whole = await InpainterTrainer.create(backend, CONFIG, OPTIONS);
    for (let step = 0; step < 8; step++) await whole.train(images(step));

    const begun = await InpainterTrainer.create(backend, CONFIG, OPTIONS);
    for (let step = 0; step < 5; step++) await begun.train(images(step));
    const metadata = { step: String(begun.step) };
    const specs = trainingSpecs(CONFIG);
    const file = encodeInpainter({ config: CONFIG, values: await begun.values(), metadata }, specs);
    begun.destroy();
    const { values, metadata: read } = decodeInpainter(file, trainingSpecs);
    const resume = { values, step: Number(read.step) };
    const resumed = await InpainterTrainer.create(backend, CONFIG, OPTIONS, resume);
    for (let step = 5; step < 8; step++) await resumed.train(images(step));

    expect(await resumed.values()).toEqual(await whole.values());
    expect((await resumed.fetchRecords()).map(({ step }) => step)).toEqual([6, 7, 8]);
    whole.destroy();
    resumed.destroy();
  });

  it("draws masks of every kind, and each picture's hole counts the same", () => {
    const drawn = Array.from({ length: 300 }, (_, image) => trainingMask(32, 7, image));
    const shares = drawn.map(({ pixels }) => masks.missing({ size: 32, pixels }) / 1024);
    expect(Math.min(...shares)).toBeGreaterThan(0);
    expect(Math.min(...shares)).toBeLessThan(0.1);
    expect(Math.max(...shares)).toBeGreaterThan(0.85);
    expect(trainingMask(32, 7, 11).pixels).toEqual(drawn[11]!.pixels);
    for (const { pixels } of drawn.slice(0, 20)) {
      const weight = lossWeight(pixels, 3);
      const hole = weight.reduce((sum, value, p) => sum + (pixels[p] === 0 ? value : 0), 0);
      expect(3 * hole).toBeCloseTo(1, 4);
    }
  });
});

describe("a file", () => {
  const values = initialValues(inpainterSpecs(CONFIG), 3);

  it("gives back what was written", () => {
    const bytes = encodeInpainter({ config: CONFIG, values, metadata: { credit: "nobody" } });
    const found = decodeInpainter(bytes);
    expect(found.config).toEqual(CONFIG);
    expect(found.values).toEqual(values);
    expect(found.metadata.credit).toBe("nobody");
  });

  it("is refused where it is no network, or a damaged one", () => {
    const bytes = encodeInpainter({ config: CONFIG, values, metadata: {} });
    expect(() => decodeInpainter(Uint8Array.of(1, 2, 3))).toThrow(InpainterError);
    expect(() => decodeInpainter(bytes, trainingSpecs)).toThrow(/adam_m\/inpainter\/in\/w is missing/);
    const text = Buffer.from(bytes).toString("latin1").replace("[4,6,8]", "[4,6,0]");
    expect(() => decodeInpainter(Buffer.from(text, "latin1"))).toThrow("its configuration is damaged");
  });
});

it("paints the same on WebGPU as on the processor", async () => {
  const { openNodeDevice } = await import("@kintsugi/gpu/node");
  const { WebGpuBackend } = await import("@kintsugi/backend-webgpu");
  const specs = inpainterSpecs(CONFIG);
  const values = initialValues(specs, 4);
  const picture = discs(2, CONFIG.size);
  const known = Float32Array.from([...masks.center(12).pixels, ...masks.PLAIN_MASKS.grid(12).pixels]);
  const paint = async (on: Backend) => {
    const variables = createVariables(specs);
    writeAll(on, variables, values);
    const shape = [2, 12, 12, 1];
    const painted = inpainter(new State(variables), CONFIG, input("images", shape), input("known", [2, 12, 12]));
    const program = await on.compile({ name: "paint", outputs: { painted } });
    await program.run({ images: picture, known });
    return (await program.read("painted")).painted!;
  };
  const gpu = new WebGpuBackend(await openNodeDevice());
  const [here, there] = [await paint(backend), await paint(gpu)];
  // Sums of a few hundred products in float32, in another order.
  for (const [i, value] of here.entries()) expect(Math.abs(value - there[i]!)).toBeLessThan(1e-5);
  gpu.destroy();
});
