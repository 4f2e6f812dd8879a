/**
 * What every published package.json says beside what the source says: whose it is, where it lives, how it is published. All of
 * it comes from identity.json, through pnpm's hook in .pnpmfile.cjs, so that nothing of it is written twice.
 */
const { readFileSync } = require("node:fs");
const { join, relative, sep } = require("node:path");
const { packagesOf, versionOf } = require("./runtime_packages.cjs");

const root = join(__dirname, "../..");

/** Whose the packages are. `repository` is the address of the repository, as in https://HOST/OWNER/NAME. */
function identity() {
  return JSON.parse(readFileSync(join(__dirname, "identity.json"), "utf8"));
}

/** The names of what identity.json still lacks. */
function missing() {
  const { owner, repository, homepage, author } = identity();
  return Object.entries({ owner, repository, homepage, author }).flatMap(([name, value]) =>
    value === "" ? [name] : [],
  );
}

/** What identity.json says of the package in a folder of the repository, without what is still empty. */
function published(directory) {
  const { repository, homepage, author, keywords } = identity();
  const address = repository && {
    repository: { type: "git", url: `git+${repository}.git`, directory },
    bugs: `${repository}/issues`,
  };
  return {
    ...(author && { author }),
    ...(homepage && { homepage }),
    ...address,
    keywords,
    publishConfig: { access: "public", provenance: true },
  };
}

/** pnpm's hook: the manifest that goes into the tarball. */
function beforePacking(manifest, dir) {
  const { scripts, devDependencies, ...kept } = manifest;
  const shipped = { ...kept, ...published(relative(root, dir).split(sep).join("/")) };
  if (shipped.name !== "@kintsugi/onnx") return shipped;
  // In the workspace ONNX Runtime comes from its own packages; for everybody else from ours, of one platform each.
  const { native, wasm } = packagesOf();
  return {
    ...shipped,
    dependencies: { ...shipped.dependencies, [wasm.name]: versionOf(wasm) },
    optionalDependencies: Object.fromEntries(native.map((runtime) => [runtime.name, versionOf(runtime)])),
  };
}

module.exports = { beforePacking, identity, missing, published };
