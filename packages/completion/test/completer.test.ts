/** A completer on both back ends: the same object, what it tells while it works, and that it leaves nothing behind. */
import type { Backend } from "@kintsugi/autodiff";
import { variable } from "@kintsugi/autodiff";
import { WebGpuBackend } from "@kintsugi/autodiff/webgpu";
import { DEFAULT_TRAINING, type Model, Trainer } from "@kintsugi/dcgan";
import { openNodeDevice } from "@kintsugi/gpu/node";
import { openNodeBackend } from "@kintsugi/onnx/node";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Completed, createCompleter, masks } from "../src/index.js";

const config = { size: 16, channels: 1, nz: 8, ngf: 4, ndf: 4, kernel: 5 };
const picture = new Float32Array(256).map((_, at) => Math.sin(at / 20) / 2);
const mask = masks.center(16);
const options = { iterations: 6, starts: 8 };

let gpu: WebGpuBackend;
let cpu: Backend;
let model: Model;
beforeAll(async () => {
  gpu = new WebGpuBackend(await openNodeDevice());
  cpu = await openNodeBackend();
  const trainer = await Trainer.create(cpu, config, { ...DEFAULT_TRAINING, batch: 2, lr: 2e-4, seed: 1 });
  model = { config, values: await trainer.values(), metadata: {} };
});
afterAll(() => {
  gpu.destroy();
  cpu.destroy();
});

describe.each([
  ["the GPU", () => gpu],
  ["the CPU", () => cpu],
] as [string, () => Backend][])("on %s", (_, backend) => {
  it("completes, tells of progress, and repeats itself", async () => {
    const completer = createCompleter(backend(), model);
    const seen: number[] = [];
    const shown: number[] = [];
    const result = await completer.complete(picture, mask, {
      ...options,
      onProgress: (iteration) => seen.push(iteration),
      onSnapshot: ({ iteration }) => shown.push(iteration),
      snapshotInterval: 2,
    });
    expect(seen.at(-1)).toBe(6);
    expect(shown).toEqual([0, 2, 4]);
    expect(result.iteration).toBe(6);
    mask.pixels.forEach((known, at) => {
      if (known) expect(result.image[at]).toBe(picture[at]);
    });
    expect(result.image).not.toEqual(picture);
    // In between options that need other programs.
    const several = await completer.complete(picture, mask, { ...options, candidates: 2 });
    expect(several.others).toHaveLength(1);
    const again = await completer.complete(picture, mask, options);
    expect([again.image, again.hat]).toEqual([result.image, result.hat]);
    await completer.destroy();
    await expect(completer.complete(picture, mask)).rejects.toThrow(/destroyed/);
  });

  it("calls wait for one another, and an abort ends its own alone", async () => {
    const completer = createCompleter(backend(), model);
    const stop = new AbortController();
    const first = completer.complete(picture, mask, {
      ...{ starts: 1, patience: 0, iterations: 1e6, snapshotInterval: 3, signal: stop.signal },
      onSnapshot: ({ iteration }) => iteration === 3 && stop.abort(new Error("enough")),
    });
    const second = completer.complete(picture, mask, options);
    await expect(first).rejects.toThrow("enough");
    expect((await second).iteration).toBe(6);
    await expect(completer.complete(picture.subarray(1), mask, options)).rejects.toThrow(RangeError);
    await expect(completer.complete(picture, masks.center(32), options)).rejects.toThrow(RangeError);
    await completer.destroy();
  });

  it("a freed variable begins at 0 again", async () => {
    const x = variable("x", [4]);
    backend().write(x, Float32Array.of(1, 2, 3, 4));
    expect([...(await backend().read(x))]).toEqual([1, 2, 3, 4]);
    backend().free([x, variable("never written", [2])]);
    expect([...(await backend().read(x))]).toEqual([0, 0, 0, 0]);
    backend().free([x]);
  });
});

it("a buffer that variables share goes with the last of them", async () => {
  const before = gpu.device.counters.bytes;
  const pair = [variable("x", [4]), variable("y", [4])] as const;
  gpu.together(pair);
  gpu.write(pair[1], Float32Array.of(1, 2, 3, 4));
  gpu.free([pair[0]]);
  expect([...(await gpu.read(pair[1]))]).toEqual([1, 2, 3, 4]);
  gpu.free([pair[1]]);
  expect(gpu.device.counters.bytes).toBe(before);
});

it.each([{ kind: "adam" }, { kind: "hmc", steps: 2 }, { kind: "lbfgs" }] as const)(
  "leaves no byte on the GPU: $kind",
  async (optimizer) => {
    const before = gpu.device.counters.bytes;
    const completer = createCompleter(gpu, model);
    const results: Completed[] = [];
    let held = 0;
    for (const seed of [1, 2, 3]) {
      results.push(await completer.complete(picture, mask, { ...options, iterations: 2, optimizer, seed }));
      if (held > 0) expect(gpu.device.counters.bytes).toBe(held);
      held = gpu.device.counters.bytes;
    }
    expect(held).toBeGreaterThan(before);
    await completer.destroy();
    expect(gpu.device.counters.bytes).toBe(before);
  },
);
