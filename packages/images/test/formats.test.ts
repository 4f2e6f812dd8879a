/** Which files are pictures: by their first bytes against one list, whatever their names. */
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { encode } from "bmp-ts";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  decodeInOrder,
  describeLeftOut,
  listImages,
  loadFolder,
  pictureSize,
  readImage,
  readPicture,
  surveyImages,
} from "../src/node.js";

const SIDE = 16;
let folder: string;
const at = (name: string) => join(folder, name);
/** Left half red, right half blue. */
const raw = Uint8Array.from({ length: SIDE * SIDE * 3 }, (_, i) => {
  const right = Math.floor(i / 3) % SIDE >= SIDE / 2;
  return i % 3 === (right ? 2 : 0) ? 200 : 10;
});
const picture = () => sharp(raw, { raw: { width: SIDE, height: SIDE, channels: 3 } });

/** A bitmap of 24 bits, rows from the bottom up, blue first. */
function bitmap(): Uint8Array {
  const abgr = Buffer.alloc(SIDE * SIDE * 4, 255);
  for (let p = 0; p < SIDE * SIDE; p++) for (let c = 0; c < 3; c++) abgr[4 * p + 3 - c] = raw[3 * p + c]!;
  return encode({ data: abgr, width: SIDE, height: SIDE, bitPP: 24 } as never).data;
}

const made: Readonly<Record<string, () => Promise<Uint8Array> | Uint8Array>> = {
  "0.png": () => picture().png().toBuffer(),
  "1.jpg": () => picture().jpeg({ quality: 100, chromaSubsampling: "4:4:4" }).toBuffer(),
  "2.jfif": () => picture().jpeg({ quality: 100, chromaSubsampling: "4:4:4" }).toBuffer(),
  "3.webp": () => picture().webp({ lossless: true }).toBuffer(),
  "4.gif": () => picture().gif().toBuffer(),
  "5.TIF": () => picture().tiff({ compression: "lzw" }).toBuffer(),
  "6.avif": () => picture().avif({ quality: 100 }).toBuffer(),
  "7.bmp": bitmap,
};

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "kintsugi-formats-"));
  await mkdir(at("all"));
  for (const [name, make] of Object.entries(made)) await writeFile(at(`all/${name}`), await make());
});
afterAll(() => rm(folder, { recursive: true }));

it.each(Object.keys(made))("reads %s, whatever it is called", async (name) => {
  const bytes = await made[name]!();
  await writeFile(at("disguised.png"), bytes);
  for (const from of [at(`all/${name}`), at("disguised.png"), bytes]) {
    const { width, height, bytes: pixels, alpha } = await readPicture(from);
    expect([width, height, alpha?.every((value) => value === 255) ?? true]).toEqual([SIDE, SIDE, true]);
    const furthest = pixels.reduce((most, value, i) => Math.max(most, Math.abs(value - raw[i]!)), 0);
    expect(furthest).toBeLessThanOrEqual(20);
    expect(await pictureSize(from)).toMatchObject({ width: SIDE, height: SIDE });
  }
});

it("lists every format by name, and the first picture of films", async () => {
  expect((await listImages(at("all"))).map(({ name }) => name)).toEqual(Object.keys(made));
  expect((await loadFolder(at("all"), { size: SIDE, channels: 3 })).skipped).toEqual([]);
  const twice = Buffer.concat([raw, new Uint8Array(raw.length)]);
  const film = { width: SIDE, height: 2 * SIDE, channels: 3, pageHeight: SIDE } as const;
  const first = await readPicture(await sharp(twice, { raw: film }).gif().toBuffer());
  expect([first.width, first.height, first.bytes[0]! > 150]).toEqual([SIDE, SIDE, true]);
});

