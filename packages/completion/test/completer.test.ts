/** A completer on both back ends: the same object, what it tells while it works, and that it leaves nothing behind. */
import type { Backend } from "@kintsugi/autodiff";
import { variable } from "@kintsugi/autodiff";
import { WebGpuBackend } from "@kintsugi/backend-webgpu";
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
    const completer = createCompleter({ device: backend(), model });
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
    const completer = createCompleter({ device: backend(), model });
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
    const completer = createCompleter({ device: gpu, model });
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

/** The sizes of batches that are compiled, on the CPU; those above `limit` do not fit. */
function counting(limit = Number.POSITIVE_INFINITY) {
  const sizes: number[] = [];
  const compile: Backend["compile"] = (program) => {
    const size = program.name === "starts" ? 1 : (program.outputs?.images?.shape[0] ?? 1);
    if (size > limit) throw Object.assign(new Error("no memory"), { name: "OutOfMemoryError" });
    if (program.name === "completion") sizes.push(size);
    return cpu.compile(program);
  };
  const device = new Proxy(cpu, {
    get(target, name) {
      if (name === "compile") return compile;
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
  return { device, sizes };
}
const several = [0, 1, 2, 3, 4].map((k) => picture.map((value) => value * (1 - k / 5)));

describe("several images", () => {
  it("that wait with the same options are searched together, and get what each would get alone", async () => {
    const { device, sizes } = counting();
    const completer = createCompleter({ device, model, batch: 4 });
    const seen: number[] = [];
    const results = await Promise.all(
      several.map((image, i) =>
        completer.complete(image, mask, { ...options, onProgress: (_, { total }) => seen.push(i + 10 * total.length) }),
      ),
    );
    // Four, and one that was left.
    expect(sizes).toEqual([4, 1]);
    expect(new Set(seen)).toEqual(new Set([10, 11, 12, 13, 14]));
    for (const [i, image] of several.entries()) {
      const alone = await completer.complete(image, mask, options);
      expect(alone.total[0]).toBeCloseTo(results[i]!.total[0]!, 2);
      alone.image.forEach((value, at) => {
        expect(Math.abs(value - results[i]!.image[at]!)).toBeLessThan(0.01);
      });
    }
    await completer.destroy();
  });

  it("with other options, or whose first z is their place's, go alone", async () => {
    const { device, sizes } = counting();
    const completer = createCompleter({ device, model });
    const asked = [
      options,
      options,
      { ...options, iterations: 4 },
      { ...options, starts: 1 },
      { ...options, starts: 1 },
    ];
    const all = await Promise.all(asked.map((each) => completer.complete(picture, mask, each)));
    expect(all.map(({ iteration }) => iteration)).toEqual([6, 6, 4, 6, 6]);
    expect(all[3]!.image).toEqual(all[4]!.image);
    expect(sizes).toEqual([2, 1, 1]);
    await completer.destroy();
  });

  it("one that leaves gets its reason at once, and the others their completions", async () => {
    const completer = createCompleter({ device: cpu, model });
    const stop = new AbortController();
    const long = { ...options, iterations: 40, patience: 0, snapshotInterval: 10 };
    const leaving = completer.complete(picture, mask, {
      ...{ ...long, signal: stop.signal },
      onSnapshot: () => stop.abort(new Error("enough")),
    });
    const staying = completer.complete(several[1]!, mask, long);
    await expect(leaving).rejects.toThrow("enough");
    expect((await staying).iteration).toBe(40);
    await completer.destroy();
  });

  it("come in batches that the device has memory for", async () => {
    const { device, sizes } = counting(2);
    const completer = createCompleter({ device, model });
    const pictures = {
      count: 5,
      values: (first: number, count: number) =>
        Float32Array.from(several.slice(first, first + count).flatMap((v) => [...v])),
      mask: () => mask,
    };
    const many = { iterations: 2, outInterval: 0, seed: 0, optimizer: { kind: "lbfgs" }, starts: 8 } as const;
    expect(await completer.prepare(many, 5)).toBe(2);
    const batches: number[] = [];
    const done = await completer.completeAll(pictures, many, {
      onBatch: ({ masks }) => void batches.push(masks.length),
    });
    expect([done, batches, sizes]).toEqual([5, [2, 2, 1], [2]]);
    await completer.destroy();
  });
});
