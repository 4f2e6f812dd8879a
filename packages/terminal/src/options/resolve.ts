/** Which value an option has, where several places give one. */
import { CommandError, exitCodes } from "../exit-codes.js";
import { readValue, type Values } from "./settings_file.js";
import { flagName, printed, type Table } from "./table.js";

/** What an earlier run says about one that goes on with it. */
export interface Memory {
  /** The run, for messages. */
  readonly run: string;
  /** What it fixed; a name that is missing was fixed at its default, by a version that had no such option. */
  readonly fixed: Values;
  /** What it remembers, and the file that does. */
  readonly remembered: Values;
  readonly path: string;
}

/**
 * Lays values over each other: defaults, then presets, then what an earlier run says, then what is given. Where an option
 * says `insteadOf`, its value drops weaker ones of the others.
 *
 * @throws CommandError (checkpoint) where something is given that the run fixed otherwise, or its memory is spoilt
 */
export function resolve(table: Table, given: Values, memory?: Memory): Values {
  const recalled = memory ? recall(table, given, memory) : {};
  const chosen = layered(table, [recalled, given]);
  // What a run fixed is all that it was: no preset adds to it.
  const fixed = (name: string) => memory !== undefined && table[name]?.persist === "fixed";
  const presets = Object.entries(presetsOf(table, chosen)).filter(([name]) => !fixed(name));
  return layered(table, [defaultsOf(table), Object.fromEntries(presets), recalled, given]);
}

function defaultsOf(table: Table): Values {
  const rows = Object.entries(table).filter(([, row]) => row.default !== undefined);
  return Object.fromEntries(rows.map(([name, row]) => [name, row.default]));
}

/** What the words that were chosen set other options to. */
function presetsOf(table: Table, chosen: Values): Values {
  return Object.assign(
    {},
    ...Object.entries(table).map(([name, row]) => row.presets?.[String(chosen[name] ?? row.default)] ?? {}),
  ) as Values;
}

/** Stronger layers over weaker ones; an option that stands instead of others drops theirs. */
export function layered(table: Table, layers: readonly Values[]): Values {
  const result: Record<string, unknown> = {};
  for (const layer of layers) {
    for (const name of Object.keys(layer)) {
      for (const other of table[name]?.insteadOf ?? []) if (!(other in layer)) delete result[other];
    }
    Object.assign(result, layer);
  }
  return result;
}

function recall(table: Table, given: Values, { run, fixed, remembered, path }: Memory): Values {
  const values: Record<string, unknown> = {};
  for (const [name, row] of Object.entries(table)) {
    if (row.persist === "fixed") {
      const began = name in fixed ? fixed[name] : printed(row, row.default);
      if (name in given) checkSame(run, name, began, printed(row, given[name]));
      else if (began !== null) values[name] = readValue(row, name, began, run, exitCodes.checkpoint);
    }
    const found = remembered[name];
    if (row.persist === "remembered" && found !== undefined && found !== null) {
      values[name] = readValue(row, name, found, path, exitCodes.checkpoint);
    }
  }
  return values;
}

/** Throws CommandError (checkpoint), naming the option, where a run would go on otherwise than it began. */
export function checkSame(run: string, name: string, began: unknown, now: unknown): void {
  if (began === now) return;
  throw new CommandError(
    `${run} began with ${name} ${began ?? "none"}, not ${now ?? "none"}: give the same, or begin another run`,
    exitCodes.checkpoint,
  );
}

/** What a run has to keep, as JSON: null where there is none. */
export function kept(table: Table, persist: "fixed" | "remembered", values: Values): Values {
  const rows = Object.entries(table).filter(([, row]) => row.persist === persist);
  return Object.fromEntries(rows.map(([name, row]) => [name, printed(row, values[name])]));
}

/** Throws CommandError (usage) for the first option that is required and has no value. */
export function checkRequired(table: Table, values: Values): void {
  for (const [name, { required }] of Object.entries(table)) {
    if (required === undefined || values[name] !== undefined) continue;
    throw new CommandError(`--${flagName(name)} is missing: name ${required}`, exitCodes.usage);
  }
}
