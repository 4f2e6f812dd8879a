/**
 * Looks at every package that npm could be given as a consumer would: exports that exist, types first, formats as declared
 * (publint, strict), types that are those of the code (are-the-types-wrong, for modules alone), and, where a package makes a
 * promise, the size of what a page loads (size-limit).
 */
import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join, posix, sep } from "node:path";
import { checkPackage, Package } from "@arethetypeswrong/core";
import { filterProblems } from "@arethetypeswrong/core/problems";
import { publint } from "publint";
import { formatMessage } from "publint/utils";
import { root } from "./paths.mjs";

const folders = ["packages", "apps"].flatMap((group) =>
  readdirSync(join(root, group)).map((name) => join(group, name)),
);
for (const folder of [...folders, "shaders"]) {
  const manifest = JSON.parse(readFileSync(join(root, folder, "package.json"), "utf8"));
  if (manifest.private) continue; // nobody installs it, and without `files` publint would walk its node_modules
  const { messages } = await publint({ pkgDir: join(root, folder), strict: true, pack: false });
  const found = messages.map((message) => formatMessage(message, manifest));
  if (manifest.exports) found.push(...(await wrongTypes(folder, manifest)));
  if (manifest["size-limit"]) found.push(...tooLarge(folder));
  for (const line of found) console.error(`${folder}/package.json: ${line}`);
  if (found.length > 0) process.exitCode = 1;
}

/** One line for each way in which an import from a module, in Node or through a bundler, finds other types than code. */
async function wrongTypes(folder, { name, version, files = [] }) {
  const paths = readdirSync(join(root, folder), { recursive: true })
    .map((path) => path.split(sep).join(posix.sep))
    .filter(
      (path) => path === "package.json" || (files.includes(path.split("/")[0]) && /\.(d\.ts|js|json)$/.test(path)),
    );
  const contents = paths.map((path) => [
    `/node_modules/${name}/${path}`,
    readFileSync(join(root, folder, path), "utf8"),
  ]);
  const analysis = await checkPackage(new Package(Object.fromEntries(contents), name, version));
  if (!analysis.types) return [`${name} has no types`];
  const lines = ["node16-esm", "bundler"].flatMap((resolutionKind) =>
    Object.keys(analysis.entrypoints).flatMap((entrypoint) =>
      filterProblems(analysis, { entrypoint, resolutionKind }).map(
        ({ kind }) => `${entrypoint}, ${resolutionKind}: ${kind}`,
      ),
    ),
  );
  return [...new Set(lines)];
}

/** One line for each promise of a size that is not kept. */
function tooLarge(folder) {
  const run = join(root, folder, "node_modules/size-limit/bin.js");
  try {
    execFileSync(process.execPath, [run, "--json"], { cwd: join(root, folder), encoding: "utf8" });
    return [];
  } catch (error) {
    if (!error.stdout) throw error;
    const over = JSON.parse(error.stdout).filter(({ passed }) => !passed);
    return over.map(({ name, size, sizeLimit }) => `${name}: ${size} bytes of ${sizeLimit}`);
  }
}
