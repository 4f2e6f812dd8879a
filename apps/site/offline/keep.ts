/** Builds the service worker and tells it which files to keep: all of the site but what is large and not wanted by everyone. */
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Plugin } from "vite";

const WORKER = fileURLToPath(new URL("worker.ts", import.meta.url));
const FILE = "sw.js";
/** Bytes of a file that is kept before somebody asks for it. What is larger: a model, and the processor's WebAssembly. */
const MOST = 2 ** 21;

/** @param publicDir the folder whose files are copied as they are */
export function keepOffline(publicDir: string): Plugin {
  return {
    name: "keep-offline",
    apply: "build",
    buildStart() {
      this.emitFile({ type: "chunk", id: WORKER, fileName: FILE });
    },
    transformIndexHtml: {
      order: "pre",
      handler: () => [{ tag: "script", attrs: { type: "module", src: "./offline/register.ts" }, injectTo: "head" }],
    },
    generateBundle: {
      order: "post",
      handler(_, bundle) {
        const copied = readdirSync(publicDir, { recursive: true, withFileTypes: true })
          .filter((entry) => entry.isFile())
          .map(({ parentPath, name }) => `${parentPath}/${name}`)
          .map((path) => [path.slice(publicDir.length + 1).replaceAll("\\", "/"), readFileSync(path)] as const);
        const built = Object.values(bundle)
          .filter(({ fileName }) => fileName !== FILE)
          .map((file) => [file.fileName, Buffer.from(file.type === "chunk" ? file.code : file.source)] as const);
        const kept = [...built, ...copied]
          .filter(([, content]) => content.length < MOST)
          .sort(([a], [b]) => (a < b ? -1 : 1));
        const hash = createHash("sha256");
        for (const [name, content] of kept) hash.update(`${name}\n${content.length}\n`).update(content);
        const version = hash.digest("hex").slice(0, 16);
        const worker = bundle[FILE];
        if (worker?.type !== "chunk") throw new Error(`${FILE} was not built`);
        worker.code = `const KEPT=${JSON.stringify({ version, files: kept.map(([name]) => name) })};${worker.code}`;
      },
    },
  };
}
