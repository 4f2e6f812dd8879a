import { WebGpuBackend } from "@kintsugi/backend-webgpu";
import { DEFAULT_TRAINING, Trainer } from "@kintsugi/dcgan";
import { openNodeDevice } from "@kintsugi/gpu/node";
import { expect, it } from "vitest";
import { createSearch, latents, masks } from "../src/index.js";

it("does what the README shows", async () => {
  const backend = new WebGpuBackend(await openNodeDevice());
  const config = { size: 16, channels: 1, nz: 8, ngf: 4, ndf: 4, kernel: 5 };
  const networks = await Trainer.create(backend, config, { ...DEFAULT_TRAINING, batch: 2, lr: 2e-4, seed: 1 });
  const images = new Float32Array(2 * 16 * 16).fill(0.5);

  const search = await createSearch(backend, networks, { batch: 8 });
  search.start({ images, masks: [masks.center(16), masks.left(16)], z: latents(1, 0, 2, config.nz) });
  const losses = await search.iterate(100);
  const { completed, total } = await search.evaluate();

  expect(losses.length).toBe(100);
  expect(total[0]!).toBeLessThan(losses[0]!.total[0]!);
  expect(completed[0]).toBe(0.5);
  expect(completed.length).toBe(images.length);
  search.destroy();
  backend.destroy();
});
