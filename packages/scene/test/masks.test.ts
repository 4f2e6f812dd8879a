/** The grammar of masks, holes in pictures, and what a model may know of them. */
import { describe, expect, it } from "vitest";
import { checkProportions, grow, knownUnder, masks, painted, signed, squareMap } from "../src/index.js";

describe("the grammar", () => {
  const missing = (text: string, size = 64) => {
    const kind = masks.parse(text);
    if (kind?.by !== "rule") throw new Error(`${text} is no rule`);
    return masks.missing(kind.of(size, { seed: 3 }));
  };

  it("reads parameters, shares as numbers or per cent", () => {
    expect(missing("center")).toBe(1024);
    expect(missing("center:0.1")).toBe(51 * 51);
    expect(missing("center:10%")).toBe(51 * 51);
    expect(missing("pattern:0.5")).toBe(2048);
    expect(missing("random:80%") / 4096).toBeCloseTo(0.8, 1);
    expect(missing("left")).toBe(2048);
    expect(masks.parse("lowres:4")).toMatchObject({ by: "rule", block: 4 });
    expect(masks.parse("color:#ff8000:7")).toEqual({ by: "color", rgb: [255, 128, 0], tolerance: 7 });
    expect(masks.parse("alpha")).toEqual({ by: "alpha" });
  });

  it("leaves alone what may be a file", () => {
    for (const text of ["hole.png", "masks/", "centre", "C:\\hole.png", ""]) expect(masks.parse(text)).toBeUndefined();
  });

  it.each([
    ["center:0.6", "center:0.6: give a share from 0 to 0.5, as in center:0.3"],
    ["random:", "random:: give a share from 0 to 1"],
    ["left:3", "left takes no parameter"],
    ["lowres:0", "give the side of a block in whole pixels"],
    ["center:0.1:2", "write center[:BORDER]"],
    ["color:pink", "color:pink names no colour: write color:#ff00ff"],
    ["color:#ffffff:999", "a tolerance from 0 to 255"],
  ])("refuses %s, saying what to write", (text, says) => {
    expect(() => masks.parse(text)).toThrow(says);
  });
});

describe("a painted mask", () => {
  const grey = (width: number, height: number, bytes: readonly number[]) =>
    ({ width, height, channels: 1, bytes: Uint8Array.from(bytes) }) as const;

  it("is stretched over its picture; white or transparent is missing", () => {
    expect([...painted({ width: 4, height: 2 }, grey(2, 1, [127, 128]))]).toEqual([0, 0, 1, 1, 0, 0, 1, 1]);
    expect([...painted({ width: 2, height: 1 }, grey(2, 1, [127, 128]), "black")]).toEqual([1, 0]);
    const clear = { ...grey(2, 1, [0, 0]), alpha: Uint8Array.of(127, 128) };
    expect([...painted({ width: 2, height: 1 }, clear)]).toEqual([1, 0]);
  });

  it("of other proportions is refused, naming both sizes; a rounded one is taken", () => {
    const refused = () => painted({ width: 640, height: 900 }, grey(8, 8, Array(64).fill(0)));
    expect(refused).toThrow("the mask is 8×8 and the picture 640×900");
    expect(() => checkProportions({ width: 240, height: 320 }, { width: 320, height: 240 })).toThrow("240×320");
    expect(() => checkProportions({ width: 64, height: 90 }, { width: 640, height: 900 })).not.toThrow();
    expect(() => checkProportions({ width: 333, height: 250 }, { width: 1000, height: 750 })).not.toThrow();
    expect(() => checkProportions({ width: 1000, height: 750 }, { width: 333, height: 250 })).not.toThrow();
  });
});

it("finds colours to within a tolerance, as JPEG leaves them", () => {
  const picture = {
    width: 3,
    height: 1,
    channels: 3,
    bytes: Uint8Array.of(255, 0, 255, 230, 30, 240, 100, 0, 255),
  } as const;
  const of = (tolerance: number) => [...signed(picture, { by: "color", rgb: [255, 0, 255], tolerance })];
  expect([of(0), of(40), of(200)]).toEqual([
    [1, 0, 0],
    [1, 1, 0],
    [1, 1, 1],
  ]);
});

it("grows a hole by a disc", () => {
  const hole = Uint8Array.from({ length: 49 }, (_, p) => (p === 24 ? 1 : 0));
  const rows = (by: number) => {
    const grown = grow(hole, { width: 7, height: 7 }, by);
    return Array.from({ length: 7 }, (_, i) => grown.slice(7 * i, 7 * i + 7).join(""));
  };
  expect(rows(1)[3]).toBe("0011100");
  expect(rows(1)[2]).toBe("0001000");
  expect(rows(2)).toEqual(["0000000", "0001000", "0011100", "0111110", "0011100", "0001000", "0000000"]);
  expect(grow(hole, { width: 7, height: 7 }, 0)).toBe(hole);
});

describe("what a model may know", () => {
  const known = (missing: number[], side: number, size: number) => {
    const hole = Uint8Array.from({ length: side * side }, (_, p) => (missing.includes(p) ? 1 : 0));
    return [...knownUnder(hole, { width: side, height: side }, squareMap({ left: 0, top: 0, side }, size), size)];
  };

  it("is every pixel that no missing one touches", () => {
    expect(known([8 * 3 + 4], 8, 4).indexOf(0)).toBe(4 * 1 + 2);
    expect(known([8 * 3 + 4], 8, 4).reduce((sum, one) => sum + one)).toBe(15);
    // 8 pixels over 3: pixel 2 lies on both sides of the first edge.
    expect(known([2], 8, 3)).toEqual([0, 0, 1, 1, 1, 1, 1, 1, 1]);
    expect(known([5], 4, 4)).toEqual([1, 1, 1, 1, 1, 0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1]);
  });
});
