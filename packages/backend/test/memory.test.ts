/** Memory is flat: old state goes as new state comes. */
import { sizeOf } from "@kintsugi/autodiff";
import { expect, test } from "vitest";
import { random } from "../../backend-webgpu/test/bench.js";
import { type DcganConfig, DEFAULT_TRAINING, Trainer } from "../../dcgan/src/index.js";
import { openBackend } from "../src/index.js";

test("200 training steps on the CPU leave no trace", async () => {
  const config: DcganConfig = { size: 32, channels: 3, nz: 16, ngf: 8, ndf: 8, kernel: 5 };
  const backend = await openBackend("cpu");
  const trainer = await Trainer.create(backend, config, { ...DEFAULT_TRAINING, batch: 2, lr: 2e-4, seed: 1 });
  const images = random(2 * sizeOf([32, 32, 3]), 1);
  const steps = async (count: number) => {
    for (let i = 0; i < count; i++) await trainer.train(images);
    await trainer.fetchRecords();
    return process.memoryUsage().rss;
  };
  const before = await steps(100);
  const after = await steps(200);
  // A step makes 0.5 MB of new state; 100 MB in all, of which some waits to be collected.
  expect((after - before) / 2 ** 20).toBeLessThan(40);
  backend.destroy();
});
