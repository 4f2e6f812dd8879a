/** A table's rows as commander's options, and what was given on the command line as values by name. */
import { type Command, Option } from "commander";
import { CommandError, exitCodes } from "../exit-codes.js";
import { readSetting, type Values } from "./settings_file.js";
import { configurable, flagName, printed, type Row, spelling, type Table } from "./table.js";

/** The options that people choose from: those of `--help`, and those that only `--help-all` shows. */
export interface Offered {
  readonly basic: readonly Option[];
  readonly more: readonly Option[];
}

/** Adds a flag for every row but those of the file alone, and hidden ones for opposites and for what earlier versions had. */
export function addFlags(command: Command, table: Table): Offered {
  const offered = { basic: [] as Option[], more: [] as Option[] };
  for (const [name, row] of Object.entries(table)) {
    const { shown, hidden } = flagsOf(name, row);
    for (const flag of [...shown, ...hidden]) command.addOption(flag);
    for (const flag of hidden) flag.hideHelp();
    if (row.level === "more") for (const flag of shown) flag.hideHelp();
    offered[row.level === "more" ? "more" : "basic"].push(...shown);
  }
  return offered;
}

/** The flags of a row; a switch that is on by default is shown as the flag that turns it off. */
function flagsOf(name: string, row: Row<unknown>): { readonly shown: Option[]; readonly hidden: Option[] } {
  const old = (row.formerly ?? []).map((flag) => new Option(...flagText(flag, row)));
  if (row.level === "file") return { shown: [], hidden: old };
  if (row.level === "former") return { shown: [], hidden: [new Option(...flagText(flagName(name), row))] };
  const isSwitch = row.kind.placeholder === undefined;
  const on = new Option(...flagText(flagName(name), row));
  const off =
    isSwitch || row.kind.bare !== undefined ? [new Option(`--no-${flagName(name)}`, row.helpOff ?? row.help)] : [];
  const words = Object.entries(row.shorthands ?? {}).map(([word, { help }]) => new Option(`--${flagName(word)}`, help));
  if (isSwitch && row.default === true) return { shown: [...off, ...words], hidden: [on, ...old] };
  return { shown: [on, ...words], hidden: [...(configurable(row) ? off : []), ...old] };
}

function flagText(flag: string, { kind, help, ...row }: Row<unknown>): [text: string, help: string] {
  const { placeholder, bare } = kind;
  if (placeholder === undefined) return [`--${flag}`, help];
  const value = row.default === undefined ? undefined : String(printed({ kind, help, ...row }, row.default));
  const unset = row.required === undefined ? (value ?? row.unset) : "required";
  const remark = unset === undefined ? "" : unset === "required" ? " (required)" : ` (default: ${unset})`;
  return [`--${flag} ${bare === undefined ? `<${placeholder}>` : `[${placeholder}]`}`, `${help}${remark}`];
}

/** Lets commander check every value by its row, so that a complaint names the flag. */
export function addParsers(command: Command, table: Table): void {
  for (const [name, row] of Object.entries(table)) {
    if (row.kind.placeholder === undefined) continue;
    for (const flag of [flagName(name), ...(row.formerly ?? [])]) {
      const option = command.options.find((one) => one.long === `--${flag}`);
      option?.argParser((text: string) => row.kind.parse(text));
    }
  }
}

/**
 * What the command line gives, by the names of the options.
 *
 * @param note called with a line for each old spelling
 *
 * @throws CommandError (usage) where two flags say different things about one option
 */
export function givenFlags(command: Command, table: Table, note: (line: string) => void): Values {
  const values: Record<string, unknown> = {};
  const from: Record<string, string> = {};
  const put = (name: string, value: unknown, flag: string) => {
    if (name in values && values[name] !== value) {
      throw new CommandError(`${from[name]} and ${flag} contradict each other: leave one of them out`, exitCodes.usage);
    }
    values[name] = value;
    from[name] = flag;
  };
  const value = (attribute: string): unknown =>
    command.getOptionValueSource(attribute) === "cli" ? command.getOptionValue(attribute) : undefined;
  for (const [name, row] of Object.entries(table)) {
    const flag = `--${flagName(name)}`;
    const given = row.level === "file" ? undefined : value(name);
    const { bare } = row.kind;
    const own = given === true && bare !== undefined ? row.kind.parse(bare) : given;
    if (own !== undefined)
      put(name, own, row.kind.placeholder === undefined || own === false ? flag : `${flag} ${own}`);
    for (const [word, { value: meant }] of Object.entries(row.shorthands ?? {})) {
      if (value(word) !== undefined) put(name, meant, `--${flagName(word)}`);
    }
    for (const old of row.formerly ?? []) {
      const given = value(camelCase(old));
      if (given === undefined) continue;
      const now = row.level === "file" ? `--set ${name}=${printed(row, given)}` : spelling(name, row);
      note(`--${old} is now ${now}`);
      put(name, given, `--${old}`);
    }
  }
  for (const text of (value("set") as readonly string[] | undefined) ?? []) {
    const [name, given] = readSetting(table, text);
    put(name, given, `--set ${text}`);
  }
  return values;
}

function camelCase(flag: string): string {
  return flag.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase());
}
