/**
 * Bundles the element for pages without a build step: dist/image-completer.js and, beside it, image-completer.worker.js.
 * Both are made from the sources of this workspace; the shaders lose their comments.
 */
import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const root = join(here, "../..");

/** What a page loads for the WebGPU path, both files, compressed: the promise this element makes. */
export const BUDGET = 60_000;

const sources = {
  name: "sources",
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^@kintsugi\// }, ({ path }) => {
      const [, name, entry = "index"] = path.split("/");
      const file = name === "shaders" ? "shaders/dist/index.js" : `packages/${name}/src/${entry}.ts`;
      return { path: join(root, file), sideEffects: false };
    });
    onLoad({ filter: /shaders\/dist\/index\.js$/ }, async ({ path }) => {
      const shaders = await import(`${pathToFileURL(path)}?${Date.now()}`);
      const { constants, expression } = shared();
      const lines = Object.entries(shaders).map(([name, shader]) => `export const ${name} = ${expression(shader)};`);
      return { contents: [...constants(), ...lines].join("\n"), loader: "js" };
    });
    onLoad({ filter: /start_worker\.ts$/ }, async ({ path }) => ({
      contents: (await readFile(path, "utf8")).replaceAll("./worker.js", "./image-completer.worker.js"),
      loader: "ts",
    }));
  },
};

/**
 * Writes shaders as JavaScript, each stretch of their text once: variants of a kernel differ in a few functions, and lie too far
 * apart for gzip to see it.
 */
function shared() {
  const names = new Map();
  const nameOf = (text) => {
    if (!names.has(text)) names.set(text, `text${names.size}`);
    return names.get(text);
  };
  const codeOf = (code) =>
    `/* @__PURE__ */[${code
      .split(/\n{2,}/)
      .map((part) => nameOf(bare(part)))
      .join()}].join("\\n")`;
  const expression = (value) => {
    if (typeof value !== "object" || value === null || Array.isArray(value)) return JSON.stringify(value);
    const fields = Object.entries(value).map(
      ([key, at]) => `${JSON.stringify(key)}:${key === "code" ? codeOf(at) : expression(at)}`,
    );
    return `{${fields.join()}}`;
  };
  return { expression, constants: () => [...names].map(([text, name]) => `const ${name} = ${JSON.stringify(text)};`) };
}

/** WGSL without comments and without indentation. */
function bare(code) {
  return code
    .replace(/\/\/.*$/gm, "")
    .replace(/\/\*[\s\S]*?\*\//g, "")
    .replace(/^\s+|[ \t]+$/gm, "")
    .replace(/\n{2,}/g, "\n");
}

/** Writes the bundle into a folder and tells its files' sizes, in bytes. */
export async function bundle(outdir) {
  const result = await build({
    entryPoints: {
      "image-completer": join(here, "src/define.ts"),
      "image-completer.worker": join(here, "src/worker.ts"),
    },
    outdir,
    bundle: true,
    minify: true,
    format: "esm",
    target: "es2022",
    legalComments: "none",
    logLevel: "warning",
    metafile: true,
    plugins: [sources],
  });
  return Promise.all(
    Object.keys(result.metafile.outputs).map(async (path) => {
      const bytes = await readFile(path);
      return { path, bytes: bytes.length, gzip: gzipSync(bytes, { level: 9 }).length };
    }),
  );
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  process.chdir(here);
  const files = await bundle("dist");
  const total = files.reduce((sum, { gzip }) => sum + gzip, 0);
  for (const { path, bytes, gzip } of files) console.log(`${path} ${bytes} bytes, ${gzip} gzip`);
  console.log(`together ${total} gzip of ${BUDGET}`);
  if (total > BUDGET) process.exitCode = 1;
}
