/** Whole pictures at their own size, to be given back with a few pixels changed. */
import { deflateSync } from "node:zlib";
import { writeFileWhole } from "@kintsugi/files";
import { PNG } from "pngjs";
import sharp from "sharp";
import { openEncoded, reasonOf } from "./decoder.js";
import { ImageError } from "./error.js";
import type { Channels, Picture } from "./image.js";
import { nameOf } from "./read.js";

/** Reads a picture, from its path or its bytes, turned upright as its EXIF says; no colour is converted where it need not be. Throws ImageError. */
export const readPicture = async (path: string | Uint8Array): Promise<Picture> => {
  try {
    const opened = await openEncoded(path);
    const { space, icc, hasAlpha } = await opened().metadata();
    const grey = space === "b-w" || space === "grey16";
    const own = grey || space === "srgb" || space === "rgb" || space === "rgb16";
    // Ignoring the profile keeps the numbers of the file; it is given back with them.
    const upright = opened({ ignoreIcc: own }).autoOrient();
    // Grey comes as three equal channels, of which one is taken.
    const decoded = upright.toColourspace("srgb").raw({ depth: "uchar" });
    const { data: pixels, info: size } = await decoded.toBuffer({ resolveWithObject: true });
    const { width, height } = size;
    const channels: Channels = grey ? 1 : 3;
    const bytes = new Uint8Array(width * height * channels);
    const alpha = new Uint8Array(width * height).fill(255);
    for (let p = 0; p < alpha.length; p++) {
      for (let c = 0; c < channels; c++) bytes[p * channels + c] = pixels[p * size.channels + c]!;
      if (size.channels === 4) alpha[p] = pixels[p * 4 + 3]!;
    }
    return { width, height, channels, bytes, ...(hasAlpha ? { alpha } : {}), ...(own && icc ? { icc } : {}) };
  } catch (error) {
    throw new ImageError(`${nameOf(path)}: ${reasonOf(error)}`, { cause: error });
  }
};

/** Width and height of a picture, upright, before any pixel is decoded. Throws ImageError. */
export const pictureSize = async (
  from: string | Uint8Array,
): Promise<{ readonly width: number; readonly height: number }> => {
  try {
    const opened = await openEncoded(from);
    return (await opened({ limitInputPixels: false }).metadata()).autoOrient;
  } catch (error) {
    throw new ImageError(`${nameOf(from)}: ${reasonOf(error)}`, { cause: error });
  }
};

/** The picture as a PNG of 8 bits a channel, with its profile; alpha only where something is not opaque. */
export const encodePicture = ({ width, height, channels, bytes, alpha, icc }: Picture): Uint8Array => {
  const clear = alpha?.some((value) => value < 255) ?? false;
  const step = channels + (clear ? 1 : 0);
  const pixels = Buffer.alloc(width * height * step);
  for (let p = 0; p < width * height; p++) {
    for (let c = 0; c < channels; c++) pixels[p * step + c] = bytes[p * channels + c]!;
    if (clear) pixels[p * step + channels] = alpha![p]!;
  }
  const colorType = ({ 1: 0, 2: 4, 3: 2, 4: 6 } as const)[step as 1 | 2 | 3 | 4];
  const options = { colorType, inputColorType: colorType, inputHasAlpha: clear, bitDepth: 8 } as const;
  const png = new PNG({ width, height, ...options });
  png.data = pixels;
  const encoded = PNG.sync.write(png, options);
  return icc ? withProfile(encoded, icc) : encoded;
};

/** Writes the picture as a PNG, whole or not at all. Throws FileError. */
export const writePicture = async (path: string, picture: Picture): Promise<void> =>
  writeFileWhole(path, encodePicture(picture));

/** Bytes [height, width, channels] resampled to another size: Lanczos, or cubic where they grow. */
export const resample = async (
  bytes: Uint8Array,
  from: { readonly width: number; readonly height: number; readonly channels: Channels },
  to: { readonly width: number; readonly height: number },
): Promise<Uint8Array> => {
  if (from.width === to.width && from.height === to.height) return bytes;
  const kernel = to.width > from.width ? "cubic" : "lanczos3";
  const picture = sharp(bytes, { raw: from }).resize(to.width, to.height, { kernel, fit: "fill" });
  return new Uint8Array(
    await picture
      .toColourspace(from.channels === 1 ? "b-w" : "srgb")
      .raw()
      .toBuffer(),
  );
};

/** Where the first chunk of a PNG, IHDR, ends: 8 bytes of signature, then length, type, 13 bytes and a checksum. */
const AFTER_HEADER = 8 + 4 + 4 + 13 + 4;

/** Puts an iCCP chunk behind the header. Source: PNG specification, 11.3.2.3. */
const withProfile = (png: Uint8Array, icc: Uint8Array): Uint8Array => {
  const body = Buffer.concat([Buffer.from("iCCPicc\0\0", "latin1"), deflateSync(icc)]);
  const chunk = Buffer.alloc(body.length + 8);
  chunk.writeUInt32BE(body.length - 4, 0);
  body.copy(chunk, 4);
  chunk.writeUInt32BE(crc32(body), body.length + 4);
  return Buffer.concat([png.subarray(0, AFTER_HEADER), chunk, png.subarray(AFTER_HEADER)]);
};

/** The checksum of PNG chunks (ISO 3309). */
const crc32 = (bytes: Uint8Array): number => {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  }
  return (crc ^ 0xffffffff) >>> 0;
};
