/** A verb of the command line from its table of options: flags, help, configuration file, and the values that it runs with. */
import { Command, CommanderError, Option } from "commander";
import { addFlags, addParsers, givenFlags } from "./flags.js";
import * as kinds from "./kinds.js";
import { checkRequired, layered, type Memory, resolve } from "./resolve.js";
import { readConfigFile, type Values } from "./settings_file.js";
import { configurable, type OptionsOf, option, printed, type Table } from "./table.js";

/** What every verb has beside its own options. */
export const COMMON_OPTIONS = {
  config: option(kinds.text("file"), { help: "JSON of options by name; flags override it", once: true }),
  printConfig: option(kinds.flag, {
    help: "print all options as --config takes them, and do nothing else",
    default: false,
    once: true,
    level: "more",
  }),
  json: option(kinds.flag, { help: "print one JSON object a line on stdout", default: false, once: true }),
  quiet: option(kinds.flag, { help: "print neither progress nor remarks", default: false, once: true }),
  verbose: option(kinds.flag, { help: "print the stack of an error", default: false, once: true, level: "more" }),
  color: option(kinds.flag, {
    help: "colours, on a terminal",
    helpOff: "print without colours (as does NO_COLOR)",
    default: true,
    once: true,
    level: "more",
  }),
} as const satisfies Table;

export type CommonOptions = OptionsOf<typeof COMMON_OPTIONS>;
/** What a verb's `run` gets. */
export type VerbOptions<T> = OptionsOf<T> & CommonOptions;

export interface Call<T, C> {
  /** What is no option. */
  readonly args: readonly string[];
  /** The options that a flag or the configuration file gives. */
  readonly given: ReadonlySet<string>;
  /** The options with values that the command chose itself, for those that nothing gives; presets follow what is chosen. */
  choose(values: Partial<OptionsOf<T>>): VerbOptions<T>;
  /** What `recall` read. */
  readonly recalled?: C;
}

export interface Verb<T extends Table, C> {
  readonly name: string;
  /** One line, without a full stop. */
  readonly summary: string;
  /** As commander has them: `<images...>`. */
  readonly arguments?: string;
  readonly table: T;
  /** Behind the options in the help. */
  readonly notes?: string;
  /** Reads what an earlier run says, where the given options ask to go on with one. */
  recall?(given: Values): Promise<{ readonly memory: Memory; readonly context: C } | undefined>;
  run(options: VerbOptions<T>, call: Call<T, C>): Promise<void>;
}

const tables = new WeakMap<Command, Table>();

/** The table of a command that `createVerb` made, with the common options. */
export function tableOf(command: Command): Table | undefined {
  return tables.get(command);
}

/** The command of a verb. */
export function createVerb<const T extends Table, C = undefined>(verb: Verb<T, C>): Command {
  const table: Table = { ...verb.table, ...COMMON_OPTIONS };
  const command = new Command(verb.name).description(verb.summary);
  tables.set(command, table);
  if (verb.arguments !== undefined) command.arguments(verb.arguments);
  const { more } = addFlags(command, table);
  addParsers(command, table);
  addHelp(command, table, [...more, addSet(command)], verb.notes);
  return command.action(async (...parameters: unknown[]) => {
    const args = parameters
      .slice(0, -2)
      .flat()
      .filter((one) => one !== undefined) as string[];
    const quiet = command.getOptionValue("quiet") === true;
    const flags = givenFlags(command, table, (line) => quiet || process.stderr.write(`note: ${line}\n`));
    const file = flags.config === undefined ? {} : await readConfigFile(table, String(flags.config));
    const given = layered(table, [file, flags]);
    const recalled = await verb.recall?.(given);
    const values = resolve(table, given, recalled?.memory);
    if (values.printConfig === true) {
      process.stdout.write(`${JSON.stringify(configOf(table, values), null, 2)}\n`);
      return;
    }
    checkRequired(table, values);
    await verb.run(values as VerbOptions<T>, {
      args,
      given: new Set(Object.keys(given)),
      choose: (chosen) => resolve(table, { ...chosen, ...given }, recalled?.memory) as VerbOptions<T>,
      ...(recalled ? { recalled: recalled.context } : {}),
    });
  });
}

/** All options as `--config` takes them. */
export function configOf(table: Table, values: Values): Values {
  const rows = Object.entries(table).filter(([, row]) => configurable(row));
  return Object.fromEntries(rows.map(([name, row]) => [name, printed(row, values[name])]));
}

function addSet(command: Command): Option {
  const collect = (text: string, before: readonly string[] | undefined) => [...(before ?? []), text];
  const set = new Option("--set <name=value>", "give an option of the configuration file; may be repeated");
  command.addOption(set.argParser(collect).hideHelp());
  return set;
}

/** `--help` shows what most need, `--help-all` everything. */
function addHelp(command: Command, table: Table, more: readonly Option[], notes = ""): void {
  command.addOption(new Option("--help-all", "show every option").hideHelp());
  let all = false;
  command.on("option:help-all", () => {
    all = true;
    for (const option of more) option.hideHelp(false);
    command.outputHelp();
    throw new CommanderError(0, "commander.helpDisplayed", "(outputHelp)");
  });
  const pointer = `All options, those of the configuration file too: kintsugi ${command.name()} --help-all`;
  command.addHelpText("after", () => `${all ? settingsHelp(table) : ""}${notes}${all ? "" : `\n${pointer}`}`);
}

function settingsHelp(table: Table): string {
  const rows = Object.entries(table).filter(([, { level }]) => level === "file");
  if (rows.length === 0) return "";
  const width = Math.max(...rows.map(([name]) => name.length)) + 2;
  const lines = rows.map(([name, row]) => {
    const value = row.default === undefined ? row.unset : String(printed(row, row.default));
    return `  ${name.padEnd(width)}${row.help}${value === undefined ? "" : ` (default: ${value})`}`;
  });
  return `\nIn the configuration file, or by --set NAME=VALUE:\n${lines.join("\n")}\n`;
}
