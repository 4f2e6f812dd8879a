/** The verbs that look into a trained model, in the order of the help. */
import type { Command } from "commander";
import { arithmeticCommand } from "./arithmetic_command.js";
import { explainCommand } from "./explain_command.js";
import { interpolateCommand } from "./interpolate_command.js";
import { neighboursCommand } from "./neighbours_command.js";
import { scoreCommand } from "./score_command.js";
import { sweepCommand } from "./sweep_command.js";

export function exploreCommands(): Command[] {
  return [
    interpolateCommand(),
    sweepCommand(),
    arithmeticCommand(),
    neighboursCommand(),
    scoreCommand(),
    explainCommand(),
  ];
}
