/**
 * Pixels ⇄ NHWC float32 arrays in [−1, 1], grids and GIF, for Node and browsers alike.
 * Knows no GPU, no tensor, no network; files are in `./node`, the built-in data set in `./toy`.
 */
export { type AlignOptions, alignBy, alignFace, alignment, type Pixels, warp } from "./align/align_face.js";
export { largestFace } from "./align/face_choice.js";
export {
  FACE_TEMPLATES,
  type FacePoints,
  type FaceTemplate,
  type Landmarks,
  parseFacePoints,
  parseFaceTemplate,
  pointPairs,
  templateFor,
} from "./align/face_template.js";
export { type LandmarkList, parseLandmarkJson, parseLandmarkLines, parsePts } from "./align/landmark_text.js";
export { sampleCubic } from "./align/sample.js";
export {
  type Affine,
  fitAffine,
  fitSimilarity,
  invertAffine,
  type Point,
  transformPoint,
} from "./align/transform.js";
export { type BatchShape, enlarged, grid, stack, unstack } from "./batch.js";
export { ImageError } from "./error.js";
export { frechetDistance, type Moments, momentsOf } from "./frechet.js";
export { encodeGif, type GifOptions } from "./gif.js";
export {
  bytesToValues,
  type Channels,
  fromBytes,
  fromRgba,
  type Image,
  luma,
  type Picture,
  toBytes,
  toRgba,
  valuesToBytes,
  withChannels,
} from "./image.js";
export { type SliceOptions, type Slices, slicedWasserstein, slices } from "./sliced_wasserstein.js";
