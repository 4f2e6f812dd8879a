/**
 * What `npm test` and `npm run check` run once the checkout is set up: lint, types, tests, and one plain line of numbers at the
 * end.
 */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { programs, root } from "./paths.mjs";
import { runForeground } from "./progress.mjs";
import { lightTests, withRooms } from "./rooms.mjs";

const style = { name: "biome", args: [programs.biome, "check", "."] };
const types = { name: "types", args: [programs.tsc, "-p", "tsconfig.json", "--noEmit"] };
const packages = { name: "packages", args: [join(root, "setup/lint_packages.mjs")] };

/**
 * Runs the checks and every test. With arguments it runs only the tests they name, and no other check.
 * @param {string[]} args rooms, such as `kernels`, other filters and options for vitest
 * @param {NodeJS.ProcessEnv} environment for child processes
 * @returns {Promise<number>} 0 if all is well, else 1
 */
export function test(args, environment) {
  return checkAndTest(args.length === 0 ? [style, types, packages] : [], withRooms(args), environment);
}

/**
 * Lint, types, and the tests that need neither a device nor a browser and start no programs: what to run while one works.
 * @param {string[]} args options for vitest
 * @param {NodeJS.ProcessEnv} environment for child processes
 * @returns {Promise<number>} 0 if all is well, else 1
 */
export function check(args, environment) {
  // They share no adapter, so that two files at a time do not contend.
  const workers = ["--fileParallelism", "--maxWorkers=2"];
  return checkAndTest([style, types], [...workers, ...lightTests(), ...args], environment);
}

async function checkAndTest(checks, args, environment) {
  const failed = [];
  for (const one of checks) {
    const code = await runForeground(process.execPath, one.args, { env: environment });
    if (code === 130) return code;
    if (code !== 0) failed.push(one.name);
  }
  const folder = mkdtempSync(join(tmpdir(), "kintsugi-test-"));
  try {
    const report = join(folder, "report.json");
    const reporters = ["--reporter=default", "--reporter=json", `--outputFile.json=${report}`];
    const command = [programs.vitest, "run", ...reporters, ...args];
    const code = await runForeground(process.execPath, command, { env: environment });
    if (code !== 0) failed.push("tests");
    if (failed.length > 0) console.log(`failed: ${failed.join(", ")}`);
    console.log(summary(report));
    return failed.length > 0 ? 1 : 0;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function summary(report) {
  const { testResults } = readReport(report);
  const count = (status) =>
    testResults.flatMap((file) => file.assertionResults).filter((result) => status.includes(result.status)).length;
  // A file that fails before its first test has no failed test of its own.
  const brokenFiles = testResults.filter(
    (file) => file.status === "failed" && !file.assertionResults.some((result) => result.status === "failed"),
  ).length;
  const failed = count(["failed"]) + brokenFiles;
  return `${count(["passed"])} passed, ${failed} failed, ${count(["skipped", "pending", "todo", "disabled"])} skipped`;
}

function readReport(report) {
  try {
    return JSON.parse(readFileSync(report, "utf8"));
  } catch {
    return { testResults: [] }; // vitest ended before it wrote one; its exit code tells
  }
}
