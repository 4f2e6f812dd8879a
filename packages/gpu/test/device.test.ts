import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { add, scale, spread } from "@kintsugi/shaders";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { globals } from "webgpu";
import { type AdapterDescription, type BufferView, type Device, describeAdapter, openDevice } from "../src/device.js";
import { dispatch } from "../src/dispatch.js";
import { DeviceLostError, fromGpuError, NoAdapterError, OutOfMemoryError, ValidationError } from "../src/errors.js";
import { openNodeDevice } from "../src/node.js";
import { Recording } from "../src/recording.js";

const MAP_READ_AND_WRITE = 0x1 | 0x2;

let device: Device;
const buffers: GPUBuffer[] = [];
beforeAll(async () => {
  device = await openNodeDevice();
});
afterEach(() => {
  for (const buffer of buffers.splice(0)) device.destroyBuffer(buffer);
});
afterAll(() => device.destroy());

function view(length: number, values?: Float32Array): BufferView {
  const buffer = device.createBuffer("test", length * 4);
  buffers.push(buffer);
  const made = { buffer, offset: 0, bytes: length * 4 };
  if (values) device.write(made, values);
  return made;
}

/** A call that WebGPU must refuse: no buffer can be mapped both ways. */
function invalidCall(on = device): void {
  on.handle.createBuffer({ label: "both ways", size: 16, usage: MAP_READ_AND_WRITE });
}

/** Runs `code` in a process of its own, which has the built package as `gpu`. */
async function child(code: string, env: Record<string, string> = {}) {
  const node = fileURLToPath(new URL("../src/node.ts", import.meta.url)).replace("/src/node.ts", "/dist/node.js");
  const script = `import { openNodeDevice } from ${JSON.stringify(node)};\n${code}`;
  const run = promisify(execFile)(process.execPath, ["--input-type=module", "-e", script], {
    env: { ...process.env, ...env },
    timeout: 120_000,
  });
  return run.then(({ stdout }) => stdout.trim());
}

describe("no adapter", () => {
  test.each([
    ["no WebGPU at all", undefined],
    ["WebGPU without an adapter", { requestAdapter: async () => null } as unknown as GPU],
  ])("%s", async (_, gpu) => {
    await expect(openDevice(gpu)).rejects.toThrow(NoAdapterError);
    await expect(openDevice(gpu)).rejects.toThrow(/^no WebGPU adapter: .*`kintsugi doctor` tells more\)$/);
  });

  test("Dawn without a driver", async () => {
    const code = "await openNodeDevice().catch((error) => console.log(error.name));";
    expect(await child(code, { VK_DRIVER_FILES: "/nonexistent", VK_ICD_FILENAMES: "/nonexistent" })).toBe(
      "NoAdapterError",
    );
  });
});

test("a process ends by itself, with a device open", async () => {
  expect(await child('const device = await openNodeDevice(); device.createBuffer("b", 64); console.log("end");')).toBe(
    "end",
  );
});

describe("the adapter's description", () => {
  const describeAs = (names: Partial<GPUAdapterInfo>): AdapterDescription =>
    describeAdapter({
      info: { vendor: "", architecture: "", description: "", isFallbackAdapter: false, ...names },
      features: new Set(["timestamp-query", "shader-f16"]),
    } as unknown as GPUAdapter);

  test.each([
    [{ vendor: "mesa", description: "llvmpipe: Mesa 25.0.7 (LLVM 15.0.6)" }, true],
    [{ vendor: "google", description: "SwiftShader Device (LLVM 10.0.0)" }, true],
    [{ description: "Microsoft Basic Render Driver" }, true],
    [{ vendor: "unknown", isFallbackAdapter: true }, true],
    [{ vendor: "nvidia", architecture: "hopper", description: "NVIDIA H200" }, false],
    [{ vendor: "apple", architecture: "metal-3" }, false],
  ])("%o runs on the CPU: %s", (names, software) => {
    expect(describeAs(names).software).toBe(software);
  });

  test("features are sorted", () => {
    expect(describeAs({}).features).toEqual(["shader-f16", "timestamp-query"]);
  });

  test("of the device at hand is what the device reports", () => {
    expect(device.adapter.description + device.adapter.vendor).not.toBe("");
    expect(device.adapter.features.length).toBeGreaterThan(0);
  });
});

