/** Pictures as they lie in files, opened for sharp: its loaders of other formats than ours are blocked, whoever calls it. */
import { readFile } from "node:fs/promises";
import { decode } from "bmp-ts";
import sharp, { type Sharp, type SharpOptions } from "sharp";
import { ImageError } from "./error.js";
import { formatOf, whyUnread } from "./formats.js";

const loaders = (...names: readonly string[]) =>
  names.flatMap((name) => ["File", "Buffer"].map((from) => `VipsForeignLoad${name}${from}`));

sharp.block({ operation: ["VipsForeignLoad"] });
sharp.unblock({ operation: loaders("Png", "Jpeg", "Webp", "Nsgif", "Tiff", "Heif") });

/** The most pixels of a picture: 16,383 × 16,383. */
export const MAX_PIXELS = 0x3fff * 0x3fff;

/** A file that was recognised, ready to be decoded any number of times. */
export type Opened = (options?: Pick<SharpOptions, "ignoreIcc" | "limitInputPixels">) => Sharp;

/** Throws ImageError, without the file's name, for what is not in the list of formats; the system's error for what cannot be read. */
export const openEncoded = async (from: string | Uint8Array): Promise<Opened> => {
  const encoded = typeof from === "string" ? await readFile(from) : from;
  const format = formatOf(encoded);
  if (format === undefined) throw new ImageError(whyUnread(encoded));
  // "error": libraries warn of much that leaves a picture whole, such as a broken EXIF block; what is cut short still fails.
  const common = { failOn: "error", limitInputPixels: MAX_PIXELS } as const;
  if (format !== "BMP") return (options) => sharp(encoded, { ...common, ...options });
  const { bytes, ...raw } = decodeBmp(encoded);
  return () => sharp(bytes, { raw });
};

/** RGBA of a Windows bitmap. */
const decodeBmp = (encoded: Uint8Array) => {
  const view = new DataView(encoded.buffer, encoded.byteOffset, encoded.byteLength);
  // The oldest headers, of 12 bytes, have 16 bits a side; in the others a negative height says that rows go down.
  const old = view.getUint32(14, true) === 12;
  const claimed = old
    ? view.getUint16(18, true) * view.getUint16(20, true)
    : Math.abs(view.getInt32(18, true)) * Math.abs(view.getInt32(22, true));
  if (claimed > MAX_PIXELS) throw new ImageError(TOO_LARGE);
  if (old || claimed === 0) throw new ImageError("is a bitmap of a kind that is not read; export it as PNG");
  try {
    const { data, width, height } = decode(Buffer.from(encoded), { toRGBA: true });
    const bytes = new Uint8Array(data);
    // Most bitmaps of 32 bits leave the fourth byte at 0 and mean opaque.
    let clear = true;
    for (let at = 3; at < bytes.length; at += 4) clear &&= bytes[at] === 0;
    if (clear) for (let at = 3; at < bytes.length; at += 4) bytes[at] = 255;
    return { bytes, width, height: Math.abs(height), channels: 4 as const };
  } catch (cause) {
    throw new ImageError("is damaged, cut short, or a bitmap of a kind that is not read; export it as PNG", { cause });
  }
};

const TOO_LARGE = `has more than ${Math.floor(MAX_PIXELS / 1e6)} million pixels, the limit; shrink it first`;

/**
 * Why a file cannot be read, and the remedy, without the file's name. What libvips says is left out: its words lie in a
 * buffer that all threads share, so that those of another file may stand there.
 */
export const reasonOf = (error: unknown): string => {
  if (error instanceof ImageError) return error.message;
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === "ENOENT") return "no such file; check the path";
  if (code === "EISDIR") return "is a folder; name an image in it";
  if (code === "EACCES" || code === "EPERM") return `not readable (${code}); check its permissions`;
  if (code !== undefined) return `not readable (${code})`;
  // sharp's own words, which belong to this picture.
  if (/pixel limit/.test(message)) return TOO_LARGE;
  return "damaged or cut short; fetch or export it again";
};
