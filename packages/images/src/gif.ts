/// <reference path="./gifenc.d.ts" />
import * as module from "gifenc";
import { checkSameSize } from "./batch.js";
import { ImageError } from "./error.js";
import { type Image, toBytes, toRgba } from "./image.js";

// Node sees CommonJS (everything under `default`), bundlers an ES module (everything by name).
const gifenc = (module.quantize ? module : module.default) as module.Gifenc;

/** Enough to choose 256 colours from; more would only cost time. */
const PALETTE_SAMPLES = 1 << 18;

const GREYS: module.Palette = Array.from({ length: 256 }, (_, i) => [i, i, i]);

/** One palette over all frames: a palette per frame would make still areas flicker. */
const paletteOf = (frames: readonly Uint8ClampedArray[]): module.Palette => {
  const pixels = frames.reduce((sum, frame) => sum + frame.length / 4, 0);
  const stride = Math.max(1, Math.ceil(pixels / PALETTE_SAMPLES));
  const sample = new Uint8Array(Math.ceil(pixels / stride) * 4);
  let next = 0;
  let used = 0;
  for (const frame of frames) {
    const count = frame.length / 4;
    for (; next < count; next += stride, used += 4) sample.set(frame.subarray(4 * next, 4 * next + 4), used);
    next -= count;
  }
  return gifenc.quantize(sample.subarray(0, used), 256);
};

/** `delay`: milliseconds a frame stays (GIF keeps hundredths of a second). `repeat`: 0 for ever, −1 once. */
export interface GifOptions {
  readonly delay?: number;
  readonly repeat?: number;
}

/**
 * An animated GIF of frames of one size, 100 ms each and for ever unless told otherwise. Grey frames keep every level;
 * colour frames share 256 colours. Throws ImageError when there is no frame or the sizes differ.
 */
export const encodeGif = (frames: readonly Image[], { delay = 100, repeat = 0 }: GifOptions = {}): Uint8Array => {
  const { width, height } = checkSameSize("encodeGif", frames);
  if (!(delay >= 0 && delay <= 655350))
    throw new ImageError(`encodeGif: delay is ${delay}; give milliseconds from 0 to 655350`);
  const grey = frames.every((frame) => frame.channels === 1);
  const pixels = grey ? [] : frames.map(toRgba);
  const palette = grey ? GREYS : paletteOf(pixels);
  const gif = gifenc.GIFEncoder();
  frames.forEach((frame, i) => {
    const index = grey ? toBytes(frame) : gifenc.applyPalette(pixels[i]!, palette);
    gif.writeFrame(index, width, height, { delay, repeat, ...(i === 0 ? { palette } : {}) });
  });
  gif.finish();
  return gif.bytes();
};
