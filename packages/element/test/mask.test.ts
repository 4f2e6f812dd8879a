/** What painting does to cells, and what the model may know of them. */
import { masks } from "@kintsugi/completion";
import { describe, expect, it } from "vitest";
import { knownPixels, Mask } from "../src/mask.js";
import { squareAt } from "../src/picture.js";
import { fill } from "../src/strings.js";
import { Viewport } from "../src/view/viewport.js";

const rows = ({ side, cells }: Mask) =>
  Array.from({ length: side }, (_, row) => cells.slice(row * side, (row + 1) * side).join(""));

describe("a mask", () => {
  it("paints every cell whose centre a stroke covers", () => {
    const mask = new Mask(6);
    mask.stroke({ x: 1.5, y: 1.5 }, { x: 4.5, y: 1.5 }, 1, 1);
    expect(rows(mask)).toEqual(["011110", "111111", "011110", "000000", "000000", "000000"].map((row) => row));
    mask.stroke({ x: 3, y: 0 }, { x: 3, y: 6 }, 0.6, 0);
    expect(rows(mask)[1]).toBe("110011");
  });

  it("paints at its edges what lies inside", () => {
    const mask = new Mask(4);
    mask.stroke({ x: -3, y: -3 }, { x: 0, y: 0 }, 1.5, 1);
    expect(rows(mask)).toEqual(["1000", "0000", "0000", "0000"]);
  });

  it("undoes and redoes whole changes", () => {
    const mask = new Mask(2);
    expect(mask.undo()).toBe(false);
    mask.begin();
    mask.invert();
    mask.begin();
    mask.clear();
    expect([mask.undo(), rows(mask)]).toEqual([true, ["11", "11"]]);
    expect([mask.undo(), rows(mask), mask.canUndo]).toEqual([true, ["00", "00"], false]);
    expect([mask.redo(), mask.redo(), mask.redo()]).toEqual([true, true, false]);
    mask.undo();
    mask.begin();
    expect(mask.canRedo).toBe(false);
  });

  it("is no finer than 512 cells", () => {
    expect([new Mask(300).side, new Mask(4000).side]).toEqual([300, 512]);
  });

  it("reads mask files as the command line does", () => {
    const grey = [0, 127, 128, 255];
    const mask = new Mask(2);
    mask.load(grey.flatMap((value) => [value, value, value, 255]));
    const { pixels } = masks.fromPixels(2, Uint8Array.from(grey));
    expect([...mask.cells]).toEqual([...pixels].map((known) => 1 - known));
    mask.load([0, 0, 0, 127, 0, 0, 0, 128, 0, 0, 0, 0, 0, 0, 0, 255]);
    expect([...mask.cells]).toEqual([1, 0, 1, 0]);
  });
});

describe("what a model may know", () => {
  it("is every pixel that no painted cell touches", () => {
    const mask = new Mask(8);
    mask.cells[8 * 3 + 4] = 1;
    expect(knownPixels(mask, 4).indexOf(0)).toBe(4 * 1 + 2);
    expect(knownPixels(mask, 4).reduce((known, one) => known + one)).toBe(15);
    // 8 cells over 3 pixels: cell 2 lies on both sides of the first edge.
    const across = new Mask(8);
    across.cells[2] = 1;
    expect([...knownPixels(across, 3)]).toEqual([0, 0, 1, 1, 1, 1, 1, 1, 1]);
  });

  it("is larger than a cell where the model is finer", () => {
    const mask = new Mask(2);
    mask.cells[3] = 1;
    expect([...knownPixels(mask, 4)]).toEqual([1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 1, 1, 0, 0]);
  });
});

it("takes the largest square, where one wants it", () => {
  expect(squareAt(100, 60)).toEqual({ x: 20, y: 0, side: 60 });
  expect(squareAt(60, 100, 1)).toEqual({ x: 0, y: 40, side: 60 });
});

it("fills in words, and leaves alone what it has none for", () => {
  expect(fill("{a} of {b}", { a: 1 })).toBe("1 of {b}");
});

describe("the view", () => {
  it("zooms about a point, and never leaves the picture", () => {
    const view = new Viewport();
    view.zoom(2, { x: 1, y: 0 });
    expect(view).toMatchObject({ scale: 2, x: -1, y: 0 });
    view.pan(5, -5);
    expect(view).toMatchObject({ x: 0, y: -1 });
    view.zoom(0.1);
    expect(view).toMatchObject({ scale: 1, x: 0, y: 0 });
    view.zoom(4, { x: 0, y: 0 });
    view.reveal({ x: 0.5, y: 0.5 });
    expect(view).toMatchObject({ x: -1, y: -1 });
  });
});

it("can be imported where there is no page", async () => {
  const { ImageCompleter } = await import("../src/define.js");
  expect(ImageCompleter.observedAttributes).toContain("src");
});
