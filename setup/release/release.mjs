/**
 * What the release workflow runs: packs everything and publishes what the registry does not have yet, by trusted publishing,
 * which takes no token but the workflow's own identity, and leaves a provenance. `--dry-run` publishes nothing.
 */
import { join } from "node:path";
import { tools } from "../paths.mjs";
import { npmCommand } from "../pnpm.mjs";
import { output, runForeground, SetupError, say } from "../progress.mjs";
import { packAll } from "./pack.mjs";
import { refusal } from "./refuse.mjs";

/** The first npm that publishes by OpenID Connect. */
const NPM = [11, 5, 1];

/**
 * The verb `release`.
 * @param {string[]} args `--dry-run`
 * @param {NodeJS.ProcessEnv} environment for child processes
 * @returns {Promise<number>} the exit code
 */
export async function release(args, environment) {
  const dryRun = args.includes("--dry-run");
  const reason = refusal();
  if (reason !== undefined && !dryRun) throw new SetupError(reason);
  const npm = npmCommand(environment);
  const ask = (...words) => output(npm.command, [...npm.args, ...words], { env: environment, timeout: 60_000 });
  const version = await ask("--version");
  if (!dryRun && !reaches(version, NPM))
    throw new SetupError(`trusted publishing takes npm ${NPM.join(".")} or newer; this is ${version}`);

  for (const { path, manifest } of await packAll(join(tools, "packed"), environment)) {
    const name = `${manifest.name}@${manifest.version}`;
    if ((await ask("view", name, "version")) === manifest.version) {
      say(`${name} is published already`);
      continue;
    }
    if (dryRun) {
      say(`${name} would be published`);
      continue;
    }
    const code = await runForeground(npm.command, [...npm.args, "publish", path], { env: environment });
    if (code !== 0) return code;
  }
  if (dryRun && reason !== undefined) say(`a release would be refused: ${reason}`);
  return 0;
}

/** Whether a version is as new as another. */
function reaches(version, least) {
  const parts = (version ?? "0").split(".").map(Number);
  const at = least.findIndex((part, i) => parts[i] !== part);
  return at === -1 || parts[at] > least[at];
}
