/** `kintsugi align` as a process: what it writes, keeps, skips, and that it can be taken up again. */
import { mkdir, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fromBytes } from "@kintsugi/images";
import { readImage, writePng } from "@kintsugi/images/node";
import { toyFace } from "@kintsugi/images/toy";
import { afterAll, beforeAll, expect, it } from "vitest";
import { kintsugi, lines, manyPictures, said, start, temporary } from "./command.js";

let at: Awaited<ReturnType<typeof temporary>>;
const path = (...names: string[]) => join(at.path, ...names);
const FIVE = [40, 50, 90, 50, 64, 70, 48, 95, 82, 95];

/** Three faces of 128×128, one of them nested, one broken file, and one that no list knows. */
beforeAll(async () => {
  at = await temporary();
  for (const [i, name] of ["1.png", "deep/er/2.png", "3.png", "unknown.png"].entries()) {
    await mkdir(dirname(path("raw", name)), { recursive: true });
    await writePng(path("raw", name), fromBytes(toyFace(1, i, 128), 128, 128, 3));
  }
  await writeFile(path("raw", "broken.png"), "no picture");
  const names = ["1.png", "2.png", "3.png", "broken.png"];
  const rows = names.map((name) => `${name}  ${FIVE.join(" ")}`);
  await writeFile(path("celeba.txt"), `4\nlefteye_x lefteye_y righteye_x righteye_y\n${rows.join("\n")}\n`);
});
afterAll(() => at.remove());

const align = (...more: string[]) =>
  kintsugi("align", "--data", path("raw"), "--landmarks", path("celeba.txt"), "--json", ...more);
const report = async (folder: string) => JSON.parse(await readFile(join(folder, "align.json"), "utf8"));

