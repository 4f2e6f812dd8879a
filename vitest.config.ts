import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

const root = fileURLToPath(new URL(".", import.meta.url));

/** Tests run against the sources, so that only the generated shader module must be built first. */
export default defineConfig({
  resolve: {
    alias: [
      { find: /^@kintsugi\/(completer|trainer)$/, replacement: `${root}apps/$1/src/index.ts` },
      { find: /^@kintsugi\/(?!shaders|completer|trainer)([a-z-]+)$/, replacement: `${root}packages/$1/src/index.ts` },
      { find: /^@kintsugi\/(?!shaders)([a-z-]+)\/([a-z]+)$/, replacement: `${root}packages/$1/src/$2.ts` },
    ],
  },
  test: {
    include: [
      "{packages,apps}/*/test/**/*.test.ts",
      "{shaders,benchmarks}/test/**/*.test.ts",
      "setup/test/**/*.test.mjs",
    ],
    // One software adapter shares two cores with everything else: files in parallel only contend.
    fileParallelism: false,
    pool: "forks",
    // For what hangs. Drivers in software compile for minutes where others share the machine.
    testTimeout: 300_000,
    hookTimeout: 300_000,
  },
});
