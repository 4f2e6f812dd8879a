/** The rim of a damage: where paint is antialiased or JPEG has spread it, pixels that count as known look like the damage. */
import { bytesToValues, type Picture } from "@kintsugi/images";
import { poissonBlend } from "../fill/fill.js";
import { boxAround } from "../place/cutting.js";
import type { Missing } from "../polarity.js";
import { distances, FAR } from "./grow.js";

export interface Rim {
  /** The colour of the damage, 0 to 255 for each channel; undefined where it has no one colour. */
  readonly colour?: readonly number[];
  /** Pixels around the hole that look like the damage. */
  readonly reach: number;
  /** What share of the damage's colour is in the pixels that lie 1, 2, … pixels from the hole, by least squares. */
  readonly shares: readonly number[];
}

/** How far around a hole is looked, in pixels: JPEG spreads by blocks of 8, and of 16 where colour is halved. */
const REACH = 16;
/** A damage has one colour if so much of it is within so many levels of it. */
const [ALIKE, WITHIN] = [0.6, 40];
/** How far its colour must be from what surrounds it, as a root mean square in levels: what goes on smoothly is no damage. */
const CONTRAST = 48;
/** A ring looks like the damage from this share of its colour on. */
const LEAST = 0.04;

/**
 * Looks at the rings of known pixels around a hole. Their true colours are taken from beyond 16 pixels, by the harmonic fill f; ring
 * d has the share Σ (y − f)·(c − f) / Σ (c − f)² of the damage's colour c.
 */
export function rimOf(picture: Picture, missing: Missing): Rim {
  const window = around(picture, missing);
  if (!window) return { reach: 0, shares: [] };
  const { bytes, hole, width, height } = window;
  const { channels } = picture;
  const colour = colourOf(bytes, hole, channels);
  if (!colour) return { reach: 0, shares: [] };
  const far = distances(hole, { width, height }, REACH);
  const beyond = far.map((distance) => (distance === FAR ? 1 : 0));
  if (!beyond.includes(1)) return { colour, reach: 0, shares: [] };
  const y = bytesToValues(bytes);
  const f = poissonBlend(y, undefined, beyond, [height, width, channels]);
  const [above, below] = [new Float64Array(REACH), new Float64Array(REACH)];
  let [squares, count] = [0, 0];
  for (let p = 0; p < far.length; p++) {
    const ring = Math.round(far[p]! / 3) - 1;
    if (far[p] === 0 || ring >= REACH || ring < 0) continue;
    for (let c = 0; c < channels; c++) {
      const way = colour[c]! / 127.5 - 1 - f[p * channels + c]!;
      above[ring]! += (y[p * channels + c]! - f[p * channels + c]!) * way;
      below[ring]! += way * way;
      squares += way * way;
      count++;
    }
  }
  if (Math.sqrt(squares / Math.max(1, count)) * 127.5 < CONTRAST) return { reach: 0, shares: [] };
  const shares = Array.from(above, (sum, ring) => sum / Math.max(below[ring]!, 1e-9));
  const clean = shares.findIndex((share) => share < LEAST);
  return { colour, reach: clean < 0 ? REACH : clean, shares };
}

/** The hole with what is around it. */
function around({ bytes, channels, ...picture }: Picture, missing: Missing) {
  const box = boxAround(missing, picture);
  if (!box) return undefined;
  const [left, top] = [Math.max(0, box.left - REACH - 4), Math.max(0, box.top - REACH - 4)];
  const width = Math.min(picture.width, box.left + box.width + REACH + 4) - left;
  const height = Math.min(picture.height, box.top + box.height + REACH + 4) - top;
  const [part, hole] = [new Uint8Array(width * height * channels), new Uint8Array(width * height)];
  for (let i = 0; i < height; i++) {
    const from = (top + i) * picture.width + left;
    part.set(bytes.subarray(from * channels, (from + width) * channels), i * width * channels);
    hole.set(missing.subarray(from, from + width), i * width);
  }
  return { bytes: part, hole, width, height };
}

/** The median of what lies in the hole, where most of it is that colour. */
function colourOf(bytes: Uint8Array, hole: Missing, channels: number): number[] | undefined {
  const counts = Array.from({ length: channels }, () => new Uint32Array(256));
  let all = 0;
  for (let p = 0; p < hole.length; p++) {
    if (hole[p] === 0) continue;
    all++;
    for (let c = 0; c < channels; c++) counts[c]![bytes[p * channels + c]!]!++;
  }
  const colour = counts.map((count) => {
    let below = 0;
    return count.findIndex((number) => {
      below += number;
      return below >= all / 2;
    });
  });
  let alike = 0;
  for (let p = 0; p < hole.length; p++) {
    if (hole[p] === 1 && colour.every((value, c) => Math.abs(bytes[p * channels + c]! - value) <= WITHIN)) alike++;
  }
  return alike >= ALIKE * all ? colour : undefined;
}
