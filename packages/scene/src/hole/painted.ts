/** Which pixels of a picture are missing, by a mask file over it or by a sign in the picture itself. */
import { ImageError, type Picture, withChannels } from "@kintsugi/images";
import { isPainted } from "../masks/painted.js";
import type { MaskSign } from "../masks/parse.js";
import type { Missing } from "../polarity.js";

interface Extent {
  readonly width: number;
  readonly height: number;
}

/** The most that the sides of a mask may be off, in its own pixels, as rounding leaves when a picture is resized. */
const ROUNDING = 1;

/** Throws ImageError where a mask has other proportions than its picture. Both upright. */
export function checkProportions(mask: Extent, picture: Extent): void {
  const wanted = (mask.width * picture.height) / picture.width;
  const other = (mask.height * picture.width) / picture.height;
  if (Math.min(Math.abs(wanted - mask.height), Math.abs(other - mask.width)) <= ROUNDING) return;
  const [one, two] = [mask, picture].map(({ width, height }) => `${width}×${height}`);
  throw new ImageError(`the mask is ${one} and the picture ${two}: give a mask of the picture's proportions`);
}

/** White or transparent = missing; or black. The mask is stretched over the picture by nearest pixel. Throws ImageError. */
export function painted(picture: Extent, mask: Picture, colour: "white" | "black" = "white"): Missing {
  checkProportions(mask, picture);
  const { width, height } = picture;
  const grey = withChannels(mask.bytes, mask.channels, 1);
  const column = Int32Array.from({ length: width }, (_, x) => Math.floor(((x + 0.5) * mask.width) / width));
  const missing = new Uint8Array(width * height);
  for (let y = 0, p = 0; y < height; y++) {
    const row = Math.floor(((y + 0.5) * mask.height) / height) * mask.width;
    for (let x = 0; x < width; x++, p++) {
      const at = row + column[x]!;
      if (isPainted(grey[at]!, mask.alpha?.[at], colour)) missing[p] = 1;
    }
  }
  return missing;
}

/** What is transparent in the picture, or of a colour. */
export function signed({ width, height, bytes, channels, alpha }: Picture, sign: MaskSign): Missing {
  const missing = new Uint8Array(width * height);
  if (sign.by === "alpha") {
    for (let p = 0; alpha && p < missing.length; p++) if (alpha[p]! < 128) missing[p] = 1;
    return missing;
  }
  const { rgb, tolerance } = sign;
  for (let p = 0; p < missing.length; p++) {
    const off = (c: number) => Math.abs(bytes[p * channels + (channels === 3 ? c : 0)]! - rgb[c]!);
    if (off(0) <= tolerance && off(1) <= tolerance && off(2) <= tolerance) missing[p] = 1;
  }
  return missing;
}
