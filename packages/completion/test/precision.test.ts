/** Completion with float16 operands finds what float32 finds, and the same bits each time. */
import { readFileSync } from "node:fs";
import { PRECISION_FEATURES, type Precision, WebGpuBackend } from "@kintsugi/backend-webgpu";
import { decodeModel } from "@kintsugi/dcgan";
import { openNodeDevice } from "@kintsugi/gpu/node";
import { expect, it, vi } from "vitest";
import { createCompleter, createSearch, loadNetworks, masks } from "../src/index.js";

// A model of toy faces, so that there is something to find.
const model = decodeModel(
  new Uint8Array(readFileSync(new URL("../../element/test/fixtures/toy-16.safetensors", import.meta.url))),
);
const { size, channels } = model.config;
const picture = new Float32Array(size * size * channels).map((_, at) => Math.sin(at / 20) / 2);
const mask = masks.center(size);

async function opened(precision: Precision): Promise<WebGpuBackend> {
  const device = await openNodeDevice([], PRECISION_FEATURES[precision]);
  return new WebGpuBackend(device, { precision, intensity: 0 });
}

it("paints the same picture as in float32, up to a grey level or two", async () => {
  const [f32, f16] = [await opened("f32"), await opened("f16")];
  const complete = async (device: WebGpuBackend) => {
    const completer = createCompleter({ device, model });
    const result = await completer.complete(picture, mask, { iterations: 10, starts: 1, seed: 1 });
    await completer.destroy();
    return result;
  };
  const [exact, near, again] = [await complete(f32), await complete(f16), await complete(f16)];
  expect([again.image, again.hat, again.total]).toEqual([near.image, near.hat, near.total]);
  expect(near.hat).not.toEqual(exact.hat);
  const apart = near.image.map((value, i) => Math.abs(value - exact.image[i]!));
  expect(Math.max(...apart)).toBeLessThan(4 / 255);
  expect(near.total[0]! / exact.total[0]!).toBeCloseTo(1, 2);
  for (const backend of [f32, f16]) backend.destroy();
});

it("copies no weights in a step: they do not change in a search", async () => {
  const dispatches = async (precision: Precision) => {
    const backend = await opened(precision);
    const compile = vi.spyOn(backend, "compile");
    const search = await createSearch(backend, loadNetworks(backend, model), { batch: 1 });
    const plans = await Promise.all(compile.mock.results.map(({ value }) => value as ReturnType<typeof compile>));
    const step = plans.find(({ name }) => name === "adam search")!;
    search.destroy();
    backend.destroy();
    return step.recording.dispatches.map(({ shader }) => shader.name);
  };
  const [f32, f16] = [await dispatches("f32"), await dispatches("f16")];
  // z, two layers' inputs in G and three in D; and on the way back the gradients of the outputs of all six.
  const copies = f16.filter((name) => name === "half").length;
  expect(copies).toBe(12);
  expect(f16.length - f32.length).toBe(2 * copies);
});
