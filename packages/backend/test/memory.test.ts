/** Memory is flat: what a step needs is allocated once. */
import { sizeOf } from "@kintsugi/autodiff";
import { expect, test } from "vitest";
import { random } from "../../autodiff/test/bench.js";
import { type DcganConfig, DEFAULT_TRAINING, Trainer } from "../../dcgan/src/index.js";
import { openBackend } from "../src/index.js";

test("200 training steps on the CPU leave no trace", async () => {
  const config: DcganConfig = { size: 16, channels: 3, nz: 16, ngf: 8, ndf: 8, kernel: 5 };
  const backend = await openBackend("cpu");
  const trainer = await Trainer.create(backend, config, { ...DEFAULT_TRAINING, batch: 8, lr: 2e-4, seed: 1 });
  const images = random(8 * sizeOf([16, 16, 3]), 1);
  const steps = async (count: number) => {
    for (let i = 0; i < count; i++) await trainer.train(images);
    await trainer.fetchRecords();
    return process.memoryUsage().rss;
  };
  const before = await steps(50);
  const after = await steps(200);
  // What comes and goes is the inputs of a step, 25 KB, until they are collected; a state kept twice would show at once.
  expect((after - before) / 2 ** 20).toBeLessThan(24);
  backend.destroy();
});
