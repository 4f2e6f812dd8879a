/** Options declared once: see `table.ts`. */

export { chapterOf, schemaOf } from "./document.js";
export type { JsonSchema, Kind } from "./kinds.js";
export * as kinds from "./kinds.js";
export { nearest } from "./nearest.js";
export { checkSame, kept, type Memory, resolve } from "./resolve.js";
export { readValue, type Values } from "./settings_file.js";
export { type Facts, flagName, type OptionsOf, option, type Row, type Table } from "./table.js";
export {
  type Call,
  COMMON_OPTIONS,
  type CommonOptions,
  configOf,
  createVerb,
  tableOf,
  type Verb,
  type VerbOptions,
} from "./verb.js";
