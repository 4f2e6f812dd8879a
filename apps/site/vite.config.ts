/** Serves the site from the sources of the workspace, and builds it for any host and any path on it. */
import { basename } from "node:path";
import { fileURLToPath } from "node:url";
import { defineConfig, type Plugin } from "vite";
import { keepOffline } from "./offline/keep.js";
import { HEAD, navigation, PAGES } from "./pages.js";

const here = fileURLToPath(new URL(".", import.meta.url));
const root = fileURLToPath(new URL("../..", import.meta.url));
const publicDir = `${root}apps/completer/page/public`;

/**
 * Everything from the page's own host, nothing inline; WebAssembly, for visitors without WebGPU. Only in what is built: Vite's own page inlines its client's styles.
 */
const POLICY =
  "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; style-src 'self'; img-src 'self' blob: data:; connect-src 'self'";

const policy: Plugin = {
  name: "content-security-policy",
  apply: "build",
  transformIndexHtml: (_, { filename }) => {
    // The report of the benchmarks is a file that needs nothing else, its style included, and is shown in a frame.
    const style = filename.endsWith("benchmarks.html") ? "style-src 'self' 'unsafe-inline'" : "style-src 'self'";
    const content = POLICY.replace("style-src 'self'", style);
    return [{ tag: "meta", attrs: { "http-equiv": "Content-Security-Policy", content }, injectTo: "head-prepend" }];
  },
};

const frame: Plugin = {
  name: "frame",
  transformIndexHtml: {
    order: "pre",
    handler: (html, { filename }) =>
      html.replace("<!-- head -->", HEAD).replace("<!-- navigation -->", navigation(basename(filename))),
  },
};

/** The worker's name is that of the published file; here it is still TypeScript. */
const worker: Plugin = {
  name: "worker-source",
  enforce: "pre",
  transform: (code, id) => (id.endsWith("start_worker.ts") ? code.replaceAll("./worker.js", "./worker.ts") : undefined),
};

const alias = [
  { find: /^@kintsugi\/shaders$/, replacement: `${root}shaders/dist/index.js` },
  { find: /^@kintsugi\/([a-z-]+)$/, replacement: `${root}packages/$1/src/index.ts` },
  { find: /^@kintsugi\/([a-z-]+)\/([a-z]+)$/, replacement: `${root}packages/$1/src/$2.ts` },
];

/** The packages from outside, known from the start: found out late, they would load a page twice. */
const OUTSIDE = [
  ...["gifenc", "@dicebear/core", "@dicebear/toon-head"].map((name) => `@kintsugi/images > ${name}`),
  "@kintsugi/onnx > protobufjs/minimal.js",
];

export default defineConfig({
  root: here,
  base: "./",
  publicDir,
  resolve: { alias },
  plugins: [policy, frame, worker, keepOffline(publicDir)],
  worker: { format: "es" },
  optimizeDeps: { include: OUTSIDE, noDiscovery: true },
  build: {
    outDir: `${root}dist/site`,
    emptyOutDir: true,
    target: "es2022",
    assetsInlineLimit: 0,
    rolldownOptions: { input: PAGES.map(({ file }) => `${here}${file}`) },
  },
  server: { fs: { allow: [root] } },
});
