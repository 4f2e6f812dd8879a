/** Training with float16 operands stays near training in float32, and repeats itself to the bit. */
import { readFileSync } from "node:fs";
import { PRECISION_FEATURES, type Precision, WebGpuBackend } from "@kintsugi/backend-webgpu";
import { openNodeDevice } from "@kintsugi/gpu/node";
import { readSafetensors } from "@kintsugi/nn";
import { afterEach, describe, expect, it } from "vitest";
import "../../kernels/test/close.js";
import { random } from "../../backend-webgpu/test/bench.js";
import { type DcganConfig, DEFAULT_TRAINING, Trainer, trainingSpecs } from "../src/index.js";

const config: DcganConfig = { size: 16, channels: 3, nz: 8, ngf: 4, ndf: 4, kernel: 5 };
const options = { ...DEFAULT_TRAINING, batch: 6, lr: 2e-4, seed: 0, discriminatorStatistics: "all" as const };

const backends: WebGpuBackend[] = [];
afterEach(() => {
  for (const backend of backends.splice(0)) backend.destroy();
});

/** All products in the precision, however small. */
async function open(precision: Precision): Promise<WebGpuBackend> {
  const device = await openNodeDevice([], PRECISION_FEATURES[precision]);
  const backend = new WebGpuBackend(device, { precision, intensity: 0 });
  backends.push(backend);
  return backend;
}

describe("float16 operands", () => {
  it("give the reference's losses to three digits, as long as Adam has not blown rounding up", async () => {
    const { tensors } = readSafetensors(readFileSync(new URL("goldens/dcgan_tiny.safetensors", import.meta.url)));
    const golden = (name: string) => tensors.get(name)?.values as Float32Array | undefined;
    const values = new Map(
      trainingSpecs(config).map(({ name, shape }) => {
        const filled = new Float32Array(shape.reduce((a, b) => a * b, 1)).fill(name.endsWith("variance") ? 1 : 0);
        return [name, golden(`init/${name}`) ?? filled];
      }),
    );
    const trainer = await Trainer.create(await open("f16"), config, options, { values, step: 0 });
    const part = (name: string, step: number) => {
      const all = golden(name)!;
      return all.slice((step * all.length) / 10, ((step + 1) * all.length) / 10);
    };
    for (let step = 0; step < 10; step++) await trainer.train(part("images", step), part("z", step));
    const records = await trainer.fetchRecords();
    const [real, fake] = [records.map(({ dLossReal }) => dLossReal), records.map(({ dLossFake }) => dLossFake)];
    const generator = records.flatMap(({ gLoss }) => gLoss);
    expect(real).toBeAllClose(golden("d_loss_real")!, { atol: 2e-3 });
    expect(fake).toBeAllClose(golden("d_loss_fake")!, { atol: 2e-3 });
    expect(generator).toBeAllClose(golden("g_loss")!, { atol: 2e-3 });
  });

  it("are all made in the one submit of a step, which a profile of its recording therefore shows whole", async () => {
    const backend = await open("f16");
    const trainer = await Trainer.create(backend, config, { ...options, ema: 0.9 });
    const before = backend.device.counters.submits;
    for (let step = 0; step < 2; step++) await trainer.train(random(6 * 16 * 16 * 3, step));
    expect(backend.device.counters.submits - before).toBe(2);
  });

  it("lead fifty steps along those of float32, with the same bits each time", async () => {
    const losses = async (precision: Precision) => {
      const trainer = await Trainer.create(await open(precision), config, { ...options, seed: 3 });
      for (let step = 0; step < 50; step++) await trainer.train(random(6 * 16 * 16 * 3, step % 10));
      const records = await trainer.fetchRecords();
      return records.flatMap(({ dLossReal, dLossFake, gLoss }) => [dLossReal, dLossFake, ...gLoss]);
    };
    const [exact, near, again] = [await losses("f32"), await losses("f16"), await losses("f16")];
    expect(exact).toHaveLength(200);
    expect(again).toEqual(near);
    expect(near).not.toEqual(exact);
    expect(near).toBeAllClose(exact, { atol: 0.02 });
  });
});
