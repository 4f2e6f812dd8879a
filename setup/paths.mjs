/** Where things lie in the checkout. `.tools/` is git-ignored and holds all that set-up itself keeps. */
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export const root = fileURLToPath(new URL("..", import.meta.url));
export const tools = join(root, ".tools");
export const logs = join(tools, "logs");

/** Programs of the root's dev dependencies that are JavaScript, so that they run without a shell on every system. */
export const programs = {
  turbo: join(root, "node_modules/turbo/bin/turbo"),
  biome: join(root, "node_modules/@biomejs/biome/bin/biome"),
  tsc: join(root, "node_modules/typescript/bin/tsc"),
  vite: join(root, "node_modules/vite/bin/vite.js"),
  vitest: join(root, "node_modules/vitest/vitest.mjs"),
};
