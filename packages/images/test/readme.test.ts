import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { bytesToValues, grid, unstack } from "../src/index.js";
import { loadFolder, writePng } from "../src/node.js";
import { toyFaces } from "../src/toy.js";

it("does what the README shows", async () => {
  const dir = await mkdtemp(join(tmpdir(), "kintsugi-readme-"));
  try {
    const faces = toyFaces({ seed: 1, count: 64, size: 32 });
    const images = unstack(bytesToValues(faces), [64, 32, 32, 3]);
    await writePng(join(dir, "faces.png"), grid(images));

    const folder = await loadFolder(dir, { size: 256, channels: 3 });
    expect(folder.names).toEqual(["faces.png"]);
    expect(folder.adjusted).toEqual([]);
    expect(folder.images.subarray(0, 96)).toEqual(faces.subarray(0, 96));
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
});
