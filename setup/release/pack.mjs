/**
 * Packs everything that is published, as it is published, and says what each tarball holds.
 *
 *     node setup/run.mjs pack [FOLDER]      default: .tools/packed
 */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { root, tools } from "../paths.mjs";
import { findPnpm, npmCommand } from "../pnpm.mjs";
import { output, SetupError } from "../progress.mjs";
import { stageRuntimes } from "./runtimes.mjs";
import { readTarball } from "./tarball.mjs";

/**
 * The verb `pack`.
 * @param {string[]} args the folder
 * @param {NodeJS.ProcessEnv} environment for child processes
 * @returns {Promise<number>} the exit code
 */
export async function packVerb([folder = join(tools, "packed")], environment) {
  const packed = await packAll(resolve(folder), environment);
  for (const { manifest, files } of packed) {
    console.log(`${manifest.name}@${manifest.version}: ${files.length} files, ${megabytes(files)} MB unpacked`);
    // Of a model's or a page's many files the folders tell enough.
    for (const [top, count] of countByFolder(files)) console.log(`    ${top}${count > 1 ? ` (${count} files)` : ""}`);
  }
  console.log(`${packed.length} packages in ${resolve(folder)}`);
  return 0;
}

const megabytes = (files) => (files.reduce((sum, { size }) => sum + size, 0) / 1e6).toFixed(1);

/** @typedef {{ path: string, manifest: object, files: { path: string, size: number }[] }} Packed */

/**
 * Packs every package into an empty folder.
 * @param {string} to created, and emptied of tarballs
 * @returns {Promise<Packed[]>} what each tarball holds
 */
export async function packAll(to, environment) {
  mkdirSync(to, { recursive: true });
  for (const name of readdirSync(to)) if (name.endsWith(".tgz")) rmSync(join(to, name));
  const pnpm = await findPnpm(environment);
  for (const folder of publicFolders()) await pack(pnpm, folder, to, environment);
  const staging = mkdtempSync(join(tmpdir(), "kintsugi-runtimes-"));
  try {
    const npm = npmCommand(environment);
    for (const folder of stageRuntimes(staging)) await pack(npm, folder, to, environment);
  } finally {
    rmSync(staging, { recursive: true, force: true });
  }
  const tarballs = readdirSync(to).filter((name) => name.endsWith(".tgz"));
  return tarballs.sort().map((name) => ({ path: join(to, name), ...readTarball(join(to, name)) }));
}

/** The folders of what is not private. */
export function publicFolders() {
  const groups = ["packages", "apps"].flatMap((group) =>
    readdirSync(join(root, group)).map((name) => join(group, name)),
  );
  return ["shaders", ...groups].map((folder) => join(root, folder)).filter((folder) => !manifestOf(folder)?.private);
}

/** The package.json of a folder. */
export function manifestOf(folder) {
  return JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
}

async function pack({ command, args }, cwd, to, env) {
  const packed = await output(command, [...args, "pack", "--pack-destination", to], { cwd, env, timeout: 300_000 });
  if (packed === undefined) throw new SetupError(`${cwd} could not be packed: run \`pnpm pack\` there to see why`);
}

function countByFolder(files) {
  const counts = new Map();
  for (const { path } of files) {
    const top = path.includes("/") ? `${path.split("/")[0]}/` : path;
    counts.set(top, (counts.get(top) ?? 0) + 1);
  }
  return counts;
}
