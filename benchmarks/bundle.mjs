/** What tsc cannot do for Node: tfjs keeps its gradients in modules that only a bundler can import. */
import { build } from "esbuild";

await build({
  entryPoints: ["src/peers/tfjs.ts"],
  outfile: "dist/peers/tfjs.js",
  allowOverwrite: true,
  bundle: true,
  platform: "node",
  format: "esm",
  mainFields: ["module", "main"],
  external: ["webgpu", "@kintsugi/*", "node-fetch", "util"],
  banner: { js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);' },
  logLevel: "warning",
});
