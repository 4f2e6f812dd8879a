/** What `npm run build`, `dev`, `build:site` and `format` run once the dependencies are there. */
import { join } from "node:path";
import { programs, root } from "./paths.mjs";
import { runForeground, SetupError } from "./progress.mjs";
import { rooms } from "./rooms.mjs";

const node = (environment, ...words) => runForeground(process.execPath, words, { env: environment });
const site = join(root, "apps/site/vite.config.ts");

/**
 * Builds everything, or the rooms that are named and what they stand on.
 * @param {string[]} names rooms, such as `shaders`
 * @param {NodeJS.ProcessEnv} environment for child processes
 * @returns {Promise<number>} the exit code
 */
export async function build(names, environment) {
  const known = rooms();
  const unknown = names.find((name) => !known.has(name));
  if (unknown !== undefined)
    throw new SetupError(`setup: there is no room "${unknown}"; they are ${[...known.keys()].sort().join(", ")}.`, 2);
  const filters = names.map((name) => `--filter=./${known.get(name)}`);
  const display = ["--output-logs=errors-only", "--ui=stream"];
  return node(environment, programs.turbo, "run", "build", ...display, ...filters);
}

/** Serves the site from the sources. */
export function dev(args, environment) {
  return node(environment, programs.vite, "--config", site, ...args);
}

/** Writes the site into dist/site. */
export function buildSite(args, environment) {
  return node(environment, programs.vite, "build", "--config", site, ...args);
}

/** Formats every file in place. */
export function format(args, environment) {
  return node(environment, programs.biome, "check", "--write", ...(args.length > 0 ? args : ["."]));
}
