/**
 * From a bare clone to a built checkout with an adapter: pnpm, dependencies, build, driver.
 * Each step asks first whether it is already done, so that the second run costs a second.
 */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { ensureAdapter } from "./driver.mjs";
import { buildPackages, installDependencies } from "./packages.mjs";
import { tools } from "./paths.mjs";
import { findPnpm } from "./pnpm.mjs";
import { ensureTestPrograms } from "./test_programs.mjs";

/**
 * Sets the checkout up.
 * @param {{ build: boolean, skipDriver: boolean, testPrograms: boolean }} options `build`: build every package; `skipDriver`:
 * neither look for an adapter nor install a driver; `testPrograms`: install what some tests run
 * @returns {Promise<NodeJS.ProcessEnv>} the environment for every program of this checkout
 */
export async function prepare({ build, skipDriver, testPrograms }) {
  const environment = childEnvironment();
  const pnpm = await findPnpm(environment);
  environment.PATH = pnpm.path;
  await installDependencies(pnpm, environment);
  if (build) await buildPackages(environment);
  if (!skipDriver) await ensureAdapter(environment);
  if (testPrograms) await ensureTestPrograms(environment);
  return environment;
}

function childEnvironment() {
  const environment = { ...process.env };
  // Windows spells it Path, which a copied environment no longer finds as PATH.
  const path = Object.keys(environment).find((name) => name.toUpperCase() === "PATH");
  environment.PATH = path === undefined ? "" : environment[path];
  if (path !== undefined && path !== "PATH") delete environment[path];
  // `npm test --silent` must not silence the logs of the programs we run.
  delete environment.npm_config_loglevel;
  environment.TURBO_TELEMETRY_DISABLED = "1";
  environment.TURBO_NO_UPDATE_NOTIFIER = "1";
  environment.DO_NOT_TRACK = "1";
  if (process.platform === "linux" && !environment.XDG_RUNTIME_DIR) {
    // Mesa warns, and older ones fail, without a private runtime folder; containers have none.
    environment.XDG_RUNTIME_DIR = join(tools, "runtime");
    mkdirSync(tools, { recursive: true });
    mkdirSync(environment.XDG_RUNTIME_DIR, { recursive: true, mode: 0o700 });
  }
  return environment;
}
