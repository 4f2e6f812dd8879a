import type { ImageShape } from "@kintsugi/geometry";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { pickImages as twin } from "../reference/pick_images.js";
import { pickImages } from "../src/pointwise.js";
import "./close.js";
import { Harness, random } from "./harness.js";

let harness: Harness;
beforeAll(async () => {
  harness = await Harness.open();
});
afterEach(() => harness.free());
afterAll(() => harness.device.destroy());

// The control is a batch of the network in small: mirrored and not, the same image twice, the first and the last.
const PICKS = [4, 0, 0, 1, 2, 1, 2, 0];

test.each<{ shape: ImageShape; picks: number[] }>([
  { shape: [4, 16, 16, 3], picks: PICKS },
  { shape: [4, 16, 16, 1], picks: PICKS },
  { shape: [1, 32, 32, 3], picks: [3, 1] },
  { shape: [4, 4, 12, 3], picks: PICKS },
  { shape: [4, 3, 4, 1], picks: PICKS },
])("$shape", async ({ shape, picks }) => {
  const size = shape.reduce((product, side) => product * side);
  const image = size / shape[0];
  const bytes = Uint8Array.from(random(5 * image, 1), (value) => 128 + 128 * value);
  // Bit patterns of bytes may be floats that arithmetic would change; they must never pass through any.
  bytes.set([255, 255, 255, 255, 1, 0, 0, 0, 0, 0, 128, 127]);
  const values = Float32Array.from({ length: 256 }, (_, byte) => byte / 127.5 - 1);
  const out = harness.output(size);
  const [received] = await harness.run(
    [
      pickImages(size, image, shape[2], shape[3], {
        images: harness.words(new Uint32Array(bytes.buffer)),
        picks: harness.input(picks),
        values: harness.input(values),
        y: out.view,
      }),
    ],
    [out],
  );
  expect(received).toBeAllClose(twin(bytes, picks, values, shape), {});
});
