/** The verbs that look into a model, as processes, on a model that has hardly trained and the toy faces. */
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { readPicture } from "@kintsugi/images/node";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Ended, kintsugi, lines, TINY, TOY, temporary, trained } from "./command.js";

let at: Awaited<ReturnType<typeof temporary>>;
const path = (...names: string[]) => join(at.path, ...names);

beforeAll(async () => {
  at = await temporary();
  await trained(...TOY, "--out", path("run"), ...TINY, "--steps", "2", "--quiet");
});
afterAll(() => at.remove());

function explore(verb: string, ...args: string[]): Promise<Ended> {
  return kintsugi(verb, "--model", path("run", "model.safetensors"), "--device", "cpu", ...args);
}

async function done(verb: string, ...args: string[]): Promise<Ended> {
  const ended = await explore(verb, ...args);
  if (ended.code !== 0) throw new Error(`${verb} ${args.join(" ")} ended with ${ended.code}: ${ended.stderr}`);
  return ended;
}

/** The pixels of a cell of a sheet of 16×16 images, enlarged four times: cells of 64, gaps of 4, captions of 16. */
async function cell(file: string, row: number, column: number, captioned = row): Promise<Buffer> {
  const { width, bytes } = await readPicture(path(file));
  const [left, top] = [4 + 68 * column, 4 + 68 * row + 16 * captioned];
  const picked = Array.from({ length: 64 }, (_, y) => bytes.subarray(3 * ((top + y) * width + left)).subarray(0, 192));
  return Buffer.concat(picked);
}

async function frames(file: string): Promise<number> {
  const bytes = await readFile(path(file));
  expect(bytes.subarray(0, 6).toString("latin1")).toBe("GIF89a");
  // A graphic control extension stands before every frame.
  let count = 0;
  for (let i = bytes.indexOf("\x21\xf9\x04", 0, "latin1"); i >= 0; i = bytes.indexOf("\x21\xf9\x04", i + 1, "latin1"))
    count++;
  return count;
}

describe("pictures", () => {
  it("are of the images that sample's numbers name", async () => {
    await done("sample", "--numbers", "--count", "9", "--seed", "3", "--out", path("numbers.png"));
    const seed = ["--seed", "3"];
    const gif = ["--gif", path("way.gif")];
    const said = await done(
      "interpolate",
      ...seed,
      "--through",
      "0,4,8",
      "--steps",
      "5",
      "--spherical",
      "--out",
      path("way.png"),
      ...gif,
      "--json",
    );
    expect(lines(said)).toEqual([
      { t: "interpolate", path: path("way.png"), gif: path("way.gif"), through: [0, 4, 8], steps: 5, spherical: true },
    ]);
    // Sheet of 3×3: image 4 is in the middle. Slerp and batch size round elsewhere, by less than a level.
    const close = (one: Buffer, other: Buffer) =>
      expect(Math.max(...one.map((value, i) => Math.abs(value - other[i]!)))).toBeLessThanOrEqual(1);
    close(await cell("way.png", 0, 4), await cell("numbers.png", 1, 1));
    close(await cell("way.png", 1, 0), await cell("numbers.png", 1, 1));
    close(await cell("way.png", 1, 4), await cell("numbers.png", 2, 2));
    expect(await cell("way.png", 0, 2)).not.toEqual(await cell("way.png", 0, 4));
    // Nine images there, seven back.
    expect(await frames("way.gif")).toBe(16);

    await done("sweep", ...seed, "--coordinates", "0,7", "--of", "2", "--steps", "3", "--out", path("sweep.png"));
    const { width, height } = await readPicture(path("sweep.png"));
    expect([width, height]).toEqual([4 + 4 * 68, 4 + 2 * (68 + 16)]);
    expect(await cell("sweep.png", 0, 1)).not.toEqual(await cell("sweep.png", 0, 3));
    expect(await cell("sweep.png", 0, 1)).not.toEqual(await cell("sweep.png", 1, 1));

    // A − B + C with A = B is C, whatever A is.
    const operands = ["--a", "1,2", "--b", "1,2", "--c", "5"];
    await done("arithmetic", ...seed, ...operands, "--noise", "0", "--out", path("sum.png"));
    close(await cell("sum.png", 1, 7, 1), await cell("numbers.png", 1, 2));
    close(await cell("sum.png", 2, 8, 2), await cell("numbers.png", 1, 2));
    await done("arithmetic", ...seed, ...operands, "--overwrite", "--out", path("sum.png"));
    expect(await cell("sum.png", 2, 8, 2)).not.toEqual(await cell("sum.png", 1, 7, 1));
  });
});

