import { WebGpuBackend } from "@kintsugi/backend-webgpu";
import { openNodeDevice } from "@kintsugi/gpu/node";
import { PURPOSE, uniform } from "@kintsugi/nn";
import { expect, it } from "vitest";
import { DEFAULT_TRAINING, decodeModel, encodeModel, modelSpecs, Sampler, Trainer } from "../src/index.js";

it("does what the README shows", async () => {
  const backend = new WebGpuBackend(await openNodeDevice());
  const images = uniform({ seed: 1, purpose: PURPOSE.samples, index: 0 }, 6 * 16 * 16 * 3);

  const config = { size: 16, channels: 3, nz: 8, ngf: 4, ndf: 4, kernel: 5 };
  const trainer = await Trainer.create(backend, config, { ...DEFAULT_TRAINING, batch: 6, lr: 2e-4, seed: 1 });
  for (let step = 0; step < 3; step++) await trainer.train(images);
  const records = await trainer.fetchRecords();

  const sampler = await Sampler.create(backend, config, trainer.evaluated, 6);
  const faces = await sampler.sample(trainer.latent(0));
  const file = encodeModel(config, modelSpecs(config), await trainer.values());

  expect(records.map(({ step }) => step)).toEqual([1, 2, 3]);
  expect(faces).toHaveLength(6 * 16 * 16 * 3);
  expect(decodeModel(file).config).toEqual(config);
  backend.destroy();
});
