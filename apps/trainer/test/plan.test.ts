/** What a step needs of the GPU: foreseen by `kintsugi plan`, kept for a thousand steps, and shown by `--profile`. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { WebGpuBackend } from "@kintsugi/backend-webgpu";
import { type DcganConfig, DEFAULT_TRAINING, Trainer } from "@kintsugi/dcgan";
import type { Device } from "@kintsugi/gpu";
import { openNodeDevice } from "@kintsugi/gpu/node";
import { afterEach, describe, expect, it } from "vitest";
import { createFedTrainer } from "../src/feed.js";
import { planLines, reportPlan } from "../src/plan_report.js";
import { costLines, profileStep } from "../src/profile_step.js";
import { temporary } from "./command.js";

const CONFIG: DcganConfig = { size: 16, channels: 3, nz: 4, ngf: 2, ndf: 2, kernel: 5 };
const BATCH = 2;
const OPTIONS = { ...DEFAULT_TRAINING, batch: BATCH, lr: 2e-4, seed: 1 };
const IMAGES = Float32Array.from({ length: BATCH * 16 * 16 * 3 }, (_, i) => Math.sin(i));

const devices: Device[] = [];
const open = async () => {
  const device = await openNodeDevice();
  devices.push(device);
  return device;
};
afterEach(() => {
  for (const device of devices.splice(0)) device.destroy();
});

describe("the plan of a training step", () => {
  it("foresees what the trainer takes", async () => {
    const report = await reportPlan(new WebGpuBackend(await open()), CONFIG, { batch: BATCH });
    const device = await open();
    const trainer = await Trainer.create(new WebGpuBackend(device), CONFIG, OPTIONS);
    await trainer.train(IMAGES);
    await device.idle();
    expect(device.counters.bytes).toBe(report.bytes);
    expect(report.poolBytes + report.variableBytes).toBe(report.bytes);
    expect(report.largest[0]!.bytes).toBeGreaterThanOrEqual(report.largest[1]!.bytes);
    expect(planLines(report)).toHaveLength(5 + report.largest.length);
  });

  it.each([
    [1520, "1.52 TFLOP"],
    [0.0321, "0.0321 GFLOP"],
    [999.6, "1000 GFLOP"],
    [12.345, "12.3 GFLOP"],
  ])("writes %s GFLOP as %s", (gigaflops, text) => {
    const nothing = { dispatches: 1, poolBytes: 0, variableBytes: 0, imageBytes: 0, bytes: 0, largest: [] };
    expect(planLines({ ...nothing, gigaflops })[1]).toMatch(new RegExp(`^arithmetic +${text}$`));
  });

  it("grows with the batch, its state does not", async () => {
    const [one, two] = [
      await reportPlan(new WebGpuBackend(await open()), CONFIG, { batch: 2 }),
      await reportPlan(new WebGpuBackend(await open()), CONFIG, { batch: 8 }),
    ];
    expect(two.poolBytes).toBeGreaterThan(one.poolBytes);
    expect(two.variableBytes).toBe(one.variableBytes);
    expect(two.gigaflops).toBeGreaterThan(one.gigaflops);
  });
});

it("counts the images that stay on the device", async () => {
  const [fed, resident] = [
    await reportPlan(new WebGpuBackend(await open()), CONFIG, { batch: BATCH }),
    await reportPlan(new WebGpuBackend(await open()), CONFIG, { batch: BATCH, images: 100 }),
  ];
  const device = await open();
  const images = { count: 100, size: CONFIG.size, channels: 3, bytes: new Uint8Array(100 * CONFIG.size ** 2 * 3) };
  const { trainer, batches } = await createFedTrainer(new WebGpuBackend(device), CONFIG, images, OPTIONS, {
    resident: true,
  });
  await trainer.train(batches(0));
  await device.idle();
  expect(device.counters.bytes).toBe(resident.bytes);
  expect(resident.imageBytes).toBe(images.bytes.length);
  expect(resident.variableBytes).toBe(fed.variableBytes);
  expect(planLines(resident).join()).toContain("training images");
  // A float for a byte: what a batch no longer brings along.
  expect(resident.bytes).toBeLessThan(fed.bytes + images.bytes.length + 4096);
});

/** Everything that is asked of WebGPU itself: objects made, and the bytes of its buffers, alive now and at the most. */
function watch({ handle }: Device) {
  const seen = { buffers: 0, bindGroups: 0, pipelines: 0, alive: 0, most: 0 };
  const counted = <A extends unknown[], R>(kind: "bindGroups" | "pipelines", make: (...given: A) => R) => {
    return (...given: A): R => {
      seen[kind]++;
      return make.apply(handle, given);
    };
  };
  const createBuffer = handle.createBuffer;
  Object.assign(handle, {
    createBindGroup: counted("bindGroups", handle.createBindGroup),
    createComputePipeline: counted("pipelines", handle.createComputePipeline),
    createComputePipelineAsync: counted("pipelines", handle.createComputePipelineAsync),
    createBuffer(description: GPUBufferDescriptor) {
      const buffer = createBuffer.call(handle, description);
      const destroy = buffer.destroy;
      seen.buffers++;
      seen.alive += buffer.size;
      seen.most = Math.max(seen.most, seen.alive);
      buffer.destroy = () => {
        seen.alive -= buffer.size;
        destroy.call(buffer);
      };
      return buffer;
    },
  });
  return seen;
}

describe("a thousand steps", () => {
  it("take one submit each, make nothing, and stay at the bytes that the plan foresees", async () => {
    const { bytes } = await reportPlan(new WebGpuBackend(await open()), CONFIG, { batch: BATCH });
    const device = await open();
    const seen = watch(device);
    const trainer = await Trainer.create(new WebGpuBackend(device), CONFIG, OPTIONS);
    await trainer.train(IMAGES);
    await device.idle();
    const { submits, ...after } = device.counters;
    const first = { ...seen };
    expect(first).toMatchObject({ buffers: after.buffers, bindGroups: after.bindGroups, pipelines: after.pipelines });
    expect([first.alive, first.most]).toEqual([bytes, bytes]);
    for (let step = 0; step < 1000; step++) await trainer.train(IMAGES);
    await device.idle();
    expect(device.counters).toEqual({ ...after, submits: submits + 1000 });
    expect(seen).toEqual(first);
  });
});

describe("a profile", () => {
  it("has one span per dispatch, in a trace that Chrome reads, and names the dearest", async () => {
    const folder = await temporary();
    try {
      const path = join(folder.path, "trace.json");
      const { spans, dearest } = await profileStep(path, CONFIG, OPTIONS, {}, () => IMAGES);
      const trace = JSON.parse(await readFile(path, "utf8")) as { traceEvents: { ph: string; dur: number }[] };
      expect(trace.traceEvents).toHaveLength(spans.length);
      expect(trace.traceEvents.every(({ ph, dur }) => ph === "X" && dur >= 0)).toBe(true);
      expect(dearest).toHaveLength(10);
      expect(dearest[0]!.nanoseconds).toBeGreaterThanOrEqual(dearest[9]!.nanoseconds);
      expect(costLines(dearest)).toHaveLength(11);
    } finally {
      await folder.remove();
    }
  });
});