describe("a lost device", () => {
  test("fails at the next use, by name", async () => {
    const lost = await openNodeDevice();
    const buffer = lost.createBuffer("b", 64);
    lost.handle.destroy();
    const use = { buffer, offset: 0, bytes: 64 };
    await expect(lost.read(use)).rejects.toThrow(DeviceLostError);
    await expect(lost.idle()).rejects.toThrow(DeviceLostError);
    await expect(lost.guard("anything", () => 1)).rejects.toThrow(DeviceLostError);
    expect(() => lost.check()).toThrow(/^GPU device lost \(destroyed\): /);
  });

  test("fails while it is in use", async () => {
    const lost = await openNodeDevice();
    const buffer = lost.createBuffer("b", 64);
    const reading = lost.read({ buffer, offset: 0, bytes: 64 });
    const guarded = lost.guard("in flight", () => lost.idle());
    lost.handle.destroy();
    const outcomes = await Promise.allSettled([reading, guarded]);
    for (const outcome of outcomes) {
      expect(outcome).toMatchObject({ status: "rejected", reason: { name: "DeviceLostError" } });
    }
  });

  test("a recording on it fails, when submitted and when run", async () => {
    const lost = await openNodeDevice();
    const recording = await Recording.create(lost, "empty", []);
    await recording.run();
    lost.handle.destroy();
    await lost.handle.lost;
    expect(() => recording.submit()).toThrow(DeviceLostError);
    await expect(recording.run()).rejects.toThrow(DeviceLostError);
  });

  test("one that was closed says so", async () => {
    const closed = await openNodeDevice();
    closed.destroy();
    expect(() => closed.check()).toThrow(new DeviceLostError("this GPU device was closed"));
  });
});

describe("out of memory", () => {
  test("a buffer larger than the device can have", () => {
    const limit = Math.min(
      device.handle.limits.maxStorageBufferBindingSize,
      Math.floor(device.handle.limits.maxBufferSize / 16) * 16,
    );
    const counted = { ...device.counters };
    expect(() => device.createBuffer("layer 3", 2 ** 50)).toThrow(OutOfMemoryError);
    expect(() => device.createBuffer("layer 3", limit + 1)).toThrow(/^layer 3: \d+ bytes, and a buffer of this GPU/);
    expect(device.counters).toEqual(counted);
  });

  // Software drivers hand out memory that the machine does not have, so that the real thing cannot be made to happen here.
  test("as Dawn reports it", () => {
    type Made = new (message: string) => GPUError;
    const { GPUOutOfMemoryError } = globals as unknown as { readonly GPUOutOfMemoryError: Made };
    const error = fromGpuError(new GPUOutOfMemoryError("no memory\n - While calling"), "step");
    expect(error).toBeInstanceOf(OutOfMemoryError);
    expect(error.message).toBe("step: out of GPU memory; use a smaller batch or width (no memory)");
  });
});

