/** A search with a discriminator that compared images in training: none of its losses may depend on the others of a batch. */
import { modelSpecs } from "@kintsugi/dcgan";
import { initialValues, uniform } from "@kintsugi/nn";
import { openNodeBackend } from "@kintsugi/onnx/node";
import { expect, it } from "vitest";
import { createSearch, latents, loadNetworks, masks } from "../src/index.js";

const CONFIG = { size: 16, channels: 3, nz: 6, ngf: 4, ndf: 4, kernel: 5, minibatchKernels: 3 };
const IMAGE = 16 * 16 * 3;

it("minibatch discrimination leaves an image's search alone, to the bit", async () => {
  const backend = await openNodeBackend();
  const values = new Map(initialValues(modelSpecs(CONFIG), 1));
  values.set("discriminator/d_minibatch/moving_mean", Float32Array.of(0.5, 1, 2));
  const networks = loadNetworks(backend, { config: CONFIG, values, metadata: {} });
  const images = uniform({ seed: 1, purpose: 9, index: 0 }, 2 * IMAGE);
  const search = async (second: Float32Array) => {
    const found = await createSearch(backend, networks, { batch: 2, lambda: 10 });
    const both = Float32Array.from([...images.slice(0, IMAGE), ...second]);
    const start = { images: both, masks: [masks.center(16), masks.center(16)], z: latents(1, 0, 2, CONFIG.nz) };
    start.z.set(second.slice(0, CONFIG.nz), CONFIG.nz);
    found.start(start);
    const losses = await found.iterate(5);
    const z = (await found.readZ()).slice(0, CONFIG.nz);
    found.destroy();
    return { z, losses: losses.map(({ perceptual, contextual }) => [perceptual[0], contextual[0]]) };
  };
  const [one, other] = [await search(images.slice(IMAGE)), await search(new Float32Array(IMAGE).fill(0.25))];
  expect(one).toEqual(other);
  expect(one.losses[0]![0]).toBeGreaterThan(0);
  backend.destroy();
});
