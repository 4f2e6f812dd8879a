export { type Mask, missing } from "./mask.js";
export { fromPixels } from "./painted.js";
export { type MaskRule, type MaskSign, type ParsedMask, parse, SYNTAX } from "./parse.js";
export { pattern, type RegionOptions, strokes } from "./regions.js";
export * from "./shapes.js";
