/**
 * What of a picture of any size the model looks at: a square of it, or a face turned upright; brought to the model's size with
 * its hole, and its completion brought back into the picture at full size. Only pixels of the hole are ever written.
 */
import { type Affine, bytesToValues, type Channels, type Picture, valuesToBytes, withChannels } from "@kintsugi/images";
import type { Blend } from "../blend.js";
import type { Fill } from "../fill/fill.js";
import { grow, MOST_GROWTH } from "../hole/grow.js";
import { type Rim, rimOf } from "../hole/rim.js";
import { cellOf, knownUnder, missingUnder, squareMap } from "../hole/under.js";
import type { Mask } from "../masks/mask.js";
import type { Missing } from "../polarity.js";
import { blended, type Cutting, cutHole, filled, putBack } from "./cutting.js";
import { faceView } from "./face.js";
import { type Region, type Square, squareOf } from "./region.js";
import type { View } from "./view.js";

export interface ModelShape {
  readonly size: number;
  readonly channels: Channels;
}

/** Brings bytes [height, width, channels] to another size. */
export type Resample = (
  bytes: Uint8Array,
  from: { readonly width: number; readonly height: number; readonly channels: Channels },
  to: { readonly width: number; readonly height: number },
) => Promise<Uint8Array>;

export interface SceneOptions {
  readonly model: ModelShape;
  readonly resample: Resample;
  /** A region, the map of a face's pixels to the model's, or by default the central square. */
  readonly place?: Region | Affine | undefined;
  /**
   * Pixels of the picture that a hole is made larger by; auto: one of the model's, or what the rim of the damage asks for, where that
   * is more. Masks by rule do not grow. Default 0.
   */
  readonly grow?: number | "auto";
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
  /** The picture with its hole filled without a model. */
  fill(kind: Fill): Picture;
  /** [height, width] of the picture: what is missing, the hole made larger. */
  readonly missing: Missing;
  /** Pixels that the hole was made larger by, all around. */
  readonly grown: number;
  /** What is known of the rim of the damage, where it was looked at. */
  readonly rim?: Rim;
  /** Share of the hole that the model does not see. */
  readonly beyond: number;
}

/**
 * @param hole [height, width] of the picture; or a mask of the model's size, over what the model looks at
 * @throws ImageError where the region reaches beyond the picture
 */
export function openScene(picture: Picture, hole: Missing | Mask, options: SceneOptions): Scene {
  const { model, place } = options;
  const isPicture = hole instanceof Uint8Array;
  const square = isAffine(place) ? undefined : squareOf(picture, isPicture ? hole : undefined, model.size, place);
  const view = square ? squareView(square, options) : faceView(place as Affine, model.size);
  const enlarged = isPicture
    ? growth(picture, hole, view, options)
    : { missing: missingUnder(hole, picture, view.map), grown: 0 };
  // A square that was asked for is all that is completed; else nothing of the damage stays.
  const missing = square && place !== "auto" ? within(square, enlarged.missing, picture) : enlarged.missing;
  return {
    ...sceneOf(picture, missing, view, model, isPicture ? undefined : hole),
    ...enlarged,
    missing,
    beyond: shareBeyond(enlarged.missing, picture, view.map, model.size),
  };
}

function isAffine(place: Region | Affine | undefined): place is Affine {
  return Array.isArray(place);
}

function growth(picture: Picture, hole: Missing, { scale }: View, { grow: by = 0 }: SceneOptions) {
  if (by !== "auto") return { missing: grow(hole, picture, by), grown: Math.min(by, MOST_GROWTH) };
  const rim = rimOf(picture, hole);
  const grown = Math.min(MOST_GROWTH, Math.max(1, Math.round(scale), rim.reach));
  return { missing: grow(hole, picture, grown), grown, rim };
}

function within({ left, top, side }: Square, missing: Missing, { width }: Picture): Missing {
  return missing.map((hole, p) => {
    if (hole === 0) return 0;
    const [x, y] = [p % width, Math.floor(p / width)];
    return x >= left && y >= top && x < left + side && y < top + side ? 1 : 0;
  });
}

function sceneOf(
  picture: Picture,
  missing: Missing,
  view: View,
  { size, channels }: ModelShape,
  own: Mask | undefined,
) {
  const cutting = cutHole(picture, missing);
  const from = picture.channels;
  return {
    async shrink() {
      // Filled before it is resampled, so that what lies in the hole does not bleed; a mask by rule hides no damage.
      const plain = own || view.scale === 1 ? picture : withFill(picture, cutting, "harmonic");
      const small = await view.shrink(plain);
      const mask = own ?? { size, pixels: knownUnder(missing, picture, view.map, size) };
      return { values: bytesToValues(withChannels(small, from, channels)), mask };
    },
    async paste(hat: Float32Array, blend: Blend) {
      if (!cutting) return picture;
      const small = withChannels(valuesToBytes(hat), channels, from);
      return putBack(picture, cutting, blended(cutting, await view.enlarge(small, cutting), blend, view.scale));
    },
    fill: (kind: Fill) => withFill(picture, cutting, kind),
  };
}

const withFill = (picture: Picture, cutting: Cutting | undefined, kind: Fill): Picture =>
  cutting ? putBack(picture, cutting, filled(cutting, kind)) : picture;

function shareBeyond(missing: Missing, picture: Picture, map: Affine, size: number): number {
  let [all, beyond] = [0, 0];
  for (let y = 0, p = 0; y < picture.height; y++) {
    for (let x = 0; x < picture.width; x++, p++) {
      if (missing[p] === 0) continue;
      all++;
      if (cellOf(map, x, y, size) === undefined) beyond++;
    }
  }
  return all === 0 ? 0 : beyond / all;
}

function squareView(square: Square, { model: { size }, resample }: SceneOptions): View {
  const { side, left, top } = square;
  return {
    map: squareMap(square, size),
    scale: side / size,
    shrink(picture) {
      const { channels } = picture;
      const bytes = new Uint8Array(side * side * channels);
      for (let i = 0; i < side; i++) {
        const from = ((top + i) * picture.width + left) * channels;
        bytes.set(picture.bytes.subarray(from, from + side * channels), i * side * channels);
      }
      return resample(bytes, { width: side, height: side, channels }, { width: size, height: size });
    },
    async enlarge(small, { box, shape: [height, width, channels] }) {
      const from = { width: size, height: size, channels: channels as Channels };
      const large = await resample(small, from, { width: side, height: side });
      const bytes = new Uint8Array(height * width * channels);
      const clamp = (at: number) => Math.min(side - 1, Math.max(0, at));
      for (let i = 0, p = 0; i < height; i++) {
        const row = clamp(box.top + i - top) * side;
        for (let j = 0; j < width; j++, p++) {
          const at = (row + clamp(box.left + j - left)) * channels;
          for (let c = 0; c < channels; c++) bytes[p * channels + c] = large[at + c]!;
        }
      }
      return bytesToValues(bytes);
    },
  };
}
