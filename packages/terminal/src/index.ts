/** What the command lines share. Knows terminals and files; no GPU, no tensors. */
export { writeFileWhole } from "@kintsugi/files";
export { type ErrorCodes, runCommandLine } from "./command-line.js";
export { type Csv, type CsvOptions, type CsvValue, createCsv } from "./csv.js";
export { CommandError, type ExitCode, exitCodes } from "./exit-codes.js";
export { type ClaimOptions, claimDirectory, refuseExisting, refuseInputs } from "./files.js";
export { type Interruptible, interruptible, quietBrokenPipe } from "./interrupt.js";
export {
  type Call,
  COMMON_OPTIONS,
  type CommonOptions,
  chapterOf,
  checkSame,
  configOf,
  createVerb,
  type Facts,
  flagName,
  type JsonSchema,
  type Kind,
  kept,
  kinds,
  type Memory,
  nearest,
  type OptionsOf,
  option,
  type Row,
  readValue,
  resolve,
  schemaOf,
  type Table,
  tableOf,
  type Values,
  type Verb,
  type VerbOptions,
} from "./options/index.js";
export {
  choice,
  count,
  fileName,
  indices,
  integer,
  numberBetween,
  type Parser,
  parsedBy,
  positiveInteger,
  positiveIntegers,
  positiveNumber,
  type Range,
  seed,
} from "./parsers.js";
export type { Pace, Progress, ProgressOptions, ProgressUpdate } from "./progress.js";
export { createReporter, type Reporter, type ReporterOptions } from "./reporter.js";
export { type Change, changesInWords, counted, duration, type Output } from "./text.js";
