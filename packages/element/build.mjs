/**
 * Bundles the element: dist/image-completer.js for pages without a build step and, beside it, image-completer.worker.js;
 * for visitors without WebGPU image-completer.cpu.js and .wasm, which nobody else loads. All are made from the sources of
 * this workspace; the shaders lose their comments. The modules of the package share these workers, so that it needs no other.
 */
import { readFileSync } from "node:fs";
import { copyFile, readFile, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { build, transform } from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const root = join(here, "../..");

const WASM = createRequire(import.meta.url).resolve("onnxruntime-web/ort-wasm-simd-threaded.wasm");

/**
 * Kernels that only training and the command line's other ways of completing run, and the variants by taps, which only an
 * adapter without a browser gains by and which the cores stand in for. The element holds nothing of them: a model that needs
 * one is completed on the processor.
 */
const TRAINING =
  /^(conv2d_grad_weight|batch_norm_(moments|merge|grad_)|adam|projected_momentum|(mov|runn)ing_average|pick_images|concat|sum_rows|cutout|saturate|translate|half|poisson|block_mean|minibatch|\w+_taps)/;

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
      const lines = Object.entries(shaders).map(
        ([name, shader]) => `export const ${name} = ${expression(isTraining(shader) ? {} : withoutOptions(shader))};`,
      );
      return { contents: [...constants(), ...lines].join("\n"), loader: "js" };
    });
    // What only other precisions or training need: without them the element keeps its promise.
    onLoad(
      { filter: /\/(halves|half|precision|self_test|(src|ops)\/augment|kernels\/src\/state)\.ts$/ },
      ({ path }) => ({
        contents: namesAlone(path),
        loader: "js",
      }),
    );
    // The element searches by L-BFGS, from one random z for each answer, and blends by the default way.
    onLoad(
      { filter: /\/(completion\/src\/(hmc|descent|encoder|starts)|scene\/src\/alpha_blend)\.ts$/ },
      ({ path }) => ({
        contents: namesAlone(path),
        loader: "js",
      }),
    );
    // Pages check a model by `model-hash` where they want to, and need no remedies for command lines.
    onLoad({ filter: /nn\/src\/checksum\.ts$/ }, () => ({
      contents: "export const checksumOf = undefined, isChecksumOf = () => true;",
    }));
    onLoad({ filter: /nn\/src\/foreign\.ts$/ }, () => ({ contents: "export const foreignKind = () => undefined;" }));
    onResolve({ filter: /\/open_cpu\.js$/ }, ({ resolveDir }) => ({ path: join(resolveDir, "open_cpu.built.ts") }));
    onLoad({ filter: /view\/styles\.ts$/ }, async ({ path }) => ({
      contents: await withShortStyle(path),
      loader: "ts",
    }));
    onLoad({ filter: /start_worker\.ts$/ }, async ({ path }) => ({ contents: await withWorker(path), loader: "ts" }));
  },
};

/** The module of the style, with the style minified: for esbuild it is text like any other. */
async function withShortStyle(path) {
  const [before, style, after] = (await readFile(path, "utf8")).split("`");
  const { code } = await transform(style, { loader: "css", minify: true, target: "es2022" });
  return `${before}${JSON.stringify(code)}${after}`;
}

/** The element does not train, and computes in float32: the names that a module would export that it never calls. */
function namesAlone(path) {
  const names = [...readFileSync(path, "utf8").matchAll(/^export (?:async )?(?:function|const|class) (\w+)/gm)];
  return names.map(([, name]) => `export const ${name} = undefined;`).join("\n");
}

/** Whether only training runs a kernel, be it one shader or several variants. */
function isTraining(shader) {
  return TRAINING.test((shader.code ? shader : Object.values(shader)[0]).name);
}

/**
 * Without the variants of a kernel for precisions that the element never asks for, and for adapters that run on the CPU with
 * eight lanes: no browser brings one. A few pictures never fill tiles of 128×128. The worker asks for the cores that are left.
 */
function withoutOptions(shader) {
  return Object.fromEntries(
    Object.entries(shader).filter(([variant]) => !/_f16$|^matrix_|^lanes_|^128x128$/.test(variant)),
  );
}

/** The module that starts the worker, with the name that the worker's file has once built. */
const withWorker = async (path) =>
  (await readFile(path, "utf8")).replaceAll("./worker.js", "./image-completer.worker.js");

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
    // What must be filled in is checked by type, before anything is bundled.
    const needed = Object.entries(value).filter(([key]) => key !== "required" && key !== "optional");
    const written = (key, at) => (key === "code" ? codeOf(at) : expression(at));
    const fields = needed.map(([key, at]) => `${JSON.stringify(key)}:${written(key, at)}`);
    return `{${fields.join()}}`;
  };
  return { expression, constants: () => [...names].map(([text, name]) => `const ${name} = ${JSON.stringify(text)};`) };
}

/**
 * WGSL without comments and without the space that nobody needs. It stays around -, / and >, which could become something else
 * together with what comes next: a - -b is not a--b.
 */
function bare(code) {
  return code
    .replace(/\/\/.*$/gm, "")
    .replace(/\/\*[\s\S]*?\*\//g, "")
    .replace(/^\s+|[ \t]+$/gm, "")
    .replace(/\n{2,}/g, "\n")
    .replace(/\s*([{}(),;:])\s*/g, "$1")
    .replace(/(?<!>) (==|=|\+=|\+|\*|&&|&|\|\||<) /g, "$1");
}

/** Says again, where minifying has lost it, that the import of an address is nothing for bundlers to follow. */
async function keepFromBundlers(path) {
  const code = await readFile(path, "utf8");
  const parts = code.split(/(?<=\bimport\()(?=\w+\))/);
  if (parts.length !== 2) throw new Error(`${path}: one import of an address was expected, found ${parts.length - 1}`);
  await writeFile(path, parts.join("/*webpackIgnore:true*//*@vite-ignore*/"));
}

/** Names in the manifest, instead of the sources that it was made from, the modules that are shipped. */
async function nameShipped(path) {
  const manifest = await readFile(path, "utf8");
  await writeFile(path, manifest.replace(/"\/?src\/(\w+)\.[jt]s"/g, '"dist/$1.js"'));
}

/** Writes the bundle into a folder. */
export async function bundle(outdir) {
  const options = {
    outdir,
    bundle: true,
    minify: true,
    format: "esm",
    target: "es2022",
    logLevel: "warning",
    plugins: [sources],
  };
  await build({
    ...options,
    entryPoints: {
      "image-completer": join(here, "src/define.ts"),
      "image-completer.worker": join(here, "src/worker.ts"),
    },
    legalComments: "none",
  });
  await keepFromBundlers(join(outdir, "image-completer.worker.js"));
  await build({
    ...options,
    entryPoints: { "image-completer.cpu": join(root, "packages/onnx/src/web.ts") },
    // Other people's code keeps their licences with it.
    legalComments: "eof",
  });
  await copyFile(WASM, join(outdir, "image-completer.cpu.wasm"));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  process.chdir(here);
  await bundle("dist");
  await nameShipped("dist/custom-elements.json");
  await writeFile("dist/start_worker.js", await withWorker("dist/start_worker.js"));
  // Bundled already; as modules they would ask for packages of this workspace.
  for (const path of ["dist/worker", "dist/worker.js", "dist/worker.d.ts"])
    await rm(path, { recursive: true, force: true });
}