describe("measures", () => {
  it("neighbours finds a training image that is a copy of a sample", async () => {
    await done("sample", "--count", "1", "--out", path("copy.png"));
    const folder = path("near");
    await kintsugi("explain", "--out", folder, "--samples", "50");
    await writeFile(join(folder, "zz.png"), await readFile(path("copy.png")));
    const said = await done(
      "neighbours",
      "--data",
      folder,
      "--of",
      "0,1",
      "--nearest",
      "2",
      "--out",
      path("n.png"),
      "--json",
    );
    const [first, second, summary] = lines(said);
    expect(first).toMatchObject({
      t: "neighbours",
      sample: 0,
      nearest: [{ name: "zz.png", index: 3, distance: 0 }, {}],
    });
    expect(second).toMatchObject({ sample: 1, nearest: [{ name: "zz.png" }, {}] });
    expect(summary).toMatchObject({ t: "summary", images: 4, samples: { ratio: expect.any(Number) } });
    const { width, height } = await readPicture(path("n.png"));
    expect([width, height]).toEqual([4 + 3 * 68, 4 + 2 * (68 + 16)]);
  });

  it("score measures against held-out images, and training images for comparison", async () => {
    const args = ["--data", "toy", "--limit", "24", "--validation", "8"];
    const [score] = lines(await done("score", ...args, "--json"));
    expect(score).toMatchObject({ t: "score", count: 8, levels: { 16: expect.any(Number) } });
    const { swd, swdTraining, dReal, dFake, dTraining } = score as Record<string, unknown> as Record<string, number>;
    expect(swd).toBeGreaterThan(swdTraining!);
    for (const d of [dReal, dFake, dTraining]) expect(d! > 0 && d! < 1).toBe(true);
    const text = (await done("score", ...args, "--quiet")).stdout;
    expect(text).toContain(`${swd!.toFixed(1)}   (16×16: `);
    expect(text).toContain(dFake!.toFixed(3));
  });
});

it("explain writes each figure as SVG and PNG", async () => {
  expect((await kintsugi("explain", "--out", path("figures"), "--kernel", "4", "--padding", "1")).code).toBe(0);
  const names = ["normal-1d", "normal-2d", "transposed-convolution"];
  expect((await readdir(path("figures"))).sort()).toEqual(names.flatMap((name) => [`${name}.png`, `${name}.svg`]));
  for (const name of names) {
    const svg = await readFile(path("figures", `${name}.svg`), "utf8");
    const [, width, height] = /width="(\d+)" height="(\d+)"/.exec(svg)!;
    const png = await readPicture(path("figures", `${name}.png`));
    expect([png.width, png.height]).toEqual([2 * Number(width), 2 * Number(height)]);
    expect(svg).not.toContain("NaN");
  }
  const arithmetic = await readFile(path("figures", "transposed-convolution.svg"), "utf8");
  expect(arithmetic).toContain("(4 − 1)·2 + 4 − 1 − 1 = 8");
});

describe("bad input", () => {
  it.each([
    ["interpolate", 2, ["--through", "3"], "--through 3 goes nowhere"],
    ["interpolate", 2, ["--gif", "way.png"], "ends in .gif"],
    ["sample", 2, ["--out", "grid.jpg"], "ends in .png"],
    ["sweep", 2, ["--coordinates", "8"], "z has 8 coordinates, 0 to 7"],
    ["arithmetic", 2, ["--a", "1", "--b", "2"], "--c"],
    ["neighbours", 4, ["--data", "/nowhere/at/all"], "/nowhere/at/all"],
    ["neighbours", 4, ["--data", "toy", "--limit", "2"], "2 images: too few for two neighbours"],
    ["score", 4, ["--data", "toy", "--limit", "1"], "too few images to compare with (1)"],
  ])("%s ends in %i for %j", async (verb, code, args, words) => {
    const out = verb === "score" || args.includes("--out") ? [] : ["--out", path("never.png")];
    const ended = await explore(verb, ...args, ...out);
    expect(ended).toMatchObject({ code, stdout: "" });
    expect(ended.stderr).toContain(words);
    expect(ended.stderr).not.toContain("    at ");
    expect(await readdir(at.path)).not.toContain("never.png");
  });

  it.each([
    [["--padding", "5"], "--padding 5,5 is not smaller than --kernel 5"],
    [["--input", "100"], "keep it within 64"],
  ])("explain ends in 2 for %j", async (args, words) => {
    const ended = await kintsugi("explain", "--out", path("nothing"), ...args);
    expect(ended).toMatchObject({ code: 2, stdout: "" });
    expect(ended.stderr).toContain(words);
  });

  it("nothing is written over, unless asked for", async () => {
    await writeFile(path("old.gif"), "old");
    const ended = await explore("interpolate", "--out", path("new.png"), "--gif", path("old.gif"));
    expect(ended.code).toBe(2);
    expect(ended.stderr).toContain("--overwrite");
    expect(await readFile(path("old.gif"), "utf8")).toBe("old");
    expect(await readdir(at.path)).not.toContain("new.png");
  });
});
