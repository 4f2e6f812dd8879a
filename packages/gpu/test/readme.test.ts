import { scale } from "@kintsugi/shaders";
import { expect, test } from "vitest";
import { type BufferView, dispatch, Recording } from "../src/index.js";
import { openNodeDevice } from "../src/node.js";

test("does what the README shows", async () => {
  const device = await openNodeDevice();
  const bytes = 3 * 4;
  const create = (label: string): BufferView => ({ buffer: device.createBuffer(label, bytes), offset: 0, bytes });
  const [x, y] = [create("x"), create("y")];

  const double = dispatch(scale, {
    label: "scale 3",
    bindings: { x, y },
    constants: { SIZE: 3, FACTOR: 2 },
    workgroups: 1,
  });
  const recording = await Recording.create(device, "example", [double]);

  device.write(x, Float32Array.of(1, 2, 3));
  await recording.run();
  expect(await device.read(y)).toEqual(Float32Array.of(2, 4, 6));
  device.destroy();
});
