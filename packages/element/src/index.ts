/** The element's class, without registering it; `./define` does. */
export { type CompleterEvents, ImageCompleter, type ModelInput } from "./element.js";
export type {
  Candidate,
  Completion,
  Failure,
  FailureCode,
  Machine,
  ModelSummary,
  PaintedMask,
  Progress,
} from "./messages.js";
export type { PictureSource } from "./picture.js";
export { STRINGS, type Strings } from "./strings.js";
