/** The completer: the algorithm, and the verbs around it. */
export { completeCommand } from "./command.js";
export { type Batch, type CompleteEvents, type CompleteOptions, complete, type Pictures } from "./complete.js";
export { evaluateCommand } from "./evaluate_command.js";
export { exportCommand, importCommand } from "./exchange/commands.js";
