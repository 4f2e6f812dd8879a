/** What a search costs once it is set up: one submit per iteration, and nothing made or read back. */
import { WebGpuBackend } from "@kintsugi/backend-webgpu";
import { openNodeDevice } from "@kintsugi/gpu/node";
import { expect, it } from "vitest";
import { createSearch } from "../src/index.js";
import { golden, goldenMasks, IMAGES, loadGoldenModel } from "./golden.js";

it("allocates nothing after it was set up, however many batches it serves", async () => {
  const device = await openNodeDevice();
  const backend = new WebGpuBackend(device);
  const search = await createSearch(backend, loadGoldenModel(backend), { batch: IMAGES });
  const serve = async () => {
    search.start({ images: golden("images"), masks: goldenMasks("center"), z: golden("z0") });
    await search.iterate(10);
    await search.evaluate();
  };
  await serve();
  const before = { ...device.counters };
  await serve();
  await serve();
  for (const name of ["buffers", "bindGroups", "pipelines", "bytes"] as const) {
    expect(device.counters[name], name).toBe(before[name]);
  }
  // Ten iterations and one forward pass for each batch.
  expect(device.counters.submits - before.submits).toBe(22);
  backend.destroy();
});
