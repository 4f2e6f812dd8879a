/** Image completion by searching z (Yeh et al. 2017). Knows the Backend interface, no GPU, no file and no platform. */
export {
  alphaBlend,
  BLENDS,
  type Blend,
  blend,
  compose,
  FILLS,
  type Fill,
  fill,
  gradedBlend,
  type Mask,
  masked,
  masks,
  type PictureShape,
  pixelate,
  poissonBlend,
} from "@kintsugi/scene";
export * from "./complete.js";
export {
  type Completed,
  type Completer,
  type CompleterOptions,
  type Completion,
  type CompletionOptions,
  createCompleter,
  DEFAULTS,
  type ManyOptions,
} from "./completer.js";
export { createSearch, type Optimizer, type SearchOptions } from "./create_search.js";
export type { AdamSearch, Decay, MomentumSearch } from "./descent.js";
export {
  decodeEncoder,
  ENCODER_FORMAT,
  type EncoderConfig,
  type EncoderFile,
  encodeEncoder,
  Proposer,
} from "./encoder.js";
export { type EncoderOptions, EncoderTrainer, trainingMask } from "./encoder_training.js";
export { createHmc, type Decision, type Hmc, type HmcLosses, type HmcSearch } from "./hmc.js";
export type { LbfgsSearch } from "./lbfgs.js";
export { type Comparison, compare, type Measures } from "./measures.js";
export {
  type Contextual,
  DEFAULT_OBJECTIVE,
  type Objective,
  type ObjectiveOptions,
  objective,
  type Prior,
  type Target,
} from "./objective.js";
export { Patience } from "./patience.js";
export {
  type Losses,
  latents,
  loadNetworks,
  type Networks,
  Problem,
  type ProblemOptions,
  type Snapshot,
  type Start,
  unloadNetworks,
} from "./problem.js";
export * from "./rank.js";
export type { IterateOptions, Search } from "./search.js";
export { Starts, type StartsOptions, type Wanted } from "./starts.js";
export { type ImportanceOptions, importanceWeights } from "./weights.js";
