/**
 * Every command that a README shows. Its block says how it is tested, behind the language: `sh run` as it stands, `sh short`
 * with options that end it soon, `sh parse` by its options alone. A block without that fails.
 */
import { execFile, execFileSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { fromBytes } from "@kintsugi/images";
import { writePng } from "@kintsugi/images/node";
import { createProgram } from "kintsugi/program";
import { afterAll, describe, expect, it } from "vitest";
import { root } from "../paths.mjs";

const run = promisify(execFile);
const { scripts } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
const pages = execFileSync("git", ["ls-files", "*.md"], { cwd: root, encoding: "utf8" })
  .split("\n")
  .filter((page) => page !== "" && page !== "CHANGELOG.md" && existsSync(join(root, page)));

const HOW = ["run", "short", "parse"];
/** What makes a command end soon: little work, on the device that every machine has. */
const SHORT = {
  train: ["--steps", "2", "--size", "16", "--nz", "4", "--ngf", "4", "--ndf", "4", "--batch", "4", "--device", "cpu"],
  complete: ["--iterations", "2", "--starts", "4", "--device", "cpu"],
  sample: ["--device", "cpu"],
};

/** Blocks of shell: their page, line, how they are tested, and their commands, each as words. */
const blocks = pages.flatMap((page) => {
  const text = readFileSync(join(root, page), "utf8").replaceAll("\r\n", "\n");
  return [...text.matchAll(/^ *```(?:sh|bash|shell|console)\b(.*)\n([\s\S]*?)^ *```/gm)].map(([, tag, body], i) => ({
    page,
    number: i + 1,
    how: tag.trim(),
    commands: body
      .replaceAll("\\\n", " ")
      .split("\n")
      .map((line) => line.replace(/(^|\s)#.*$/, "").trim())
      .filter((line) => line !== "")
      .map(words),
  }));
});

/** The words of a line of shell, without what only a shell would do. */
function words(line) {
  return [...line.matchAll(/"([^"]*)"|'([^']*)'|(\S+)/g)].map(([, double, single, bare]) => double ?? single ?? bare);
}

/** The arguments of `kintsugi`, where a line calls it. */
function ofKintsugi(command) {
  if (command[0] === "kintsugi") return command.slice(1);
  return command[0] === "npx" && command[1] === "kintsugi" ? command.slice(2) : undefined;
}

/** What is wrong with a command, told without running it; undefined where nothing is. */
function wrongWith(command) {
  const asked = ofKintsugi(command);
  if (asked !== undefined) return wrongOptions(asked);
  if (command[0] !== "npm") return undefined;
  const script = command[1] === "run" ? command[2] : command[1];
  const known = ["install", "exec", "view"].includes(script) || Object.hasOwn(scripts, script);
  return known ? undefined : `package.json has no script ${script}`;
}

/** Parses as the command line would, but for what it would do. */
function wrongOptions([verb, ...rest]) {
  const command = createProgram().commands.find((one) => one.name() === verb);
  if (command === undefined) return `there is no verb ${verb}`;
  command.exitOverride().configureOutput({ writeErr: () => {} });
  try {
    const { unknown } = command.parseOptions(rest.map((word) => (word === "…" ? "1" : word)));
    const odd = unknown.find((word) => word.startsWith("-") && word !== "--help");
    return odd && `${verb} has no option ${odd}`;
  } catch (error) {
    return error.message;
  }
}

it("are in blocks that say how they are tested", () => {
  expect(blocks.length).toBeGreaterThan(10);
  expect(blocks.filter(({ how }) => !HOW.includes(how)).map(({ page, number }) => `${page}, block ${number}`)).toEqual(
    [],
  );
});

it.each(blocks)("$page, block $number: is one that the command line would take", ({ commands }) => {
  expect(commands.length).toBeGreaterThan(0);
  expect(commands.map(wrongWith).filter((reason) => reason !== undefined)).toEqual([]);
});

it("run as scripts of the root, which need nothing but Node", () => {
  for (const [name, script] of Object.entries(scripts)) expect(script, name).toMatch(/^node setup\/run\.mjs( |$)/);
});

describe("run", () => {
  const folders = new Map();
  afterAll(() => {
    for (const folder of folders.values()) rmSync(folder, { recursive: true, force: true });
  });

  /** One folder for each page, with what its commands expect to find. */
  const folderOf = async (page) => {
    if (folders.has(page)) return folders.get(page);
    const folder = mkdtempSync(join(tmpdir(), "kintsugi-readme-"));
    folders.set(page, folder);
    for (const name of ["photos", "faces", "damaged"]) {
      mkdirSync(join(folder, name));
      for (let i = 1; i <= 8; i++) cpSync(join(root, "setup/test/picture.png"), join(folder, name, `${i}.png`));
    }
    const hole = Uint8Array.from({ length: 64 * 64 }, (_, i) => (i % 64 < 20 ? 255 : 0));
    await writePng(join(folder, "hole.png"), fromBytes(hole, 64, 64, 1));
    return folder;
  };

  /** What a shell makes of damaged/*.png. */
  const expanded = (word, folder) => {
    const [, directory, ending] = /^(\w+\/)\*(\.\w+)$/.exec(word) ?? [];
    if (directory === undefined) return [word];
    const names = readdirSync(join(folder, directory)).filter((name) => name.endsWith(ending));
    return names.map((name) => directory + name);
  };

  it.each(blocks.filter(({ how }) => how !== "parse"))("$page, block $number", async ({ page, how, commands }) => {
    const folder = await folderOf(page);
    for (const command of commands) {
      const asked = ofKintsugi(command);
      expect(asked, `${command.join(" ")}: only kintsugi's own commands are run`).toBeDefined();
      const soon = how === "short" ? (SHORT[asked[0]] ?? []) : [];
      const program = join(root, "apps/cli/bin/kintsugi.js");
      await run(process.execPath, [program, ...asked.flatMap((word) => expanded(word, folder)), ...soon], {
        cwd: folder,
      });
    }
  });
});
