/** Values from files, checked against the table: configuration files of users, and what runs remember of themselves. */
import { readFile } from "node:fs/promises";
import { CommandError, type ExitCode, exitCodes } from "../exit-codes.js";
import { nearest } from "./nearest.js";
import { configurable, type Row, type Table } from "./table.js";

/** Values by the names of their options. */
export type Values = Readonly<Record<string, unknown>>;

/** Reads a configuration file: one JSON object of options by name; null stands for nothing given. Throws CommandError (usage). */
export async function readConfigFile(table: Table, path: string): Promise<Values> {
  const text = await readFile(path, "utf8").catch((error: NodeJS.ErrnoException) => {
    throw wrong(path, error.code === "ENOENT" ? "there is no such file" : error.message);
  });
  const entries = Object.entries(parseObject(path, text)).filter(([name]) => name !== "$schema");
  return Object.fromEntries(
    entries.flatMap(([name, value]) => {
      const row = rowOf(table, name, path);
      return value === null ? [] : [[name, readValue(row, name, value, path)]];
    }),
  );
}

/** `NAME=VALUE`, as `--set` takes it. Throws CommandError (usage). */
export function readSetting(table: Table, text: string): [name: string, value: unknown] {
  const at = text.indexOf("=");
  if (at < 1) throw wrong("--set", `${text} is no NAME=VALUE, such as batch=64`);
  const name = text.slice(0, at).trim();
  const row = rowOf(table, name, "--set");
  const given = text.slice(at + 1).trim();
  try {
    return [name, row.kind.parse(given)];
  } catch (error) {
    throw wrong("--set", `${name} is ${JSON.stringify(given)}: ${sentence(error)}`);
  }
}

/** One value of a file, by the option's row. Throws CommandError. */
export function readValue(
  row: Row<unknown>,
  name: string,
  value: unknown,
  path: string,
  code: ExitCode = exitCodes.usage,
): unknown {
  try {
    return row.kind.read(value);
  } catch (error) {
    throw wrong(path, `${name} is ${JSON.stringify(value)}: ${sentence(error)}`, code);
  }
}

function rowOf(table: Table, name: string, path: string): Row<unknown> {
  const row = Object.hasOwn(table, name) ? table[name]! : undefined;
  if (row && configurable(row)) return row;
  if (row) throw wrong(path, `${name} says how to run a command once: give it as a flag`);
  const names = Object.keys(table).filter((one) => configurable(table[one]!));
  const meant = nearest(name, names);
  throw wrong(
    path,
    `there is no option called ${name}; ${meant ? `did you mean ${meant}?` : "--print-config prints them all"}`,
  );
}

function parseObject(path: string, text: string): object {
  let found: unknown;
  try {
    found = JSON.parse(text);
  } catch {
    found = undefined;
  }
  if (typeof found === "object" && found !== null && !Array.isArray(found)) return found;
  throw wrong(path, 'it must be one JSON object of options, such as {"batch": 64}');
}

/** A complaint as the end of a sentence. */
function sentence(error: unknown): string {
  const { message } = error as Error;
  return `${message.charAt(0).toLowerCase()}${message.slice(1).replace(/\.$/, "")}`;
}

function wrong(path: string, reason: string, code: ExitCode = exitCodes.usage): CommandError {
  return new CommandError(`${path}: ${reason}`, code);
}
