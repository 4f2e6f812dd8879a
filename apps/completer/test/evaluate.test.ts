/** The measures themselves, and `kintsugi evaluate` on real files. */
import { readFile } from "node:fs/promises";
import { compare, masks } from "@kintsugi/completion";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { evaluationMask, evenly } from "../src/evaluate.js";
import { createRoom, pixels, type Room, verb } from "./room.js";

describe("measures", () => {
  const size = 16;
  const mask = masks.center(size);
  const truth = Float32Array.from({ length: size * size * 3 }, (_, i) => Math.sin(i * i));

  it("say nothing of a perfect completion but that", () => {
    expect(compare(truth, truth, mask).whole).toEqual({ psnr: Number.POSITIVE_INFINITY, ssim: 1, l1: 0 });
  });

  it("know the error of a constant shift, in the hole alone and diluted", () => {
    // A tenth of white in the hole, a quarter of the picture.
    const dim = truth.map((value) => 0.5 * value);
    const shifted = dim.map((value, at) => (mask.pixels[Math.floor(at / 3)] === 0 ? value + 0.2 : value));
    const { hole, whole } = compare(shifted, dim, mask);
    expect(hole!.psnr).toBeCloseTo(20, 4);
    expect(hole!.l1).toBeCloseTo(25.5, 4);
    expect(whole.psnr).toBeCloseTo(20 + 10 * Math.log10(4), 4);
    expect(whole.ssim).toBeGreaterThan(hole!.ssim);
  });

  it("see structure where the mean error is the same", () => {
    const ramp = truth.map((_, i) => (i % 48) / 24 - 1);
    const lighter = ramp.map((value) => value * 0.8 + 0.1);
    const flat = ramp.map((value) => value * 0.2);
    expect(compare(lighter, ramp, mask).whole.ssim).toBeGreaterThan(0.9);
    expect(compare(flat, ramp, mask).whole.ssim).toBeLessThan(0.8);
  });

  it("count no hole where there is none", () => {
    expect(compare(truth, truth, masks.full(size)).hole).toBeUndefined();
  });
});

it("takes images evenly by name, first and last among them", () => {
  expect(evenly(4, 10)).toEqual([0, 3, 6, 9]);
  expect(evenly(1, 10)).toEqual([0]);
  expect(evenly(12, 3)).toEqual([0, 1, 2]);
});

it("knows masks by the share they take", () => {
  const share = (name: string) => masks.missing(evaluationMask(name, 64, 1)!(3)) / 4096;
  expect(share("random80")).toBeCloseTo(0.8, 1);
  expect(share("random")).toBeCloseTo(0.2, 1);
  expect(share("center")).toBe(0.25);
  expect(evaluationMask("lowres", 64, 1)).toBeUndefined();
});

describe("kintsugi evaluate", () => {
  let room: Room;
  let model: string;
  beforeAll(async () => {
    room = await createRoom();
    model = await room.model("model.safetensors");
    for (let i = 0; i < 5; i++) await room.picture(`faces/${i}.png`, i);
    for (let i = 5; i < 9; i++) await room.picture(`train/${i}.png`, i);
  });
  afterAll(() => room.remove());
  const quick = () => ["--model", model, "--data", room.at("faces"), "--iterations", "2", "--starts", "4"];

  it("prints a table of every way, and a sheet", async () => {
    const rest = [
      "--masks",
      "center,random80",
      "--count",
      "3",
      "--train",
      room.at("train"),
      "--sheet",
      room.at("s.png"),
      "--table",
      room.at("t.csv"),
    ];
    const { code, lines, err } = await verb("evaluate", [...quick(), ...rest, "--json"]);
    expect({ code, err }).toMatchObject({ code: 0 });
    const rows = lines.filter(({ t }) => t === "measure");
    const methods = [
      "mean colour",
      "harmonic",
      "biharmonic",
      "nearest",
      "nearest, blended",
      "search",
      "search, blended",
    ];
    expect(rows.map(({ mask, method }) => [mask, method])).toEqual(
      ["center", "random80"].flatMap((mask) => methods.map((method) => [mask, method])),
    );
    for (const { hole, whole, images } of rows as {
      images: number;
      hole: Record<string, number>;
      whole: Record<string, number>;
    }[]) {
      expect(images).toBe(3);
      expect(whole.psnr).toBeGreaterThan(hole.psnr!);
      expect(hole.ssim).toBeLessThanOrEqual(1);
      expect(hole.l1).toBeGreaterThan(0);
    }
    const sheet = await pixels(room.at("s.png"));
    expect([sheet.width, sheet.height]).toEqual([(2 + 3) * 256, 2 * 9 * 256]);
    const first = rows[0] as { hole: { psnr: number }; whole: { l1: number } };
    const [header, line, ...more] = (await readFile(room.at("t.csv"), "utf8")).trim().split("\n");
    expect(header).toBe("mask,method,images,hole_psnr,hole_ssim,hole_l1,whole_psnr,whole_ssim,whole_l1");
    expect(line!.split(",").slice(0, 4)).toEqual(["center", '"mean colour"', "3", String(first.hole.psnr)]);
    expect(line!.split(",").at(-1)).toBe(String(first.whole.l1));
    expect(more.length).toBe(13);
    const again = await verb("evaluate", [...quick(), "--masks", "left", "--table", room.at("t.csv")]);
    expect(again).toMatchObject({ code: 2, out: "", err: expect.stringContaining("give --overwrite") });

    const text = await verb("evaluate", [...quick(), "--masks", "left"]);
    expect(text.out.split("\n")[1]).toMatch(/^mask +method +PSNR +SSIM +L1/);
    expect(text.out).toMatch(/left +search, blended +\d+\.\d\d/);
  });

  it("names a mask that it does not have", async () => {
    const { code, err } = await verb("evaluate", [...quick(), "--masks", "center,middle"]);
    expect({ code, err }).toMatchObject({ code: 2, err: expect.stringContaining("there is no mask middle") });
  });
});
