/** The rooms of this checkout by their names, and the tests of each. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, sep } from "node:path";
import { root } from "./paths.mjs";

/**
 * Every room.
 * @returns {Map<string, string>} from a room's name, as in `kernels`, to its folder, as in `packages/kernels`
 */
export function rooms() {
  const members = ["packages", "apps"].flatMap((group) =>
    readdirSync(join(root, group)).map((name) => `${group}/${name}`),
  );
  return new Map([...members, "shaders", "benchmarks", "setup"].map((folder) => [folder.split("/").pop(), folder]));
}

/**
 * What vitest is to look for: a room's name stands for its tests, all else for itself.
 * @param {string[]} words as given to `npm test --`
 */
export function withRooms(words) {
  const known = rooms();
  return words.map((word) => (known.has(word) ? `${known.get(word)}/test/` : word));
}

/** What says that a test computes on a device, drives a browser, or starts programs, which is slow. */
const HEAVY =
  /\b(openNodeDevice|openGpu|openBackend|openNodeBackend|navigator\.gpu|chromium|playwright-core|node:child_process|demo\.mjs)\b/;

/**
 * The tests that need none of these, found by reading them and what they import from folders of tests.
 * @returns {string[]} paths from the root of the checkout, with `/`
 */
export function lightTests() {
  const tests = [...rooms().values()].flatMap((folder) => {
    const at = join(root, folder, "test");
    if (!existsSync(at)) return [];
    const names = readdirSync(at, { recursive: true, encoding: "utf8" });
    return names.filter((name) => /\.test\.m?[tj]s$/.test(name)).map((name) => join(at, name));
  });
  return tests
    .filter((test) => !isHeavy(test, new Set()))
    .map((test) => relative(root, test).split(sep).join("/"))
    .sort();
}

function isHeavy(file, seen) {
  if (seen.has(file)) return false;
  seen.add(file);
  const text = readFileSync(file, "utf8");
  if (HEAVY.test(text)) return true;
  const imported = [...text.matchAll(/from\s+"(\.[^"]+)"/g)].map(([, path]) => source(join(dirname(file), path)));
  // Sources may mention a device without needing one; what tests share may not.
  return imported.some((path) => path?.split(sep).includes("test") && isHeavy(path, seen));
}

/** The file behind an import: TypeScript is imported by the name that it will have. */
function source(path) {
  return [path, path.replace(/\.js$/, ".ts")].find((candidate) => existsSync(candidate));
}
