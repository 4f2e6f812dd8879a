/** What a page loads stays small. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { BUDGET, bundle } from "../build.mjs";

it("keeps its promise: element, worker and shaders within 60 kB", async () => {
  const folder = await mkdtemp(join(tmpdir(), "bundle-"));
  const files = await bundle(folder);
  expect(files).toHaveLength(2);
  expect(files.reduce((sum, { gzip }) => sum + gzip, 0)).toBeLessThan(BUDGET);
  await rm(folder, { recursive: true });
});
