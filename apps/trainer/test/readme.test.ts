/** Runs the README's commands, each with options that make it small. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { kintsugi, TINY, temporary } from "./command.js";

it("does what the README shows", async () => {
  const at = await temporary();
  const readme = await readFile(new URL("../README.md", import.meta.url), "utf8");
  const commands = [...readme.matchAll(/```sh[^\n]*\n([\s\S]*?)```/g)].flatMap(([, block]) =>
    block!.trim().split("\n"),
  );
  const small: Record<string, string[]> = {
    train: [...TINY, "--limit", "24", "--validation", "8", "--steps", "4", "--score-every", "2"],
    "train --resume": ["--steps", "6"],
    sample: ["--count", "4"],
    interpolate: ["--steps", "2"],
    sweep: ["--steps", "2"],
    arithmetic: [],
    neighbours: ["--limit", "24", "--validation", "8"],
    score: ["--limit", "24", "--validation", "8"],
    report: [],
    explain: ["--samples", "20"],
  };
  expect(commands).toHaveLength(11);
  for (const line of commands) {
    const [npx, name, verb, ...rest] = line
      .split(" ")
      .map((word) => word.replace(/^(runs\/|figures$|\w+\.(png|gif|html)$)/, join(at.path, "$1")));
    expect([npx, name]).toEqual(["npx", "kintsugi"]);
    const more = small[rest.includes("--resume") ? `${verb} --resume` : verb!]!;
    const ended = await kintsugi(verb!, ...rest, ...more);
    expect(ended.code, `${line}: ${ended.stderr}`).toBe(0);
  }
  await at.remove();
});
