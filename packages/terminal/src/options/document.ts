/** What tables of options say as a page of Markdown and as JSON schemas: nothing about an option is written twice. */
import type { Command } from "commander";
import { configurable, flagName, printed, type Row } from "./table.js";
import { tableOf } from "./verb.js";

/** The JSON schema (draft 2020-12) of a verb's configuration file. */
export function schemaOf(command: Command): object {
  const rows = Object.entries(tableOf(command) ?? {}).filter(([, row]) => configurable(row));
  return {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    title: `Configuration file of kintsugi ${command.name()}`,
    type: "object",
    properties: {
      $schema: { type: "string" },
      ...Object.fromEntries(rows.map(([name, row]) => [name, propertyOf(row)])),
    },
    additionalProperties: false,
  };
}

/** Null stands for nothing given. */
function propertyOf(row: Row<unknown>): object {
  const { enum: words, ...rest } = row.kind.schema;
  const schema = words ? { enum: [...words, null] } : { anyOf: [rest, { type: "null" }] };
  const value = row.default === undefined ? {} : { default: printed(row, row.default) };
  return { description: row.help, ...schema, ...value };
}

/** The chapter of a verb: its flags, and what only its configuration file holds. */
export function chapterOf(command: Command): string {
  const rows = Object.entries(tableOf(command) ?? {});
  const flags = rows.filter(([, { level }]) => level === undefined || level === "more");
  const settings = rows.filter(([, { level }]) => level === "file");
  const presets = rows.flatMap(([name, row]) => presetLines(name, row));
  return [
    `## ${command.name()}\n\n${capital(command.description())}.`,
    table(
      ["Option", "Meaning", "Default"],
      flags.flatMap(([name, row]) => flagLines(name, row)),
    ),
    ...(settings.length > 0
      ? [
          "In the configuration file, or by `--set NAME=VALUE`:",
          table(
            ["Name", "Meaning", "Default"],
            settings.map(([name, row]) => [`\`${name}\``, row.help, defaultOf(row)]),
          ),
        ]
      : []),
    ...presets,
  ].join("\n\n");
}

function flagLines(name: string, row: Row<unknown>): string[][] {
  const { placeholder, bare } = row.kind;
  const value = placeholder === undefined ? "" : bare === undefined ? ` <${placeholder}>` : ` [${placeholder}]`;
  const off = placeholder === undefined && row.default === true;
  const own = off
    ? [`\`--no-${flagName(name)}\``, row.helpOff ?? row.help]
    : [`\`--${flagName(name)}${value}\``, row.help];
  const words = Object.entries(row.shorthands ?? {}).map(([word, { help }]) => [`\`--${flagName(word)}\``, help, ""]);
  return [[...own, placeholder === undefined ? "" : defaultOf(row)], ...words];
}

function presetLines(name: string, row: Row<unknown>): string[] {
  const sets = Object.entries(row.presets ?? {}).filter(([, values]) => Object.keys(values).length > 0);
  return sets.map(([word, values]) => {
    const each = Object.entries(values).map(([key, value]) => `\`${key}\` ${JSON.stringify(value)}`);
    return `\`--${flagName(name)} ${word}\` stands for ${each.join(", ")}; what is given otherwise goes first.`;
  });
}

function defaultOf(row: Row<unknown>): string {
  if (row.required !== undefined) return "required";
  return row.default === undefined ? (row.unset ?? "") : `\`${printed(row, row.default)}\``;
}

function table(header: readonly string[], lines: readonly (readonly string[])[]): string {
  const cells = (line: readonly string[]) => `| ${line.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  return [cells(header), cells(header.map(() => "---")), ...lines.map(cells)].join("\n");
}

function capital(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}`;
}
