/** One face, moved so that its eyes and mouth are where all others have theirs. Pure: pixels and points in, pixels out. */
import { ImageError } from "../error.js";
import { type FacePoints, type FaceTemplate, type Landmarks, pointPairs } from "./face_template.js";
import { type Affine, fitAffine, fitSimilarity, invertAffine } from "./transform.js";

/** Bytes [height, width, channels]. */
export interface Pixels {
  readonly width: number;
  readonly height: number;
  readonly channels: number;
  readonly bytes: Uint8Array;
}

export interface AlignOptions {
  /** Side of the aligned image, pixels. */
  readonly size: number;
  readonly template: FaceTemplate | FacePoints;
  /** Average pixels first where a face shrinks to less than half, so that hair does not flicker. Default true. */
  readonly smooth?: boolean;
}

/**
 * The map from a picture's pixels to the aligned image's: through the three points of an affine template, or the similarity
 * nearest to all. Throws ImageError where the landmarks do not determine it.
 */
export const alignment = (landmarks: Landmarks, { size, template }: AlignOptions): Affine => {
  const { from, to } = pointPairs(landmarks, template, size);
  if (!from.every(([x, y]) => Number.isFinite(x) && Number.isFinite(y)))
    throw new ImageError("its landmarks are not all numbers");
  const rigid = typeof template !== "string" || template === "similarity";
  return rigid ? fitSimilarity(from, to) : fitAffine(from, to);
};

/**
 * size×size×channels bytes of the face: bilinear, black outside of the picture, as OpenFace's align_dlib; unlike there, a
 * picture that shrinks to less than half is first averaged two by two, unless `smooth` is false. Throws ImageError.
 */
export const alignFace = (pixels: Pixels, landmarks: Landmarks, options: AlignOptions): Uint8Array =>
  alignBy(pixels, alignment(landmarks, options), options);

/** The same by a map that is known already, from the picture's pixels to the aligned image's. */
export const alignBy = (pixels: Pixels, map: Affine, { size, smooth = true }: Omit<AlignOptions, "template">) => {
  let from = pixels;
  let [a, b, c, d, e, f] = invertAffine(map);
  // By area: how many pixels of the picture's side one of the result covers.
  while (smooth && Math.sqrt(Math.abs(a * e - b * d)) >= 2 && from.width > 1 && from.height > 1) {
    from = halved(from);
    [a, b, c, d, e, f] = [a / 2, b / 2, (c - 0.5) / 2, d / 2, e / 2, (f - 0.5) / 2];
  }
  return warp(from, [a, b, c, d, e, f], size);
};

/** Bilinear samples at back(x, y) for each pixel (x, y) of a size×size image; outside of the picture is black. */
export const warp = ({ width, height, channels, bytes }: Pixels, [a, b, c, d, e, f]: Affine, size: number) => {
  const out = new Uint8Array(size * size * channels);
  const at = (x: number, y: number, channel: number): number =>
    x < 0 || y < 0 || x >= width || y >= height ? 0 : bytes[(y * width + x) * channels + channel]!;
  for (let v = 0; v < size; v++)
    for (let u = 0; u < size; u++) {
      const [x, y] = [a * u + b * v + c, d * u + e * v + f];
      const [left, top] = [Math.floor(x), Math.floor(y)];
      const [right, down] = [x - left, y - top];
      for (let channel = 0; channel < channels; channel++) {
        const above = at(left, top, channel) * (1 - right) + at(left + 1, top, channel) * right;
        const below = at(left, top + 1, channel) * (1 - right) + at(left + 1, top + 1, channel) * right;
        out[(v * size + u) * channels + channel] = Math.round(above * (1 - down) + below * down);
      }
    }
  return out;
};

/** Means of 2×2 pixels; a last odd row or column goes with itself. */
const halved = ({ width, height, channels, bytes }: Pixels): Pixels => {
  const [w, h] = [Math.ceil(width / 2), Math.ceil(height / 2)];
  const out = new Uint8Array(w * h * channels);
  for (let y = 0; y < h; y++)
    for (let x = 0; x < w; x++) {
      const [right, below] = [Math.min(2 * x + 1, width - 1), Math.min(2 * y + 1, height - 1)];
      for (let c = 0; c < channels; c++) {
        const at = (px: number, py: number) => bytes[(py * width + px) * channels + c]!;
        const sum = at(2 * x, 2 * y) + at(right, 2 * y) + at(2 * x, below) + at(right, below);
        out[(y * w + x) * channels + c] = (sum + 2) >> 2;
      }
    }
  return { width: w, height: h, channels, bytes: out };
};
