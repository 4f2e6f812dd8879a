/** Where the options of a run come from: flags, then a file, then the checkpoint that is resumed, then the defaults. */
import { readFile } from "node:fs/promises";
import { CommandError, exitCodes } from "@kintsugi/terminal";
import type { Command, Option } from "commander";
import { type Options, REMEMBERED, SETTINGS } from "./train_options.js";

/** Settings by the names of their options, as checkpoints hold them. */
export type Settings = Readonly<Record<string, unknown>>;

/** Options that say how to run a command, not what run it is: no file sets them, and none is printed. */
const OUTSIDE = [
  "config",
  "printConfig",
  "dryRun",
  "profile",
  "resume",
  "overwrite",
  "json",
  "quiet",
  "verbose",
  "color",
];

/** Takes over from a JSON file what no flag has set. */
export async function applyFile(command: Command, path: string): Promise<void> {
  const wrong = (reason: string) => new CommandError(`${path}: ${reason}`, exitCodes.usage);
  const text = await readFile(path, "utf8").catch((error: NodeJS.ErrnoException) => {
    throw wrong(error.code === "ENOENT" ? "there is no such file" : error.message);
  });
  const given = parse(text);
  if (given === undefined) throw wrong('it must be one JSON object of options, such as {"batch": 64}');
  for (const [name, value] of Object.entries(given)) {
    const option = OUTSIDE.includes(name) ? undefined : command.options.find((one) => one.attributeName() === name);
    if (!option) throw wrong(`there is no option called ${name}; --print-config prints them all`);
    if (value === null) continue;
    try {
      apply(command, option, parsed(option, value), "config");
    } catch (error) {
      throw wrong(`${name}: ${(error as Error).message}`);
    }
  }
}

function parse(text: string): Settings | undefined {
  try {
    const found: unknown = JSON.parse(text);
    return typeof found === "object" && found !== null && !Array.isArray(found) ? (found as Settings) : undefined;
  } catch {
    return undefined;
  }
}

/** A value from a file, through the check of the option's flag. */
function parsed(option: Option, value: unknown): unknown {
  if (option.isBoolean()) {
    if (typeof value !== "boolean") throw new Error("Give true or false.");
    return value;
  }
  return option.parseArg ? option.parseArg(String(value), undefined) : String(value);
}

/** Takes over what a checkpoint remembers, and throws, naming the field, where something else was asked for. */
export function applyCheckpoint(command: Command, run: string, began: Settings): void {
  for (const name of SETTINGS) {
    const option = command.options.find((one) => one.attributeName() === name)!;
    // A checkpoint of a version that had no such option was made as its default has it.
    const value = name in began ? (began[name] ?? undefined) : option.defaultValue;
    const wanted: unknown = command.getOptionValue(name);
    if (command.getOptionValueSource(name) === "default" || wanted === undefined)
      apply(command, option, value, "default");
    else checkSame(run, name, value, wanted);
  }
  if (command.getOptionValue("data") === undefined && typeof began.data === "string") {
    command.setOptionValue("data", began.data);
  }
}

/** Takes over how far a run was to go and how it was watched, unless something else was asked for. */
export function applyRemembered(command: Command, began: Settings): void {
  const given = (name: string) => ["cli", "config"].includes(command.getOptionValueSource(name) ?? "");
  const goal = given("steps") || given("epochs");
  for (const name of REMEMBERED) {
    if (given(name) || (goal && (name === "steps" || name === "epochs"))) continue;
    if (began[name] !== undefined && began[name] !== null) command.setOptionValue(name, began[name]);
  }
}

function apply(command: Command, option: Option, value: unknown, source: string): void {
  const name = option.attributeName();
  if (command.getOptionValueSource(name) === "cli") return;
  command.setOptionValueWithSource(name, value, source);
}

/** Throws, naming the field, where a run would go on otherwise than it began. */
export function checkSame(run: string, name: string, began: unknown, now: unknown): void {
  if (began === now) return;
  throw new CommandError(
    `${run} began with ${name} ${began ?? "none"}, not ${now ?? "none"}: give the same, or begin another run`,
    exitCodes.checkpoint,
  );
}

/** The settings of a run, for its checkpoints. */
export function settingsOf(options: Options): Settings {
  return Object.fromEntries(SETTINGS.map((name) => [name, options[name] ?? null]));
}

/** How far a run goes and how it is watched, for its run.json. */
export function rememberedOf(options: Options): Settings {
  return Object.fromEntries(REMEMBERED.map((name) => [name, options[name] ?? null]));
}

/** All options of a run as `--config` takes them. */
export function configOf(command: Command): Settings {
  const options = command.options.filter((option) => !option.negate && !OUTSIDE.includes(option.attributeName()));
  return Object.fromEntries(
    options.map((option) => {
      const value = (command.getOptionValue(option.attributeName()) as unknown) ?? null;
      // --no-dashboard: no port.
      return [option.attributeName(), value === false && !option.isBoolean() ? null : value];
    }),
  );
}
