/** Pictures made small, for pages. */
import sharp from "sharp";

/** An encoded picture (PNG, JPEG, WebP) as WebP, with losses that the eye hardly finds at the default quality. */
export const encodeWebp = async (encoded: Uint8Array, quality = 88): Promise<Uint8Array> =>
  sharp(encoded).webp({ quality }).toBuffer();
