/** What a run fixes for good and what it remembers, by its options. */
import { CommandError, exitCodes, kept, type Memory, type Values } from "@kintsugi/terminal";
import { checkpointPath, readCheckpoint } from "./checkpoint.js";
import { readRemembered, runFactsPath } from "./report/run_reader.js";
import type { Resumed, Settings } from "./run_state.js";
import { type Options, TRAIN_OPTIONS } from "./train_options.js";

/** The checkpoint that a run is to go on from, and what the run says; nothing where it begins anew. */
export async function recallRun(given: Values): Promise<{ memory: Memory; context: Resumed } | undefined> {
  const { resume, out } = given as Partial<Options>;
  if (resume === undefined || resume === false) return undefined;
  if (out === undefined) throw new CommandError("--out is missing: name the run to go on with", exitCodes.usage);
  const resumed = await readCheckpoint(resume === "last" ? checkpointPath(out) : resume);
  const { settings } = resumed;
  const { data } = settings;
  const remembered = { ...(await readRemembered(out)), ...(typeof data === "string" ? { data } : {}) };
  return { memory: { run: out, fixed: settings, remembered, path: runFactsPath(out) }, context: resumed };
}

/** The settings of a run, for its checkpoints. */
export function settingsOf(options: Options): Settings {
  return kept(TRAIN_OPTIONS, "fixed", options);
}

/** How far a run goes and how it is watched, for its run.json. */
export function rememberedOf(options: Options): Settings {
  return kept(TRAIN_OPTIONS, "remembered", options);
}
