/** What `npm run bench`, `npm run bench:web` and `npm run tune` run once the checkout is set up. */
import { join } from "node:path";
import { root } from "./paths.mjs";
import { runForeground } from "./progress.mjs";

/**
 * The benchmarks on this machine.
 * @param {string[]} args groups and options, see `npm run bench -- --help`
 * @param {NodeJS.ProcessEnv} environment for child processes
 * @returns {Promise<number>} the exit code
 */
export function bench(args, environment) {
  return runForeground(process.execPath, [join(root, "benchmarks/dist/main.js"), ...args], { env: environment });
}

/** The table of the best cores for this machine. */
export function tune(args, environment) {
  return runForeground(process.execPath, [join(root, "benchmarks/dist/tune_main.js"), ...args], { env: environment });
}

/** The page with the same benchmarks, served on this machine. */
export function benchWeb(args, environment) {
  return runForeground(process.execPath, [join(root, "benchmarks/serve.mjs"), ...args], { env: environment });
}
