import { ImageError } from "./error.js";

/** Grey or red-green-blue. */
export type Channels = 1 | 3;

/** A picture as the networks see it: `values` in height, width, channel order, [−1, 1] from black to white. */
export interface Image {
  readonly width: number;
  readonly height: number;
  readonly channels: Channels;
  readonly values: Float32Array;
}

/** A decoded picture, upright, 8 bits a channel. Unlike an `Image` its values stay as they stand in the file. */
export interface Picture {
  readonly width: number;
  readonly height: number;
  readonly channels: Channels;
  /** [height, width, channels]. */
  readonly bytes: Uint8Array;
  /** [height, width], only where the file has an alpha channel. */
  readonly alpha?: Uint8Array;
  /** The colour profile, only where the file has one for its channels. */
  readonly icc?: Uint8Array;
}

/** Bytes 0…255 as values in [−1, 1]: x / 127.5 − 1. */
export const bytesToValues = (bytes: ArrayLike<number>): Float32Array => {
  const values = new Float32Array(bytes.length);
  for (let i = 0; i < bytes.length; i++) values[i] = bytes[i]! / 127.5 - 1;
  return values;
};

/**
 * Values as bytes: 255 · (x + 1) / 2, clamped and rounded to the nearest. x / 127.5 − 1 in float32 falls a little below or
 * above its byte, and truncating would lose one grey level at half of them; rounding gives every byte back exactly.
 * A value that is not a number becomes black.
 */
export const valuesToBytes = (values: ArrayLike<number>): Uint8Array => {
  const bytes = new Uint8Array(values.length);
  for (let i = 0; i < values.length; i++) {
    const x = Math.min(1, Math.max(-1, values[i]!));
    bytes[i] = Math.floor(127.5 * (x + 1) + 0.5);
  }
  return bytes;
};

/** Throws ImageError unless `length` is height × width × channels. */
export const checkLength = (length: number, height: number, width: number, channels: number): void => {
  if (length !== height * width * channels)
    throw new ImageError(
      `image: ${length} values do not fill height ${height}, width ${width}, channels ${channels}; pass ${height * width * channels}`,
    );
};

/** Bytes with another number of channels: grey by Rec. 601 luma, or grey three times. */
export const withChannels = (bytes: Uint8Array, from: Channels, to: Channels): Uint8Array => {
  if (from === to) return bytes;
  if (to === 3) return Uint8Array.from({ length: bytes.length * 3 }, (_, at) => bytes[Math.floor(at / 3)]!);
  return Uint8Array.from({ length: bytes.length / 3 }, (_, p) =>
    luma(bytes[3 * p]!, bytes[3 * p + 1]!, bytes[3 * p + 2]!),
  );
};

/** An image from height×width×channels bytes. Throws ImageError when the length does not fit. */
export const fromBytes = (bytes: ArrayLike<number>, width: number, height: number, channels: Channels): Image => {
  checkLength(bytes.length, height, width, channels);
  return { width, height, channels, values: bytesToValues(bytes) };
};

/** The image as height×width×channels bytes. */
export const toBytes = (image: Image): Uint8Array => {
  checkLength(image.values.length, image.height, image.width, image.channels);
  return valuesToBytes(image.values);
};

/** What shows through transparent pixels: the byte next to 0, the middle of [−1, 1], which says least. */
const MID_GREY = 128;

/** Grey of a colour, Rec. 601 luma: what image libraries call grey. Exact where red = green = blue. */
export const luma = (red: number, green: number, blue: number): number =>
  Math.round(0.299 * red + 0.587 * green + 0.114 * blue);

/**
 * RGB (`step` 3) or RGBA (`step` 4) bytes as bytes of 1 or 3 channels: alpha is laid over mid-grey, colour becomes grey by
 * luma where one channel is asked for. `transparent` tells whether any pixel was not opaque.
 */
export const pixelsToBytes = (
  pixels: ArrayLike<number>,
  step: 3 | 4,
  channels: Channels,
): { bytes: Uint8Array; transparent: boolean } => {
  const count = pixels.length / step;
  const bytes = new Uint8Array(count * channels);
  let transparent = false;
  for (let p = 0; p < count; p++) {
    const from = p * step;
    const alpha = step === 4 ? pixels[from + 3]! / 255 : 1;
    if (alpha < 1) transparent = true;
    const under = MID_GREY * (1 - alpha);
    const red = Math.round(pixels[from]! * alpha + under);
    const green = Math.round(pixels[from + 1]! * alpha + under);
    const blue = Math.round(pixels[from + 2]! * alpha + under);
    if (channels === 1) bytes[p] = luma(red, green, blue);
    else {
      bytes[3 * p] = red;
      bytes[3 * p + 1] = green;
      bytes[3 * p + 2] = blue;
    }
  }
  return { bytes, transparent };
};

/** An image from canvas pixels (RGBA, not premultiplied); transparent ones are laid over mid-grey. */
export const fromRgba = (rgba: ArrayLike<number>, width: number, height: number, channels: Channels): Image => {
  checkLength(rgba.length, height, width, 4);
  return fromBytes(pixelsToBytes(rgba, 4, channels).bytes, width, height, channels);
};

/** The image as opaque RGBA bytes, height×width×4: what `ImageData` of a canvas takes. */
export const toRgba = (image: Image): Uint8ClampedArray<ArrayBuffer> => {
  const bytes = toBytes(image);
  const step = image.channels;
  const rgba = new Uint8ClampedArray(image.width * image.height * 4);
  for (let p = 0; p < image.width * image.height; p++) {
    for (let c = 0; c < 3; c++) rgba[4 * p + c] = bytes[p * step + (step === 3 ? c : 0)]!;
    rgba[4 * p + 3] = 255;
  }
  return rgba;
};
