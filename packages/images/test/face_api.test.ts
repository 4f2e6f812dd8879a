/** Faces found by the optional dependency; skipped where it is not installed. */
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { expect, it } from "vitest";
import { faceApiProvider, readPicture } from "../src/node.js";

const photograph = () => {
  try {
    const root = dirname(createRequire(import.meta.url).resolve("@vladmandic/face-api/package.json"));
    const path = join(root, "demo", "sample2.jpg");
    return existsSync(path) ? path : undefined;
  } catch {
    return undefined;
  }
};

it.skipIf(photograph() === undefined)(
  "finds 68 landmarks of a face in a photograph, in the order of iBUG",
  async () => {
    const picture = await readPicture(photograph()!);
    const provider = await faceApiProvider();
    const faces = await provider.find("", picture);
    expect(faces.length).toBeGreaterThan(0);
    const face = faces[0]!;
    expect(face).toHaveLength(68);
    for (const [x, y] of face) {
      expect(x > 0 && x < picture.width).toBe(true);
      expect(y > 0 && y < picture.height).toBe(true);
    }
    // Eyes from left to right, above the nose, above the lower lip.
    const [outerLeft, innerLeft, innerRight, outerRight, nose, lip] = [36, 39, 42, 45, 33, 57].map((i) => face[i]!);
    const xs = [outerLeft!, innerLeft!, innerRight!, outerRight!].map(([x]) => x);
    expect(xs).toEqual([...xs].sort((a, b) => a - b));
    expect(innerLeft![1]).toBeLessThan(nose![1]);
    expect(nose![1]).toBeLessThan(lip![1]);
    expect("window" in globalThis).toBe(false);
    // Nothing is as sure as that.
    expect(await (await faceApiProvider({ confidence: 0.999 })).find("", picture)).toEqual([]);
  },
  60_000,
);
