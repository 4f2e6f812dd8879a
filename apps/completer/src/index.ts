/** The completer: the verbs around completion. */
export { completeCommand } from "./command.js";
export { encoderCommand } from "./encoder_command.js";
export { evaluateCommand } from "./evaluate_command.js";
export { exportCommand, importCommand } from "./exchange/commands.js";
export { serveCommand } from "./serve/command.js";
