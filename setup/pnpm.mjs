/** The pnpm that package.json pins: the one on PATH if it is that version, else one of our own in `.tools/`. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, delimiter, dirname, join } from "node:path";
import { root, tools } from "./paths.mjs";
import { output, runOrFail, step } from "./progress.mjs";

/**
 * Finds or fetches pnpm.
 * @returns {Promise<{ command: string, args: string[], path: string }>} how to call it, and a PATH on which it is found
 */
export async function findPnpm(environment) {
  const version = pinnedVersion();
  const own = ownPnpm(environment);
  if (ownVersion() === version) return own;
  if ((await versionOnPath(environment)) === version) {
    return { command: "pnpm", args: [], path: environment.PATH };
  }
  await step(`fetching pnpm ${version} into .tools/`, () => fetchPnpm(version, environment));
  return own;
}

function pinnedVersion() {
  const { packageManager } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  return packageManager.replace(/^pnpm@/, "").replace(/\+.*$/, "");
}

function ownPnpm(environment) {
  return {
    command: process.execPath,
    args: [join(tools, "node_modules/pnpm/bin/pnpm.cjs")],
    path: [join(tools, "node_modules/.bin"), environment.PATH].join(delimiter),
  };
}

function ownVersion() {
  const manifest = join(tools, "node_modules/pnpm/package.json");
  return existsSync(manifest) ? JSON.parse(readFileSync(manifest, "utf8")).version : undefined;
}

function versionOnPath(environment) {
  // Asked outside the checkout and off the network: inside it, corepack or another pnpm would first fetch the pinned one.
  const env = { ...environment, COREPACK_ENABLE_NETWORK: "0", COREPACK_ENABLE_DOWNLOAD_PROMPT: "0" };
  return output("pnpm", ["--version"], { env, cwd: tmpdir() });
}

async function fetchPnpm(version, environment) {
  mkdirSync(tools, { recursive: true });
  // Without a manifest of its own, npm would look for one further up and install into the checkout.
  writeFileSync(join(tools, "package.json"), '{ "private": true }\n');
  const { command, args: first } = npmCommand(environment);
  const options = ["--no-save", "--no-package-lock", "--ignore-scripts", "--no-audit", "--no-fund"];
  await runOrFail(
    "pnpm",
    `npm could not fetch pnpm ${version}: check npm's registry and network, or install pnpm ${version} yourself`,
    command,
    [...first, "install", "--prefix", tools, ...options, `pnpm@${version}`],
    { env: environment, cwd: tools },
  );
}

/**
 * How to call npm without a shell: the one that runs us, else the one on PATH, which on Windows lies beside Node.
 * @returns {{ command: string, args: string[] }}
 */
export function npmCommand(environment) {
  const npm = environment.npm_execpath;
  if (npm !== undefined && basename(npm) === "npm-cli.js") return { command: process.execPath, args: [npm] };
  if (process.platform !== "win32") return { command: "npm", args: [] };
  return { command: process.execPath, args: [join(dirname(process.execPath), "node_modules/npm/bin/npm-cli.js")] };
}
