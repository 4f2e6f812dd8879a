import sharp from "sharp";
import { describe, expect, it } from "vitest";
import {
  bytesToValues,
  encodeGif,
  fromBytes,
  fromRgba,
  grid,
  type Image,
  ImageError,
  stack,
  toBytes,
  toRgba,
  unstack,
  valuesToBytes,
} from "../src/index.js";

const allBytes = Uint8Array.from({ length: 256 }, (_, i) => i);

/** An image of one value everywhere. */
const flat = (value: number, width = 2, height = 2, channels: 1 | 3 = 1): Image => ({
  width,
  height,
  channels,
  values: new Float32Array(width * height * channels).fill(value),
});

describe("bytes and values", () => {
  it("gives every byte back exactly", () => {
    expect(valuesToBytes(bytesToValues(allBytes))).toEqual(allBytes);
  });

  it("maps black, white and the range between onto [−1, 1]", () => {
    expect([...bytesToValues([0, 51, 255])]).toEqual([-1, Math.fround(51 / 127.5 - 1), 1]);
  });

  it("clamps, and turns what is not a number into black", () => {
    expect([...valuesToBytes([-9, 9, 0, Number.NaN, Infinity])]).toEqual([0, 255, 128, 0, 255]);
  });

  it("refuses a length that does not fit, with both numbers", () => {
    expect(() => fromBytes(allBytes, 4, 4, 3)).toThrow(/256 values do not fill height 4, width 4, channels 3; pass 48/);
  });
});

describe("canvas pixels", () => {
  it("keeps opaque pixels, and lays transparent ones over mid-grey", () => {
    const rgba = [10, 20, 30, 255, 200, 0, 0, 0];
    expect([...toBytes(fromRgba(rgba, 2, 1, 3))]).toEqual([10, 20, 30, 128, 128, 128]);
  });

  it("returns to the same pixels", () => {
    const rgba = Uint8ClampedArray.from({ length: 64 }, (_, i) => (i % 4 === 3 ? 255 : i * 3));
    expect(toRgba(fromRgba(rgba, 4, 4, 3))).toEqual(rgba);
  });

  it("makes grey of colour by luma, and leaves grey alone", () => {
    expect([...toBytes(fromRgba([255, 0, 0, 255, 77, 77, 77, 255], 2, 1, 1))]).toEqual([76, 77]);
  });
});

describe("batches", () => {
  it("unstacks and stacks without change", () => {
    const values = Float32Array.from({ length: 3 * 2 * 4 * 3 }, (_, i) => i / 100);
    const images = unstack(values, [3, 2, 4, 3]);
    expect(images).toHaveLength(3);
    expect(images[1]).toMatchObject({ width: 4, height: 2, channels: 3 });
    expect(stack(images)).toEqual({ values, shape: [3, 2, 4, 3] });
  });

  it("refuses channels that no image has, and unlike images", () => {
    expect(() => unstack(new Float32Array(8), [1, 2, 2, 2])).toThrow(ImageError);
    expect(() => stack([flat(0), flat(0, 3)])).toThrow(/image 1 is 3×2, image 0 is 2×2/);
  });
});

describe("grid", () => {
  it("lays images row by row and leaves the rest black", () => {
    const picture = grid([flat(0.1), flat(0.2), flat(0.3)], 2);
    expect([picture.width, picture.height, picture.channels]).toEqual([4, 4, 1]);
    const at = (x: number, y: number) => picture.values[y * 4 + x];
    expect([at(0, 0), at(2, 1), at(1, 3), at(3, 3)]).toEqual([0.1, 0.2, 0.3, -1].map(Math.fround));
  });

  it("has min(8, n) columns and as many rows as needed", () => {
    const sizes = [1, 7, 8, 9, 64].map((n) => grid(Array.from({ length: n }, () => flat(0, 1, 1))));
    expect(sizes.map(({ width, height }) => `${width}×${height}`)).toEqual(["1×1", "7×1", "8×1", "8×2", "8×8"]);
  });

  it("mixes grey and colour, and refuses sizes that differ", () => {
    expect([...grid([flat(0.5, 1, 1), flat(-0.5, 1, 1, 3)]).values]).toEqual([0.5, 0.5, 0.5, -0.5, -0.5, -0.5]);
    expect(() => grid([flat(0), flat(0, 2, 5)])).toThrow(ImageError);
    expect(() => grid([])).toThrow(/at least one/);
    expect(() => grid([flat(0)], 0)).toThrow(/0 columns/);
  });
});

describe("encodeGif", () => {
  it("writes every frame with its delay, for ever", async () => {
    const frames = [-1, 0, 1].map((value) => flat(value, 16, 12, 3));
    const gif = await sharp(encodeGif(frames, { delay: 250 }), { animated: true }).metadata();
    expect(gif).toMatchObject({ format: "gif", width: 16, pageHeight: 12, pages: 3, delay: [250, 250, 250], loop: 0 });
  });

  it("keeps every grey level", async () => {
    const ramp = fromBytes(allBytes, 16, 16, 1);
    const decoded = await sharp(encodeGif([ramp]))
      .removeAlpha()
      .raw()
      .toBuffer();
    expect(Uint8Array.from({ length: 256 }, (_, i) => decoded[3 * i]!)).toEqual(allBytes);
  });

  it("takes its colours from all frames", async () => {
    const colours = [
      [200, 40, 40],
      [40, 40, 200],
    ].map((colour) => fromBytes(Array.from({ length: 64 }, () => colour).flat(), 8, 8, 3));
    const decoded = await sharp(encodeGif(colours), { animated: true }).removeAlpha().raw().toBuffer();
    expect([...decoded.subarray(0, 3), ...decoded.subarray(-3)]).toEqual([200, 40, 40, 40, 40, 200]);
  });

  it("refuses no frames and a bad delay", () => {
    expect(() => encodeGif([])).toThrow(ImageError);
    expect(() => encodeGif([flat(0)], { delay: -1 })).toThrow(/delay/);
  });
});
