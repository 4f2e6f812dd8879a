/** Serves the page from the sources of the workspace, and builds it for any host and any path on it. */
import { fileURLToPath } from "node:url";
import { defineConfig, type Plugin } from "vite";

const root = fileURLToPath(new URL("../../..", import.meta.url));

/** Everything from the page's own host, nothing inline. Only in what is built: Vite's own page inlines its client's styles. */
const POLICY =
  "default-src 'none'; script-src 'self'; worker-src 'self'; style-src 'self'; img-src 'self' blob: data:; connect-src 'self'";

const policy: Plugin = {
  name: "content-security-policy",
  apply: "build",
  transformIndexHtml: () => [
    { tag: "meta", attrs: { "http-equiv": "Content-Security-Policy", content: POLICY }, injectTo: "head-prepend" },
  ],
};

/** The worker's name is that of the published file; here it is still TypeScript. */
const worker: Plugin = {
  name: "worker-source",
  enforce: "pre",
  transform: (code, id) => (id.endsWith("start_worker.ts") ? code.replaceAll("./worker.js", "./worker.ts") : undefined),
};

const alias = [
  { find: /^@kintsugi\/shaders$/, replacement: `${root}shaders/dist/index.js` },
  { find: /^@kintsugi\/([a-z]+)$/, replacement: `${root}packages/$1/src/index.ts` },
  { find: /^@kintsugi\/([a-z]+)\/([a-z]+)$/, replacement: `${root}packages/$1/src/$2.ts` },
];

export default defineConfig({
  root: fileURLToPath(new URL(".", import.meta.url)),
  base: "./",
  resolve: { alias },
  plugins: [policy, worker],
  worker: { format: "es" },
  // The one package from outside, known from the start: found out late, it would load the page twice.
  optimizeDeps: { include: ["@kintsugi/images > gifenc"], noDiscovery: true },
  build: { outDir: `${root}dist/site`, emptyOutDir: true, target: "es2022", assetsInlineLimit: 0 },
  server: { fs: { allow: [root] } },
});
