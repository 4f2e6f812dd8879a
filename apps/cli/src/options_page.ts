/** The page of all options and the schemas of configuration files, from the tables of the verbs. */
import { chapterOf, schemaOf } from "@kintsugi/terminal";
import type { Command } from "commander";

const INTRODUCTION = `# Options

Written by \`npm run build && node apps/cli/dist/write_options.js\` from the tables in which the options are declared; a test compares it.

Each verb takes a configuration file, \`--config FILE\`: one JSON object of options by name, the flag without its dashes in camelCase
(\`--max-seconds\` is \`maxSeconds\`). \`--print-config\` prints all that hold, in the form that \`--config\` takes. Flags and
\`--set NAME=VALUE\` override the file, the file overrides what a preset or an earlier run says, and these the defaults. Unknown names
and wrong values are refused with one line. The JSON schema of each verb lies in [schemas](schemas); name it in the file as
\`"$schema"\`, and an editor completes and checks.`;

/** Paths below docs/ and what they hold. */
export function optionFiles(program: Command): ReadonlyMap<string, string> {
  const verbs = program.commands;
  const page = `${[INTRODUCTION, ...verbs.map(chapterOf)].join("\n\n")}\n`;
  const schemas = verbs.map((verb): [string, string] => [
    `schemas/${verb.name()}.schema.json`,
    `${JSON.stringify(schemaOf(verb), null, 2)}\n`,
  ]);
  return new Map([["options.md", page], ...schemas]);
}
