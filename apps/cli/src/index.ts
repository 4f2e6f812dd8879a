/** Runs the `kintsugi` command, and says which error ends in which exit code. */
import { exitCodes, runCommandLine } from "@kintsugi/terminal";
import { createProgram } from "./program.js";

await runCommandLine(createProgram(), process.argv, {
  NoAdapterError: exitCodes.noAdapter,
  UnsupportedError: exitCodes.noAdapter,
  SelfTestError: exitCodes.noAdapter,
  RuntimeError: exitCodes.noAdapter,
  ImageError: exitCodes.dataSet,
  ModelError: exitCodes.checkpoint,
  ConfigError: exitCodes.usage,
  DivergedError: exitCodes.diverged,
});
