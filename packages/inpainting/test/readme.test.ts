import { defaultConfig, Filler, InpainterTrainer } from "@kintsugi/inpainting";
import { openNodeBackend } from "@kintsugi/onnx/node";
import { masks } from "@kintsugi/scene";
import { expect, it } from "vitest";
import { discs } from "./faces.js";

it("learns to fill, as the README shows", async () => {
  const images = discs(4, 16);
  const damaged = images.slice(0, 256);

  const backend = await openNodeBackend();
  const options = { batch: 4, steps: 30, lr: 0.003, seed: 1 };
  const trainer = await InpainterTrainer.create(backend, { ...defaultConfig(16, 1), widths: [8, 16] }, options);
  while (trainer.step < options.steps) await trainer.train(images);
  const losses = await trainer.fetchRecords();

  const filler = await Filler.create(backend, trainer.config, await trainer.values(), 1);
  const whole = await filler.fill(damaged, [masks.center(16)]);

  expect(losses.map(({ step }) => step)).toEqual(Array.from({ length: 30 }, (_, i) => i + 1));
  const mean = (part: typeof losses) => part.reduce((sum, { loss }) => sum + loss, 0) / part.length;
  expect(mean(losses.slice(-5))).toBeLessThan(0.6 * mean(losses.slice(0, 5)));
  const { pixels } = masks.center(16);
  for (const [p, known] of pixels.entries()) {
    if (known === 1) expect(whole[p]).toBe(damaged[p]);
    else expect(Math.abs(whole[p]!)).toBeLessThanOrEqual(1);
  }
  backend.destroy();
});
