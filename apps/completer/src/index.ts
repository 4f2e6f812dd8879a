/** The completer: the algorithm, and the verb around it. */
export { completeCommand } from "./command.js";
export { type Batch, type CompleteEvents, type CompleteOptions, complete, type Pictures } from "./complete.js";
