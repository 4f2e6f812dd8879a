/**
 * The packages of ONNX Runtime that we publish: for each platform what the CPU needs of `onnxruntime-node`, which ships every
 * platform (290 MB) and whose install script fetches GPU libraries from another host; and of `onnxruntime-web` (140 MB) the
 * one WebAssembly that runs in Node. They have no scripts. Plain CommonJS, because pnpm's hook asks for it.
 */
const { createRequire } = require("node:module");
const { dirname, join } = require("node:path");
const { readFileSync } = require("node:fs");

const requireHere = createRequire(join(__dirname, "../../packages/onnx/package.json"));

/** The library and the binding of each platform. DirectML and the shader compilers are for Windows' GPUs, and loaded late. */
const NATIVE = [
  { os: "darwin", cpu: "arm64", library: "libonnxruntime.1.dylib" },
  { os: "linux", cpu: "arm64", library: "libonnxruntime.so.1", libc: "glibc" },
  { os: "linux", cpu: "x64", library: "libonnxruntime.so.1", libc: "glibc" },
  { os: "win32", cpu: "arm64", library: "onnxruntime.dll" },
  { os: "win32", cpu: "x64", library: "onnxruntime.dll" },
];

/** What is published, and which files of which upstream package it holds. */
function packagesOf() {
  const native = NATIVE.map(({ os, cpu, libc, library }) => {
    const bin = `bin/napi-v6/${os}/${cpu}`;
    return {
      name: `@kintsugi/onnxruntime-${os}-${cpu}`,
      description: `ONNX Runtime for Node on ${os} ${cpu}: the CPU's part of onnxruntime-node`,
      upstream: "onnxruntime-node",
      platform: { os: [os], cpu: [cpu], ...(libc && { libc: [libc] }) },
      entry: { main: "dist/index.js" },
      files: [
        ...["index", "backend", "binding", "version"].map((stem) => `dist/${stem}.js`),
        `${bin}/${library}`,
        `${bin}/onnxruntime_binding.node`,
      ],
    };
  });
  const wasm = {
    name: "@kintsugi/onnxruntime-wasm",
    description: "ONNX Runtime for Node as WebAssembly: the CPU's part of onnxruntime-web",
    upstream: "onnxruntime-web",
    platform: {},
    entry: { type: "module", exports: { ".": "./dist/ort.node.min.mjs", "./package.json": "./package.json" } },
    files: ["dist/ort.node.min.mjs", "dist/ort-wasm-simd-threaded.mjs", "dist/ort-wasm-simd-threaded.wasm"],
  };
  return { native, wasm };
}

/** The folder of an upstream package in this checkout. */
function upstreamFolder({ upstream }) {
  let folder = dirname(requireHere.resolve(upstream));
  while (!isRootOf(folder, upstream)) folder = dirname(folder);
  return folder;
}

function isRootOf(folder, name) {
  try {
    return JSON.parse(readFileSync(join(folder, "package.json"), "utf8")).name === name;
  } catch {
    return false;
  }
}

/** Ours carry the version of what they hold. */
function versionOf(runtime) {
  return upstreamManifest(runtime).version;
}

function upstreamManifest(runtime) {
  return JSON.parse(readFileSync(join(upstreamFolder(runtime), "package.json"), "utf8"));
}

module.exports = { packagesOf, upstreamFolder, versionOf };
