import { writeFileWhole } from "@kintsugi/files";
import { PNG } from "pngjs";
import { type Image, toBytes } from "./image.js";

/** The image as a PNG file, 8-bit grey or RGB. */
export const encodePng = (image: Image): Uint8Array => {
  const { width, height } = image;
  const colorType = image.channels === 1 ? 0 : 2;
  const png = new PNG({ width, height, colorType, inputColorType: colorType, inputHasAlpha: false, bitDepth: 8 });
  png.data = Buffer.from(toBytes(image));
  return PNG.sync.write(png, { colorType, inputColorType: colorType, inputHasAlpha: false });
};

/** Writes the image as an 8-bit grey or RGB PNG, whole or not at all. Throws FileError. */
export const writePng = async (path: string, image: Image): Promise<void> => writeFileWhole(path, encodePng(image));
