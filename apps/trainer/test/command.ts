/** Runs the real command in processes of its own, on a model so small that a step takes milliseconds. */
import { type ChildProcessByStdio, spawn } from "node:child_process";
import { once } from "node:events";
import { link, mkdir, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { fileURLToPath } from "node:url";
import { fromBytes } from "@kintsugi/images";
import { writePng } from "@kintsugi/images/node";
import { PURPOSE, readSafetensors, words } from "@kintsugi/nn";

const SCRIPT = fileURLToPath(new URL("fixtures/kintsugi.mjs", import.meta.url));

/** 16×16 pixels, four images a step. */
export const TINY = ["--size", "16", "--nz", "8", "--ngf", "4", "--ndf", "4", "--batch", "4"];
export const TOY = ["--data", "toy", "--limit", "12"];

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Started {
  readonly child: ChildProcessByStdio<null, Readable, Readable>;
  readonly ended: Promise<Ended>;
}

export function startScript(
  script: string,
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Started {
  const child = spawn(process.execPath, [script, ...args], {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, DEBUG: "", ...environment },
  });
  const text = { stdout: "", stderr: "" };
  for (const name of ["stdout", "stderr"] as const) {
    child[name].setEncoding("utf8").on("data", (chunk: string) => {
      text[name] += chunk;
    });
  }
  return { child, ended: once(child, "close").then(([code]) => ({ code: code as number | null, ...text })) };
}

export function start(...args: string[]): Started {
  return startScript(SCRIPT, args);
}

export function kintsugi(...args: string[]): Promise<Ended> {
  return start(...args).ended;
}

/** Trains to the end, or throws what the command said. */
export async function trained(...args: string[]): Promise<Ended> {
  const ended = await kintsugi("train", ...args);
  if (ended.code !== 0) throw new Error(`train ${args.join(" ")} ended with ${ended.code}: ${ended.stderr}`);
  return ended;
}

/** Resolves once the process has printed a line of this kind. */
export async function emitted({ child }: Started, kind: string): Promise<void> {
  let text = "";
  while (!text.includes(`{"t":"${kind}"`)) text += String((await once(child.stdout, "data"))[0]);
}

/** Resolves once the process has said these words on stderr. */
export async function said({ child }: Started, words: string): Promise<void> {
  let text = "";
  while (!text.includes(words)) text += String((await once(child.stderr, "data"))[0]);
}

/** A folder of pictures that take a moment each: one picture of 768×768 under many names. Returns these, in their order. */
export async function manyPictures(folder: string, count: number): Promise<string[]> {
  await mkdir(folder);
  const names = Array.from({ length: count }, (_, i) => `${100 + i}.png`);
  const [first, ...others] = names.map((name) => join(folder, name));
  const grain = words({ seed: 1, purpose: PURPOSE.samples, index: 0 }, 768 * 768 * 3);
  await writePng(first!, fromBytes(Uint8Array.from(grain), 768, 768, 3));
  for (const other of others) await link(first!, other);
  return names;
}

/** The lines of --json. */
export function lines({ stdout }: Ended): { readonly t: string; readonly [name: string]: unknown }[] {
  return stdout
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line));
}

/** A CSV file as one object a row. */
export async function rows(path: string): Promise<Record<string, string>[]> {
  const [header, ...body] = (await readFile(path, "utf8")).trimEnd().split("\n");
  const names = header!.split(",");
  return body.map((row) => Object.fromEntries(row.split(",").map((value, i) => [names[i]!, value])));
}

export async function metadataOf(path: string): Promise<Readonly<Record<string, string>>> {
  return readSafetensors(await readFile(path)).metadata;
}

/** Bytes of the files that must be the same where two runs are. */
export async function bytesOf(run: string): Promise<string[]> {
  const files = ["model.safetensors", "checkpoint.safetensors"].map((name) => readFile(join(run, name), "base64"));
  return Promise.all(files);
}

/** A folder for one test file, and how to remove it. */
export async function temporary(): Promise<{ readonly path: string; remove(): Promise<void> }> {
  const path = await mkdtemp(join(tmpdir(), "kintsugi-trainer-"));
  return { path, remove: () => rm(path, { recursive: true, force: true }) };
}