it("aligns nested folders, says what it skipped and why, and keeps what is there when called again", async () => {
  const out = path("aligned");
  const ended = await align("--out", out, "--size", "32");
  expect(ended.code, ended.stderr).toBe(0);
  expect(lines(ended)).toEqual([{ t: "align", path: out, total: 5, aligned: 3, kept: 0, skipped: 2 }]);
  expect(ended.stderr).toContain("skipped unknown.png: no landmarks in celeba.txt");
  expect(ended.stderr).toContain("3 images aligned, 0 kept from before, 2 skipped of 5");
  const written = (await readdir(out, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile());
  expect(written.map(({ name }) => name).sort()).toEqual(["1.png", "2.png", "3.png", "align.json"]);
  const { image, adjusted } = await readImage(join(out, "deep/er/2.png"), { size: 32, channels: 3 });
  expect(adjusted).toBeUndefined();
  expect(new Set(image.values).size).toBeGreaterThan(20);
  const first = await report(out);
  expect(first).toMatchObject({ size: 32, finished: true, total: 5, aligned: ["1.png", "3.png", "deep/er/2.png"] });
  expect(first.skipped.map(({ name }: { name: string }) => name)).toEqual(["broken.png", "unknown.png"]);
  expect(first.skipped[0].reason).toMatch(/not an image/);

  await rm(join(out, "3.png"));
  const { mtimeMs } = await stat(join(out, "1.png"));
  const again = await align("--out", out, "--size", "32");
  expect(lines(again)).toMatchObject([{ aligned: 1, kept: 2, skipped: 2 }]);
  expect((await stat(join(out, "1.png"))).mtimeMs).toBe(mtimeMs);
  expect(await report(out)).toMatchObject({ aligned: ["3.png"], kept: ["1.png", "deep/er/2.png"] });

  const other = await align("--out", out, "--size", "16");
  expect(other.code).toBe(2);
  expect(other.stderr).toContain("aligned with size 32, not 16");
});

it("stopped by Ctrl-C it says so, ends in 130, and goes on when called again", async () => {
  const names = await manyPictures(path("many"), 60);
  await writeFile(path("many.csv"), names.map((name) => [name, ...FIVE.map((at) => 6 * at)].join()).join("\n"));
  const args = ["--data", path("many"), "--landmarks", path("many.csv"), "--out", path("half"), "--size", "32"];
  const started = start("align", ...args);
  await said(started, "aligning");
  started.child.kill("SIGINT");
  expect((await started.ended).code).toBe(130);
  const before = await report(path("half"));
  expect(before).toMatchObject({ finished: false, total: 60 });
  expect(before.aligned.length).toBeGreaterThan(0);
  expect(before.aligned.length).toBeLessThan(60);
  const files = await readdir(path("half"));
  expect(files.sort()).toEqual([...before.aligned, "align.json"].sort());
  const ended = await kintsugi("align", ...args, "--json");
  expect(ended.code, ended.stderr).toBe(0);
  expect(lines(ended)).toMatchObject([{ total: 60, kept: before.aligned.length, aligned: 60 - before.aligned.length }]);
  expect(await report(path("half"))).toMatchObject({ finished: true });
});

it("puts faces where five points of one's own say", async () => {
  const out = path("own");
  const args = ["--out", out, "--size", "128", "--template"];
  const ended = await align(...args, FIVE.map((at) => at / 128).join());
  expect(ended.code, ended.stderr).toBe(0);
  // Where they are already nothing moves.
  const pixels = async (file: string) => (await readImage(file, { size: 128, channels: 3 })).image.values;
  expect(await pixels(join(out, "1.png"))).toEqual(await pixels(path("raw", "1.png")));
  const moved = await align(...args, FIVE.map((at) => at / 256).join());
  expect([moved.code, moved.stderr]).toMatchObject([2, expect.stringContaining("aligned with template 0.3125,0.39")]);
  const nine = await align(...args, FIVE.slice(1).join());
  expect(nine.code).toBe(2);
  expect(nine.stderr).toMatch(/Give innerEyesAndBottomLip, .*, or points: give ten shares of the side/);
});

it("takes --input and --output, as it once did, with a line for each", async () => {
  const from = ["--input", path("raw"), "--output", path("former"), "--size", "32"];
  const ended = await kintsugi("align", ...from, "--landmarks", path("celeba.txt"));
  expect(ended.code, ended.stderr).toBe(0);
  expect(ended.stderr).toContain("note: --input is now --data\nnote: --output is now --out\n");
  expect(await readdir(path("former"))).toContain("1.png");
});

it("writes nothing for a folder without images", async () => {
  await mkdir(path("bare"));
  const out = path("of-nothing");
  const ended = await kintsugi("align", "--data", path("bare"), "--landmarks", path("celeba.txt"), "--out", out);
  expect(ended.code).toBe(4);
  expect(ended.stderr).toContain("bare: no PNG, JPEG, WebP, GIF, TIFF, AVIF or BMP files here");
  expect(await readdir(at.path)).not.toContain("of-nothing");
});

it("explains folders, lists and templates that do not fit", async () => {
  await mkdir(path("full"));
  await writeFile(path("full", "letter.txt"), "mine");
  const full = await align("--out", path("full"));
  expect([full.code, full.stderr]).toMatchObject([2, expect.stringContaining("another --out")]);
  const affine = await align("--out", path("affine"), "--template", "outerEyesAndNose");
  expect(affine.code).toBe(4);
  expect(affine.stderr).toContain("it has five landmarks, and outerEyesAndNose takes 68");
  const sure = await align("--out", path("sure"), "--confidence", "0.9");
  expect([sure.code, sure.stderr]).toMatchObject([2, expect.stringContaining("--confidence is for --landmarks auto")]);
  const nowhere = await kintsugi("align", "--data", path("raw"), "--out", path("n"), "--landmarks", path("none.csv"));
  expect(nowhere.code).toBe(4);
  expect(nowhere.stderr).toContain("none.csv: no such file");
  await expect(stat(path("n"))).rejects.toThrow();
});
