import { describe, expect, it } from "vitest";
import { ImageError } from "../src/index.js";
import { TOY_CREDIT, toyFace, toyFaces } from "../src/toy.js";

const slices = (faces: Uint8Array, count: number): string[] => {
  const stride = faces.length / count;
  return Array.from({ length: count }, (_, i) =>
    Buffer.from(faces.subarray(i * stride, (i + 1) * stride)).toString("hex"),
  );
};

describe("toyFaces", () => {
  it("draws the same faces every time, and others for another seed", () => {
    const faces = toyFaces({ seed: 1, count: 8, size: 32 });
    expect(faces).toHaveLength(8 * 32 * 32 * 3);
    expect(toyFaces({ seed: 1, count: 8, size: 32 })).toEqual(faces);
    const others = slices(toyFaces({ seed: 2, count: 8, size: 32 }), 8);
    expect(slices(faces, 8).filter((face) => others.includes(face))).toEqual([]);
  });

  it("draws 200 faces no two of which are alike, even at 16 pixels", () => {
    expect(new Set(slices(toyFaces({ seed: 7, count: 200, size: 16 }), 200)).size).toBe(200);
  });

  it("continues the set from any start", () => {
    const stride = 16 * 16 * 3;
    const all = toyFaces({ seed: 3, count: 6, size: 16 });
    expect(toyFaces({ seed: 3, start: 4, count: 2, size: 16 })).toEqual(all.slice(4 * stride));
    expect(toyFace(3, 5, 16)).toEqual(all.slice(5 * stride));
  });

  it("tells large seeds apart", () => {
    expect(toyFace(2 ** 40 + 1, 0, 16)).not.toEqual(toyFace(1, 0, 16));
    expect(toyFace(-1, 0, 16)).not.toEqual(toyFace(2 ** 32 - 1, 0, 16));
  });

  it("has a face in the middle of every picture", () => {
    const size = 64;
    let skin = 0;
    for (let index = 0; index < 32; index++) {
      const face = toyFace(5, index, size);
      // Between eyes and mouth, in the middle: the nose is always there, and skin is redder than blue.
      const nose = 3 * (46 * size + 32);
      if (face[nose]! > face[nose + 2]!) skin++;
    }
    expect(skin).toBe(32);
  });

  it("covers light and dark, and many backgrounds", () => {
    const faces = toyFaces({ seed: 11, count: 100, size: 16 });
    const red = Array.from({ length: 100 }, (_, i) => faces[i * 768 + 3 * (11 * 16 + 8)]!);
    expect(Math.min(...red)).toBeLessThan(130);
    expect(Math.max(...red)).toBeGreaterThan(225);
  });

  it("refuses sizes, seeds and counts that make no picture", () => {
    for (const wrong of [{ size: 15 }, { size: 129 }, { size: 32.5 }, { seed: 0.5 }, { count: -1 }, { start: -1 }])
      expect(() => toyFaces({ seed: 1, count: 1, size: 16, ...wrong })).toThrow(ImageError);
    expect(toyFaces({ seed: 1, count: 0, size: 16 })).toHaveLength(0);
  });

  it("credits the artist", () => {
    expect(TOY_CREDIT).toContain("Johan Melin");
    expect(TOY_CREDIT).toContain("CC BY 4.0");
  });
});
