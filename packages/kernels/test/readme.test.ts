import { type BufferView, Recording } from "@kintsugi/gpu";
import { openNodeDevice } from "@kintsugi/gpu/node";
import { expect, test } from "vitest";
import { sumRows, sumRowsScratch } from "../src/index.js";

test("does what the README shows", async () => {
  const device = await openNodeDevice();
  const create = (label: string, bytes: number): BufferView => {
    return { buffer: device.createBuffer(label, bytes), offset: 0, bytes };
  };
  const [rows, channels] = [1000, 3];
  const views = {
    x: create("x", rows * channels * 4),
    y: create("y", channels * 4),
    scratch: create("scratch", sumRowsScratch(device.adapter, rows, channels)),
  };
  const recording = await Recording.create(device, "sums", sumRows(device.adapter, rows, channels, views));

  device.write(views.x, new Float32Array(rows * channels).fill(0.5));
  await recording.run();
  expect(await device.read(views.y)).toEqual(Float32Array.of(500, 500, 500));
  device.destroy();
});
