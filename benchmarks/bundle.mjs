/** What tsc cannot do: the page as one file; and for Node, tfjs, whose gradients lie in modules only bundlers import. */
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

await build({
  entryPoints: ["src/web/page.ts"],
  outfile: "dist/web/page.js",
  allowOverwrite: true,
  bundle: true,
  platform: "browser",
  format: "esm",
  target: "es2022",
  logLevel: "warning",
});
