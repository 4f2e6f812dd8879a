import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { fromBytes, ImageError, toBytes } from "../src/index.js";
import { encodePng, listImages, loadFolder, readImage, writePng } from "../src/node.js";

let root: string;
const at = (name: string) => join(root, name);

/** A picture of one colour. */
const flat = (width: number, height: number, background: string) =>
  sharp({ create: { width, height, channels: 3, background } });

const put = async (name: string, bytes: Uint8Array | string) => {
  await mkdir(dirname(at(name)), { recursive: true });
  await writeFile(at(name), bytes);
};

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "kintsugi-images-"));
  const photo = await flat(30, 20, "#804020").jpeg().toBuffer();
  await put("faces/b/deep/z.JPG", photo);
  await put("faces/a.png", await flat(8, 8, "#ff0000").png().toBuffer());
  await put("faces/B.webp", await flat(16, 16, "#0000ff").webp({ lossless: true }).toBuffer());
  await put("faces/a/1.jpeg", await flat(8, 8, "#00ff00").jpeg({ quality: 100 }).toBuffer());
  await put("faces/a/10.png", await flat(30, 20, "#ffffff").png().toBuffer());
  await put("faces/cut.jpg", photo.subarray(0, photo.length - 40));
  await put("faces/notes.png", "not a picture");
  await put("faces/empty.webp", "");
  await put("faces/readme.txt", "not listed");
  await put("faces/._a.png", "hidden");
  await put("faces/.thumbnails/t.png", await flat(8, 8, "#000000").png().toBuffer());
  await put("spoiled/x.png", "not a picture");
  await put("bare/readme.txt", "nothing");
});

afterAll(() => rm(root, { recursive: true, force: true }));

describe("listImages", () => {
  it("finds nested files of any letter case, in code-unit order, and passes over hidden ones", async () => {
    const names = (await listImages(at("faces"))).map(({ name }) => name);
    expect(names).toEqual([
      "B.webp",
      "a.png",
      "a/1.jpeg",
      "a/10.png",
      "b/deep/z.JPG",
      "cut.jpg",
      "empty.webp",
      "notes.png",
    ]);
  });

  it("keeps the order of a list and opens the folders in it", async () => {
    const given = [at("faces/notes.png"), at("faces/a"), at("faces/a.png")];
    const paths = (await listImages(given)).map(({ path }) => path);
    expect(paths).toEqual(["faces/notes.png", "faces/a/1.jpeg", "faces/a/10.png", "faces/a.png"].map(at));
  });

  it("names a path that does not exist", async () => {
    await expect(listImages(at("nowhere"))).rejects.toThrow(/nowhere: no such file or folder; check the path/);
  });

  it("stops at a link that leads back up", async () => {
    await mkdir(at("loop"));
    await symlink(at("loop"), at("loop/again"));
    await expect(listImages(at("loop"))).rejects.toThrow(ImageError);
  });
});

describe("loadFolder", () => {
  it("loads what can be read, lists what cannot, and says what was changed", async () => {
    const progress: number[] = [];
    const skips: string[] = [];
    const folder = await loadFolder(at("faces"), {
      size: 8,
      channels: 3,
      onProgress: (done, total) => progress.push(done / total),
      onSkip: ({ name }) => skips.push(name),
    });
    expect(folder.names).toEqual(["B.webp", "a.png", "a/1.jpeg", "a/10.png", "b/deep/z.JPG"]);
    expect(folder.images).toHaveLength(5 * 8 * 8 * 3);
    const first = folder.names.map((_, i) => [...folder.images.subarray(i * 192, i * 192 + 3)]);
    expect(first.slice(0, 2)).toEqual([
      [0, 0, 255],
      [255, 0, 0],
    ]);
    expect(first[3]).toEqual([255, 255, 255]);
    expect(folder.skipped.map(({ name }) => name)).toEqual(["cut.jpg", "empty.webp", "notes.png"]);
    expect(folder.skipped[0]?.reason).toMatch(/damaged or cut short/);
    expect(folder.skipped[2]?.reason).toMatch(/give a PNG, JPEG, WebP, GIF, TIFF, AVIF or BMP/);
    expect(folder.adjusted).toEqual([
      { change: "30×20 → centre crop 20 → 8×8", count: 2 },
      { change: "16×16 → 8×8", count: 1 },
    ]);
    expect(progress).toHaveLength(8);
    expect(progress.at(-1)).toBe(1);
    expect(skips.sort()).toEqual(["cut.jpg", "empty.webp", "notes.png"]);
  });

  it("closes the gap of a file skipped in the middle", async () => {
    const files = ["a.png", "notes.png", "B.webp"].map((name) => at(`faces/${name}`));
    const { images } = await loadFolder(files, { size: 8, channels: 3 });
    expect([...images.subarray(192, 195)]).toEqual([0, 0, 255]);
    expect(images).toHaveLength(2 * 192);
  });

  it("stops at the limit, and reads grey", async () => {
    const { names, images } = await loadFolder(at("faces"), { size: 8, channels: 1, limit: 2 });
    expect(names).toEqual(["B.webp", "a.png"]);
    expect([images[0], images[64]]).toEqual([29, 76]);
  });

  it("explains a folder without images, and one with nothing readable", async () => {
    const options = { size: 8, channels: 3 } as const;
    await expect(loadFolder(at("bare"), options)).rejects.toThrow(
      /bare: no PNG, JPEG, WebP, GIF, TIFF, AVIF or BMP files here/,
    );
    await expect(loadFolder(at("spoiled"), options)).rejects.toThrow(/spoiled: x\.png: /);
    const alone = at("spoiled/x.png");
    await expect(loadFolder([alone], options)).rejects.toThrow(new RegExp(`^${alone}: not an image`));
  });
});

describe("writePng", () => {
  const picture = (channels: 1 | 3) =>
    fromBytes(
      Uint8Array.from({ length: 64 * channels }, (_, i) => (i * 37) % 256),
      8,
      8,
      channels,
    );

  it.each([1, 3] as const)("gives %i channel(s) back exactly", async (channels) => {
    const path = at(`out-${channels}.png`);
    await writePng(path, picture(channels));
    const { image, adjusted } = await readImage(path, { size: 8, channels });
    expect(adjusted).toBeUndefined();
    expect(toBytes(image)).toEqual(toBytes(picture(channels)));
    // The colour type of the header: grey or RGB, never RGBA.
    expect((await readFile(path))[25]).toBe(channels === 1 ? 0 : 2);
  });

  it("replaces a file, and leaves nothing behind when it cannot", async () => {
    await mkdir(at("written/taken.png"), { recursive: true });
    await writePng(at("written/a.png"), picture(1));
    await writePng(at("written/a.png"), picture(3));
    await expect(writePng(at("written/taken.png"), picture(1))).rejects.toThrow(
      /cannot write .*taken\.png: a folder has that name/,
    );
    expect((await readdir(at("written"))).sort()).toEqual(["a.png", "taken.png"]);
    expect(await readFile(at("written/a.png"))).toEqual(Buffer.from(encodePng(picture(3))));
  });

  it("asks for a missing folder by name", async () => {
    await expect(writePng(at("missing/a.png"), picture(1))).rejects.toThrow(/make the folder first/);
  });
});