describe("validation errors", () => {
  test("inside a guard, in one line that names the task", async () => {
    const guarded = device.guard("layer 3", () => invalidCall());
    await expect(guarded).rejects.toThrow(ValidationError);
    await expect(device.guard("layer 3", () => invalidCall())).rejects.toThrow(/^layer 3: Buffer usages [^\n]*$/);
    expect(await device.guard("afterwards", async () => 7)).toBe(7);
  });

  test("of WGSL and of pipeline constants", async () => {
    const pipeline = (code: string) =>
      device.guard("kernel", () =>
        device.handle.createComputePipelineAsync({
          layout: "auto",
          compute: { module: device.handle.createShaderModule({ code }) },
        }),
      );
    await expect(pipeline("@compute @workgroup_size(1) fn main() { let x: u32 = 1.0; }")).rejects.toThrow(
      ValidationError,
    );
    const missing = pipeline("override A: u32; @compute @workgroup_size(A) fn main() {}");
    await expect(missing).rejects.toThrow(ValidationError);
    await expect(pipeline("override A: u32; @compute @workgroup_size(A) fn main() {}")).rejects.toThrow(
      /^kernel: [^\n]*\[A\][^\n]*$/,
    );
  });

  test("an exception of the task itself comes through", async () => {
    const thrown = new RangeError("mine");
    await expect(
      device.guard("task", () => {
        throw thrown;
      }),
    ).rejects.toBe(thrown);
    await expect(device.guard("task", () => Promise.reject(thrown))).rejects.toBe(thrown);
    expect(await device.guard("afterwards", () => 7)).toBe(7);
  });

  test("of two guarded tasks at a time reach the one that made them", async () => {
    const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
    const outcomes = await Promise.allSettled([
      device.guard("slow and right", () => sleep(20)),
      device.guard("wrong", async () => {
        invalidCall();
        await sleep(1);
      }),
      device.guard("right", () => sleep(1)),
      device.guard("outer", () => device.guard("inner", () => invalidCall())),
    ]);
    expect(outcomes.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled", "rejected"]);
    expect(outcomes[1]).toMatchObject({ reason: { message: expect.stringMatching(/^wrong: /) } });
    expect(outcomes[3]).toMatchObject({ reason: { message: expect.stringMatching(/^inner: /) } });
  });

  test("outside any guard, at the next check", async () => {
    const own = await openNodeDevice();
    invalidCall(own);
    await expect(own.idle().then(() => own.idle())).rejects.toThrow(ValidationError);
    expect(() => own.check()).toThrow(/^GPU: Buffer usages/);
    own.destroy();
  });

  test("a binding that nothing is bound to", async () => {
    const bindings = { x: view(1) } as unknown as Record<"x" | "y", BufferView>;
    const entry = dispatch(scale, { label: "scale 1", bindings, constants: { SIZE: 1, FACTOR: 2 }, workgroups: 1 });
    await expect(Recording.create(device, "step", [entry])).rejects.toThrow("scale 1: nothing is bound to y");
  });
});

describe("grids", () => {
  const grid = (workgroups: number | readonly [number, number, number]) =>
    dispatch(scale, {
      label: "scale",
      bindings: {} as Record<"x" | "y", BufferView>,
      constants: { SIZE: 1, FACTOR: 1 },
      workgroups,
    }).workgroups;

  test.each([
    [1, [1, 1, 1]],
    [65_535, [65_535, 1, 1]],
    [65_536, [32_768, 2, 1]],
    [65_537, [32_769, 2, 1]],
    [131_071, [43_691, 3, 1]],
    [65_535 ** 2, [65_535, 65_535, 1]],
  ])("%i workgroups become %j", (count, folded) => {
    expect(grid(count)).toEqual(folded);
    expect(folded[0]! * folded[1]!).toBeGreaterThanOrEqual(count);
  });

  test("what no grid can hold", () => {
    expect(() => grid(65_535 ** 2 + 1)).toThrow(RangeError);
    expect(() => grid([1, 65_536, 1])).toThrow("scale: a grid of 1×65536×1 workgroups is over the limit of 65535");
  });
});

describe("reading and writing", () => {
  test.each([1, 2, 3, 4, 5, 17])("%i elements", async (length) => {
    const values = Float32Array.from({ length }, (_, i) => i + 0.5);
    expect(await device.read(view(length, values))).toEqual(values);
  });

  test("a stretch of a buffer", async () => {
    const whole = view(16, new Float32Array(16));
    const part = { ...whole, offset: 20, bytes: 12 };
    device.write(part, Float32Array.of(1, 2, 3));
    expect(await device.read(part)).toEqual(Float32Array.of(1, 2, 3));
    expect(await device.read(whole)).toEqual(Float32Array.of(0, 0, 0, 0, 0, 1, 2, 3, 0, 0, 0, 0, 0, 0, 0, 0));
  });

  test("bytes that are no multiple of 4 are read up to the next one", async () => {
    const whole = view(4, Float32Array.of(1, 2, 3, 4));
    expect(await device.read({ ...whole, bytes: 6 })).toEqual(Float32Array.of(1, 2));
  });
});

describe("recordings", () => {
  const twice = (x: BufferView, y: BufferView) =>
    dispatch(scale, { label: "scale", bindings: { x, y }, constants: { SIZE: 3, FACTOR: 2 }, workgroups: 1 });

  test("copies follow the dispatches, at an offset that the run decides", async () => {
    const [x, y, log] = [view(3, Float32Array.of(1, 2, 3)), view(3), view(12)];
    const copy = { from: y, to: log.buffer, offset: (run: number) => run * 12 };
    const recording = await Recording.create(device, "step", [twice(x, y), twice(y, x)], [copy]);
    for (let run = 0; run < 3; run++) await recording.run();
    expect(recording.runs).toBe(3);
    expect(await device.read(log)).toEqual(Float32Array.of(2, 4, 6, 8, 16, 24, 32, 64, 96, 0, 0, 0));
  });

  test("the counters count what is made, and replaying makes nothing", async () => {
    const before = { ...device.counters };
    const [x, y] = [view(5), view(3)];
    expect(device.counters).toEqual({ ...before, buffers: before.buffers + 2, bytes: before.bytes + 48 });
    const sum = { a: x, b: x, y };
    const entries = [
      dispatch(add, { label: "add", bindings: sum, constants: { SIZE: 3, ALPHA: 0.125 }, workgroups: 1 }),
      dispatch(add, { label: "add", bindings: sum, constants: { SIZE: 3, ALPHA: 0.125 }, workgroups: 1 }),
      dispatch(spread, { label: "spread", bindings: { x, y }, constants: { SIZE: 3, SPAN: 5 }, workgroups: 1 }),
    ];
    const recording = await Recording.create(device, "step", entries);
    // Equal constants share a pipeline.
    expect(device.counters.pipelines).toBe(before.pipelines + 2);
    expect(device.counters.bindGroups).toBe(before.bindGroups + 3);
    const made = { ...device.counters };
    for (let run = 0; run < 5; run++) await recording.run();
    expect(device.counters).toEqual({ ...made, submits: made.submits + 5 });
    await Recording.create(device, "again", entries);
    expect(device.counters.pipelines).toBe(made.pipelines);
    for (const buffer of buffers.splice(0)) device.destroyBuffer(buffer);
    expect(device.counters.bytes).toBe(before.bytes);
  });
});