describe("refuses, for what it is,", () => {
  const svg = '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><rect width="9" height="9"/></svg>';
  const ftyp = (brand: string) => `\0\0\0\x18ftyp${brand}\0\0\0\0mif1heic`;
  it.each([
    ["an SVG", svg, "is an SVG drawing, which is not read; export it as PNG"],
    ["an SVG behind a declaration", `<?xml version="1.0"?>\n<!-- x -->${svg}`, "is an SVG drawing"],
    ["a HEIC photograph", ftyp("heic"), "is a HEIC photograph, which is not read; export it as JPEG"],
    ["a PDF", "%PDF-1.7\n", "is a PDF, which is not read; export it as PNG"],
    ["a web page", "<!DOCTYPE html><html></html>", "is a web page, not a picture; download the picture"],
    ["an LFS pointer", "version https://git-lfs.github.com/spec/v1\n", "run `git lfs pull`"],
    ["nothing", "", "is empty"],
    ["a portable pixmap, which sharp would read", "P6 1 1 255\nabc", "not an image in a known format"],
    ["a bitmap of absurd size", `BM${"\0".repeat(12)}\x28\0\0\0${"\xff\xff\xff\x7f".repeat(2)}\0\0`, "million pixels"],
  ])("%s", async (_, text, reason) => {
    const bytes = Uint8Array.from(text, (sign) => sign.charCodeAt(0));
    await expect(readPicture(bytes)).rejects.toThrow(reason);
    await expect(readImage(bytes, { size: 8, channels: 3 })).rejects.toThrow(reason);
    await expect(pictureSize(bytes)).rejects.toThrow(reason);
  });

  it("what sharp is asked to load behind its back", async () => {
    await expect(sharp(Buffer.from(svg)).toBuffer()).rejects.toThrow();
    await expect(sharp(Buffer.from("P6 1 1 255\nabc")).toBuffer()).rejects.toThrow();
  });
});

describe("JPEG", () => {
  it("is read where only its extras are damaged, and refused where it is cut short", async () => {
    const whole = await picture()
      .withExif({ IFD0: { Copyright: "nobody" } })
      .jpeg()
      .toBuffer();
    const exif = Buffer.from(whole);
    exif.fill(0xff, exif.indexOf("Exif\0\0") + 14, exif.indexOf("Exif\0\0") + 24);
    // A byte between two segments, which libjpeg warns of.
    const stray = Buffer.concat([whole.subarray(0, 2), Buffer.from([0xff, 0xff, 0]), whole.subarray(2)]);
    for (const bytes of [exif, stray]) expect((await readPicture(bytes)).width).toBe(SIDE);
    const noise = Uint8Array.from({ length: 64 * 64 * 3 }, (_, i) => (i * 7919) % 251);
    const large = await sharp(noise, { raw: { width: 64, height: 64, channels: 3 } })
      .jpeg()
      .toBuffer();
    for (const share of [0.3, 0.6, 0.95]) {
      const cut = large.subarray(0, Math.floor(large.length * share));
      await expect(readPicture(cut)).rejects.toThrow("damaged or cut short; fetch or export it again");
    }
  });
});

it("gives no reason of another file's, however many are decoded at once", async () => {
  const noise = Uint8Array.from({ length: 64 * 64 * 3 }, (_, i) => (i * 7919) % 251);
  const large = sharp(noise, { raw: { width: 64, height: 64, channels: 3 } });
  const [png, jpeg] = [await large.clone().png().toBuffer(), await large.clone().jpeg().toBuffer()];
  await mkdir(at("damaged"));
  for (let i = 0; i < 24; i++) {
    const bytes = i % 2 === 0 ? png : jpeg;
    await writeFile(at(`damaged/${i}.${i % 2 === 0 ? "png" : "jpg"}`), bytes.subarray(0, bytes.length - 40 * (i + 2)));
  }
  const reasons = new Set<string>();
  for await (const read of decodeInOrder(await listImages(at("damaged")), { size: 64, channels: 3 }))
    reasons.add("reason" in read ? read.reason : "read");
  expect([...reasons]).toEqual(["damaged or cut short; fetch or export it again"]);
});

it("counts what is left out by reason, with the remedy", async () => {
  await mkdir(at("mixed/below"), { recursive: true });
  await writeFile(at("mixed/a.png"), await readFile(at("all/0.png")));
  for (const name of ["a.txt", "below/b.txt", "IMG_1.HEIC", "logo.svg", "README", ".hidden"])
    await writeFile(at(`mixed/${name}`), "x");
  await symlink("nowhere.png", at("mixed/dangling.png"));
  await symlink(at("all/1.jpg"), at("mixed/linked.jpg"));
  const { files, leftOut } = await surveyImages(at("mixed"));
  expect(files.map(({ name }) => name)).toEqual(["a.png", "linked.jpg"]);
  expect(describeLeftOut(leftOut)).toBe(
    "left out: 1 .heic file (export them as JPEG or PNG), 1 .svg file (export them as PNG), 2 .txt files, " +
      "1 file without an ending, 1 link that leads nowhere",
  );
  expect(describeLeftOut((await surveyImages(at("all"))).leftOut)).toBeUndefined();
});
