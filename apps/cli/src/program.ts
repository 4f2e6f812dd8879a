/** The `kintsugi` command: gathers the verbs of the two apps, and nothing else. */
import {
  completeCommand,
  encoderCommand,
  evaluateCommand,
  exportCommand,
  importCommand,
  serveCommand,
} from "@kintsugi/completer";
import {
  alignCommand,
  dashboardCommand,
  doctorCommand,
  exploreCommands,
  packCommand,
  planCommand,
  reportCommand,
  sampleCommand,
  trainCommand,
} from "@kintsugi/trainer";
import { Command } from "commander";

/** Every verb, ready to parse; nothing is run. */
export function createProgram(): Command {
  const program = new Command("kintsugi")
    .description("Train deep convolutional GANs and complete damaged images with them, on WebGPU")
    .version("0.1.0")
    .addCommand(alignCommand())
    .addCommand(packCommand())
    .addCommand(trainCommand())
    .addCommand(dashboardCommand())
    .addCommand(reportCommand())
    .addCommand(sampleCommand())
    .addCommand(completeCommand())
    .addCommand(encoderCommand())
    .addCommand(evaluateCommand())
    .addCommand(exportCommand())
    .addCommand(importCommand())
    .addCommand(serveCommand())
    .addCommand(doctorCommand())
    .addCommand(planCommand());
  for (const command of exploreCommands()) program.addCommand(command);
  return program;
}
