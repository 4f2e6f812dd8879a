/** The options of all verbs: few enough to read, documented from their tables, and presets that name what there is. */
import { readFile } from "node:fs/promises";
import { tableOf } from "@kintsugi/terminal";
import { describe, expect, it } from "vitest";
import { optionFiles } from "../src/options_page.js";
import { createProgram } from "../src/program.js";

/** Options of the help, that for help itself among them. */
const shown = (verb: string, flag: string) => {
  let text = "";
  const command = createProgram().commands.find((one) => one.name() === verb)!;
  command.exitOverride().configureOutput({
    writeOut(part) {
      text += part;
    },
  });
  try {
    command.parse([flag], { from: "user" });
  } catch {
    // Help ends commander's parsing.
  }
  return [...text.matchAll(/^ {2}(-[^ ]+)/gm)].map(([, name]) => name!);
};

describe.each(createProgram().commands.map((command) => command.name()))("%s", (verb) => {
  const table = tableOf(createProgram().commands.find((one) => one.name() === verb)!)!;

  it("shows at most 25 options, and has at most 45", () => {
    const few = shown(verb, "--help");
    expect(few.length).toBeGreaterThan(3);
    expect(few.length, few.join(" ")).toBeLessThanOrEqual(25);
    const all = shown(verb, "--help-all");
    expect(all.length).toBeGreaterThan(few.length);
    expect(all.length, all.join(" ")).toBeLessThanOrEqual(45);
  });

  it("has presets of values that its options take", () => {
    for (const row of Object.values(table)) {
      for (const [name, value] of Object.values(row.presets ?? {}).flatMap((preset) => Object.entries(preset))) {
        const { kind } = table[name]!;
        const json = kind.print ? kind.print(value) : value;
        expect(kind.read(json)).toEqual(value);
      }
    }
  });

  it("has defaults that a configuration file may hold", () => {
    for (const [name, { kind, default: value }] of Object.entries(table)) {
      if (value === undefined) continue;
      expect(kind.read(kind.print ? kind.print(value) : value), name).toEqual(value);
    }
  });
});

it.each([...optionFiles(createProgram())])(
  "docs/%s is what the tables say; apps/cli/dist/write_options.js writes it",
  async (name, text) => {
    expect(await readFile(new URL(`../../../docs/${name}`, import.meta.url), "utf8")).toBe(text);
  },
);
