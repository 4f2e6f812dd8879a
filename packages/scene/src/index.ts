/**
 * Pictures with holes: what is known and what is missing, fills without a model, blending, and parts of large pictures, out and
 * back. Knows no network, no search, no file and no platform; who has a better resampler than this room hands it in.
 */
export { alphaBlend } from "./alpha_blend.js";
export { BLENDS, type Blend, blend, graded, gradedBatch, gradedBlend } from "./blend.js";
export { compose, masked, pixelate } from "./compose.js";
export { FILLS, type Fill, fill, type PictureShape, poissonBlend } from "./fill/fill.js";
export { distances, grow, MOST_GROWTH } from "./hole/grow.js";
export { checkProportions, painted, signed } from "./hole/painted.js";
export { type Rim, rimOf } from "./hole/rim.js";
export { knownUnder, missingUnder, squareMap } from "./hole/under.js";
export * as masks from "./masks/index.js";
export type { Mask } from "./masks/mask.js";
export type { MaskRule, MaskSign, ParsedMask } from "./masks/parse.js";
export { boxAround } from "./place/cutting.js";
export { parseRegion, printRegion, type Region, type Square } from "./place/region.js";
export { type ModelShape, openScene, type Resample, type Scene, type SceneOptions } from "./place/scene.js";
export { countMissing, type Known, knownOf, type Missing } from "./polarity.js";
