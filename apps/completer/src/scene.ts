/**
 * What of a picture of any size the model looks at: a square of it, or a face turned upright; brought to the model's size with
 * its hole, and its completion brought back into the picture at full size. Only pixels of the hole are ever written.
 */
import type { Blend, Mask } from "@kintsugi/completion";
import { type Affine, bytesToValues, type Channels, ImageError, valuesToBytes } from "@kintsugi/images";
import { type Picture, resample, withChannels } from "@kintsugi/images/node";
import { blended, boxAround, type Cutting, cut, putBack, smoothed } from "./cutting.js";
import { faceHoles, faceScene } from "./face_scene.js";

export interface ModelShape {
  readonly size: number;
  readonly channels: Channels;
}

export interface Scene {
  /** [size, size, channels] in [−1, 1], and what of it is known: pixels of the model below which nothing is missing. */
  shrink(): Promise<{ readonly values: Float32Array; readonly mask: Mask }>;
  /**
   * The picture with its hole painted.
   *
   * @param hat G(z), [size, size, channels] in [−1, 1]
   */
  paste(hat: Float32Array, blend: Blend): Promise<Picture>;
  /** Share of the hole that the model does not see. */
  readonly beyond: number;
}

export interface Square {
  readonly left: number;
  readonly top: number;
  readonly side: number;
}

/** A square in pixels of the upright picture, or the one around the hole. */
export type Region = Square | "auto";

/** Reads `x,y,w,h` or `auto`. Throws RangeError that says what to give. */
export function parseRegion(text: string): Region {
  if (text === "auto") return "auto";
  const [left, top, side, height, ...rest] = text.split(",").map(Number);
  const whole = [left, top, side, height].every((value) => Number.isInteger(value) && value! >= 0);
  if (!whole || rest.length > 0 || side === 0) throw new RangeError("Give x,y,w,h in whole pixels, or auto.");
  if (side !== height) throw new RangeError("The model completes squares: give w and h alike.");
  return { left: left!, top: top!, side: side! };
}

/**
 * @param hole [height, width] of the picture, 1 = missing; or a mask of the model's size, over what it looks at
 * @param place a region, the map of a face's pixels to the model's, or by default the central square
 * @throws ImageError where the region reaches beyond the picture
 */
export function openScene(
  picture: Picture,
  hole: Uint8Array | Mask,
  place: Region | Affine | undefined,
  model: ModelShape,
): Scene {
  if (isAffine(place)) {
    const missing = hole instanceof Uint8Array ? hole : faceHoles(hole, picture, place);
    return faceScene(picture, place, missing, model);
  }
  const square = squareOf(picture, hole, model.size, place);
  return squareScene(picture, square, hole instanceof Uint8Array ? hole : holesOf(hole, picture, square), model);
}

function isAffine(place: Region | Affine | undefined): place is Affine {
  return Array.isArray(place);
}

function squareOf(picture: Picture, hole: Uint8Array | Mask, size: number, region: Region | undefined): Square {
  if (region === undefined) return centralSquare(picture);
  if (region === "auto") {
    return (hole instanceof Uint8Array && squareAround(hole, picture, size)) || centralSquare(picture);
  }
  const { width, height } = picture;
  if (region.left + region.side <= width && region.top + region.side <= height) return region;
  throw new ImageError(`it is ${width}×${height} upright, the region reaches beyond it`);
}

/** The largest square in the middle. */
function centralSquare({ width, height }: Picture): Square {
  const side = Math.min(width, height);
  return { left: Math.floor((width - side) / 2), top: Math.floor((height - side) / 2), side };
}

/**
 * A square around the hole with as much known around it as a centre mask leaves: twice the hole's longer side, at least the
 * model's size, as far as the picture reaches.
 */
function squareAround(missing: Uint8Array, { width, height }: Picture, least: number): Square | undefined {
  const box = boxAround(missing, { width });
  if (!box) return undefined;
  const side = Math.min(Math.max(2 * Math.max(box.width, box.height), least), width, height);
  const place = (first: number, extent: number, length: number) =>
    Math.min(Math.max(0, Math.round(first + (extent - side) / 2)), length - side);
  return { left: place(box.left, box.width, width), top: place(box.top, box.height, height), side };
}

function squareScene(picture: Picture, square: Square, missing: Uint8Array, { size, channels }: ModelShape): Scene {
  const { side, left, top } = square;
  const cutting = cut(picture, { left, top, width: side, height: side }, missing);
  const all = missing.reduce((sum, hole) => sum + hole, 0);
  const seen = cutting.known.reduce((sum, known) => sum + 1 - known, 0);
  return {
    beyond: all === 0 ? 0 : 1 - seen / all,
    shrink: () => shrink(cutting, picture.channels, size, channels),
    async paste(hat, blend) {
      const to = picture.channels;
      const small = withChannels(valuesToBytes(hat), channels, to);
      const large = await resample(small, { width: size, height: size, channels: to }, { width: side, height: side });
      return putBack(picture, cutting, blended(cutting, bytesToValues(large), blend, side / size));
    },
  };
}

/** The hole is filled smoothly before resampling, so that what lies in it does not bleed into what is known. */
async function shrink(cutting: Cutting, from: Channels, size: number, channels: Channels) {
  const { box, bytes, known } = cutting;
  const side = box.width;
  const source = side === size ? bytes : smoothed(cutting);
  const small = await resample(source, { width: side, height: side, channels: from }, { width: size, height: size });
  const pixels = new Float32Array(size * size).fill(1);
  const first = (i: number) => Math.floor((i * side) / size);
  const end = (i: number) => Math.min(side, Math.max(first(i) + 1, Math.ceil(((i + 1) * side) / size)));
  for (let i = 0; i < size; i++) {
    for (let j = 0; j < size; j++) {
      for (let a = first(i); a < end(i); a++) {
        for (let b = first(j); b < end(j); b++) if (known[a * side + b] === 0) pixels[i * size + j] = 0;
      }
    }
  }
  const mask: Mask = { size, pixels };
  return { values: bytesToValues(withChannels(small, from, channels)), mask };
}

/** What of the square is missing where a mask of the model's size says so. */
function holesOf({ size, pixels }: Mask, { width, height }: Picture, { left, top, side }: Square): Uint8Array {
  const missing = new Uint8Array(width * height);
  for (let i = 0; i < side; i++) {
    for (let j = 0; j < side; j++) {
      const at = Math.floor((i * size) / side) * size + Math.floor((j * size) / side);
      missing[(top + i) * width + left + j] = 1 - pixels[at]!;
    }
  }
  return missing;
}
