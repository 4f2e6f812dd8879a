/** Runs the `kintsugi` command, and says which error ends in which exit code. */
import { exitCodes, runCommandLine } from "@kintsugi/terminal";
import { currentSpelling } from "@kintsugi/trainer";
import { createProgram } from "./program.js";

const argv = currentSpelling(process.argv, (line) => process.stderr.write(`note: ${line}\n`));
await runCommandLine(createProgram(), argv, {
  NoAdapterError: exitCodes.noAdapter,
  UnsupportedError: exitCodes.noAdapter,
  SelfTestError: exitCodes.noAdapter,
  RuntimeError: exitCodes.noAdapter,
  ImageError: exitCodes.dataSet,
  ModelError: exitCodes.checkpoint,
  ConfigError: exitCodes.usage,
  DivergedError: exitCodes.diverged,
});
