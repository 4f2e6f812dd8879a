/** Makes the folders of the ONNX Runtime packages that we publish; runtime_packages.cjs says what is in them and why. */
import { cpSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { published } from "./manifest.cjs";
import { packagesOf, upstreamFolder, versionOf } from "./runtime_packages.cjs";

const licence = fileURLToPath(new URL("onnxruntime.LICENSE", import.meta.url));

/**
 * Writes one folder for each package.
 * @param {string} to an empty folder
 * @returns {string[]} the folders
 */
export function stageRuntimes(to) {
  const { native, wasm } = packagesOf();
  return [...native, wasm].map((runtime) => stage(runtime, join(to, runtime.name.replace("@kintsugi/", ""))));
}

function stage(runtime, folder) {
  const { name, description, platform, entry, files } = runtime;
  const version = versionOf(runtime);
  for (const file of files) {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    cpSync(join(upstreamFolder(runtime), file), join(folder, file), { dereference: true });
  }
  cpSync(licence, join(folder, "LICENSE"));
  writeFileSync(join(folder, "README.md"), readme(runtime, version));
  const manifest = {
    name,
    version,
    description,
    license: "MIT",
    ...entry,
    ...platform,
    files: ["bin", "dist"],
    dependencies: { "onnxruntime-common": version },
    ...published("setup/release"),
  };
  writeFileSync(join(folder, "package.json"), `${JSON.stringify(manifest, null, 2)}\n`);
  return folder;
}

function readme({ name, upstream, files }, version) {
  const list = files.map((file) => `- \`${file}\``).join("\n");
  return `# ${name}

These files of \`${upstream}\` ${version}, unchanged, and nothing else; no install script:

${list}

\`@kintsugi/onnx\` depends on it. If you do not build on that, take \`${upstream}\`.
`;
}
