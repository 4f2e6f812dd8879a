/** Dependencies as the lockfile has them, and every package built. */
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { programs, root, tools } from "./paths.mjs";
import { runOrFail, step } from "./progress.mjs";

const stamp = join(tools, "installed");
const folders = ["packages", "apps"];

/** `pnpm install --frozen-lockfile`, unless nothing that decides its result changed since it last succeeded here. */
export async function installDependencies(pnpm, environment) {
  const wanted = fingerprint();
  if (isInstalled(wanted)) return;
  // CI=true: pnpm asks nothing and prints lines instead of a live display.
  const env = { ...environment, CI: "true" };
  const args = ["install", "--frozen-lockfile", "--reporter=append-only", "--config.confirm-modules-purge=false"];
  await step("installing the dependencies", () =>
    runOrFail("install", "pnpm could not install the dependencies", pnpm.command, [...pnpm.args, ...args], { env }),
  );
  mkdirSync(tools, { recursive: true });
  writeFileSync(stamp, wanted);
}

/** Builds whatever changed; turbo's cache makes an unchanged tree cost half a second. */
export async function buildPackages(environment) {
  const args = [programs.turbo, "run", "build", "--output-logs=errors-only", "--ui=stream"];
  await step("building the packages", () =>
    runOrFail("build", "the build failed", process.execPath, args, { env: environment }),
  );
}

function manifests() {
  const members = folders.flatMap((folder) =>
    readdirSync(join(root, folder), { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map((entry) => join(folder, entry.name)),
  );
  return ["", "shaders", "benchmarks", ...members]
    .map((member) => join(member, "package.json"))
    .filter((manifest) => existsSync(join(root, manifest)))
    .sort();
}

function fingerprint() {
  const hash = createHash("sha256").update(`${process.platform} ${process.arch} ${process.versions.modules}\n`);
  for (const file of ["pnpm-lock.yaml", "pnpm-workspace.yaml", ...manifests()]) {
    hash.update(`${file}\n`).update(readFileSync(join(root, file)));
  }
  return hash.digest("hex");
}

function isInstalled(wanted) {
  if (!existsSync(stamp) || readFileSync(stamp, "utf8") !== wanted) return false;
  return existsSync(join(root, "node_modules/.modules.yaml")) && manifests().every(hasItsDependencies);
}

/** A member whose `node_modules` somebody removed must not pass for installed. */
function hasItsDependencies(manifest) {
  const { dependencies = {}, devDependencies = {} } = JSON.parse(readFileSync(join(root, manifest), "utf8"));
  const modules = join(root, manifest, "../node_modules");
  return Object.keys({ ...dependencies, ...devDependencies }).every((name) => existsSync(join(modules, name)));
}
