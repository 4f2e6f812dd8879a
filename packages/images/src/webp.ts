/** WebP, for pages: pictures made small, and films in full colour. */
import sharp from "sharp";
import { checkSameSize } from "./batch.js";
import { ImageError } from "./error.js";
import { type Image, toBytes } from "./image.js";

/** With losses that the eye hardly finds. */
const QUALITY = 88;

/** An encoded picture (PNG, JPEG, WebP) as WebP. */
export const encodeWebp = async (encoded: Uint8Array, quality = QUALITY): Promise<Uint8Array> =>
  sharp(encoded).webp({ quality }).toBuffer();

/** `delay`: milliseconds a frame stays. `repeat`: how often it is shown, 0 for ever. `quality`: up to 100. */
export interface WebpFilmOptions {
  readonly delay?: number;
  readonly repeat?: number;
  readonly quality?: number;
}

/**
 * An animated WebP of frames of one size, 100 ms each and for ever unless told otherwise: every colour, in less than half of a
 * GIF's bytes. Throws ImageError when there is no frame or the sizes differ.
 */
export const encodeWebpFilm = async (
  frames: readonly Image[],
  { delay = 100, repeat = 0, quality = QUALITY }: WebpFilmOptions = {},
): Promise<Uint8Array> => {
  const { width, height } = checkSameSize("encodeWebpFilm", frames);
  if (!Number.isInteger(delay) || delay < 0)
    throw new ImageError(`encodeWebpFilm: delay is ${delay}; give whole milliseconds`);
  const channels = frames.every((frame) => frame.channels === 1) ? 1 : 3;
  const size = width * height * channels;
  const bytes = new Uint8Array(frames.length * size);
  frames.forEach((frame, i) => {
    const own = toBytes(frame);
    if (frame.channels === channels) bytes.set(own, i * size);
    else for (let at = 0; at < size; at++) bytes[i * size + at] = own[Math.floor(at / 3)]!;
  });
  // The frames stand one below the other; `pageHeight` says where each ends.
  const raw = { width, height: height * frames.length, channels, pageHeight: height } as const;
  return sharp(bytes, { raw })
    .webp({ quality, effort: 2, loop: repeat, delay: frames.map(() => delay) })
    .toBuffer();
};
