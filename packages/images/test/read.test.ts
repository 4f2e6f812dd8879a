import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ImageError, toBytes } from "../src/index.js";
import { loadFolder, readImage, readMask } from "../src/node.js";

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "kintsugi-read-"));
});
afterAll(() => rm(root, { recursive: true, force: true }));

const put = async (name: string, bytes: Uint8Array | string) => {
  const path = join(root, name);
  await writeFile(path, bytes);
  return path;
};

const raw = (bytes: ArrayLike<number>, width: number, height: number, channels: 1 | 2 | 3 | 4) =>
  sharp(Uint8Array.from(bytes), { raw: { width, height, channels } });

const noise = (length: number) => Uint8Array.from({ length }, (_, i) => (i * i * 31 + i * 7) >> 3);

describe("readImage", () => {
  it("keeps the bytes of a file that fits", async () => {
    const bytes = noise(16 * 16 * 3);
    for (const format of ["png", "webp"] as const) {
      const encoded = await raw(bytes, 16, 16, 3).toFormat(format, { lossless: true }).toBuffer();
      const { image, adjusted } = await readImage(await put(`exact.${format}`, encoded), { size: 16, channels: 3 });
      expect(adjusted).toBeUndefined();
      expect(toBytes(image)).toEqual(bytes);
    }
  });

  it.each([
    ["center", "12×8 → centre crop 8 → 4×4", [2, 10]],
    ["none", "12×8 → 4×4", [0, 12]],
    [4, "12×8 → centre crop 4", [4, 8]],
    [100, "12×8 → centre crop 8 → 4×4", [2, 10]],
  ] as const)("uses the part of the picture that crop %s says", async (crop, adjusted, [left, right]) => {
    // Each column has its own grey.
    const bytes = Uint8Array.from({ length: 96 }, (_, i) => 20 * (i % 12));
    const path = await put("wide.png", await raw(bytes, 12, 8, 1).toColourspace("b-w").png().toBuffer());
    const read = await readImage(path, { size: 4, channels: 1, crop });
    expect(read.adjusted).toBe(adjusted);
    const row = toBytes(read.image).subarray(0, 4);
    // The mean of what each of four columns covers, whatever the filter does at the edges.
    const step = (right - left) / 4;
    row.forEach((grey, i) => void expect(Math.abs(grey - 20 * (left + (i + 0.5) * step - 0.5))).toBeLessThan(12));
  });

  it("reads grey as colour and as grey", async () => {
    const bytes = noise(64);
    const path = await put("grey.png", await raw(bytes, 8, 8, 1).toColourspace("b-w").png().toBuffer());
    expect(toBytes((await readImage(path, { size: 8, channels: 1 })).image)).toEqual(bytes);
    const colour = toBytes((await readImage(path, { size: 8, channels: 3 })).image);
    expect([...colour.subarray(0, 6)]).toEqual([bytes[0], bytes[0], bytes[0], bytes[1], bytes[1], bytes[1]]);
  });

  it("reads 16 bits as 8", async () => {
    const levels = Uint16Array.from({ length: 16 }, (_, i) => i * 17 * 257);
    const deep = sharp(levels, { raw: { width: 4, height: 4, channels: 1 } }).toColourspace("grey16");
    const path = await put("deep.png", await deep.png().toBuffer());
    expect((await sharp(path).metadata()).depth).toBe("ushort");
    const { image } = await readImage(path, { size: 4, channels: 1 });
    expect([...toBytes(image)]).toEqual(Array.from({ length: 16 }, (_, i) => i * 17));
  });

  it("lays transparent pixels over mid-grey and says so", async () => {
    const bytes = Array.from({ length: 16 }, (_, i) => [255, 0, 0, i === 0 ? 0 : i === 1 ? 128 : 255]).flat();
    const path = await put("alpha.png", await raw(bytes, 4, 4, 4).png().toBuffer());
    const { image, adjusted } = await readImage(path, { size: 4, channels: 3 });
    expect(adjusted).toBe("4×4 → alpha over mid-grey");
    expect([...toBytes(image).subarray(0, 9)]).toEqual([128, 128, 128, 192, 64, 64, 255, 0, 0]);
  });

  it("says nothing of an alpha channel that hides nothing", async () => {
    const path = await put("opaque.png", await raw(new Uint8Array(64).fill(255), 4, 4, 4).png().toBuffer());
    expect((await readImage(path, { size: 4, channels: 3 })).adjusted).toBeUndefined();
  });

  it("turns a photo upright before it crops", async () => {
    // Left half red, right half blue; orientation 6 means: turn clockwise to view, so red is on top.
    const bytes = Array.from({ length: 32 * 16 }, (_, p) => (p % 32 < 16 ? [255, 0, 0] : [0, 0, 255])).flat();
    const encoded = await raw(bytes, 32, 16, 3).jpeg({ quality: 100 }).withMetadata({ orientation: 6 }).toBuffer();
    const { image, adjusted } = await readImage(await put("turned.jpg", encoded), { size: 16, channels: 3 });
    expect(adjusted).toBe("32×16 → turned upright 16×32 → centre crop 16");
    const [top, bottom] = [toBytes(image).subarray(0, 3), toBytes(image).subarray(-3)];
    expect(top[0]! > 200 && top[2]! < 60 && bottom[2]! > 200 && bottom[0]! < 60).toBe(true);
  });

  it("takes the central square and resizes it", async () => {
    // Wide picture: green in the middle square, red beside it.
    const bytes = Array.from({ length: 40 * 20 }, (_, p) => (p % 40 < 10 || p % 40 >= 30 ? [255, 0, 0] : [0, 255, 0]));
    const path = await put("wide.png", await raw(bytes.flat(), 40, 20, 3).png().toBuffer());
    const { image, adjusted } = await readImage(path, { size: 8, channels: 3 });
    expect(adjusted).toBe("40×20 → centre crop 20 → 8×8");
    expect(toBytes(image)).toEqual(Uint8Array.from(Array.from({ length: 64 }, () => [0, 255, 0]).flat()));
  });

  it("enlarges a small picture", async () => {
    const path = await put("small.png", await raw(new Uint8Array(12).fill(90), 2, 2, 3).png().toBuffer());
    const { image, adjusted } = await readImage(path, { size: 8, channels: 1 });
    expect(adjusted).toBe("2×2 → 8×8");
    expect(toBytes(image)).toEqual(new Uint8Array(64).fill(90));
  });

  it("names the file and the remedy when it cannot", async () => {
    const whole = await raw(noise(64 * 64 * 3), 64, 64, 3)
      .png()
      .toBuffer();
    const options = { size: 8, channels: 3 } as const;
    await expect(readImage(await put("half.png", whole.subarray(0, whole.length >> 1)), options)).rejects.toThrow(
      /half\.png: damaged or cut short; fetch or export it again$/,
    );
    await expect(readImage(await put("text.png", "hello"), options)).rejects.toThrow(
      /give a PNG, JPEG, WebP, GIF, TIFF, AVIF or BMP file$/,
    );
    await expect(readImage(join(root, "none.png"), options)).rejects.toThrow(
      /none\.png: no such file; check the path$/,
    );
    await expect(readImage(root, options)).rejects.toThrow(/is a folder/);
    await expect(readImage(join(root, "text.png"), { size: 0, channels: 3 })).rejects.toThrow(ImageError);
  });
});

describe("readMask", () => {
  it("keeps black and white when it resizes", async () => {
    const bytes = Array.from({ length: 300 * 200 }, (_, p) => ((p % 300) % 7 < 3 ? 255 : 0));
    const path = await put("mask.png", await raw(bytes, 300, 200, 1).png().toBuffer());
    const { grey, alpha, adjusted } = await readMask(path, 64);
    expect(new Set(grey)).toEqual(new Set([0, 255]));
    expect(alpha).toBeUndefined();
    expect(adjusted).toBe("300×200 → centre crop 200 → 64×64 nearest");
  });

  it("enlarges by repetition, and passes alpha on", async () => {
    const bytes = [255, 255, 255, 255, 0, 0, 0, 0, 9, 9, 9, 7, 255, 0, 0, 255];
    const { grey, alpha } = await readMask(await put("holes.png", await raw(bytes, 2, 2, 4).png().toBuffer()), 4);
    expect([...grey]).toEqual([255, 255, 0, 0, 255, 255, 0, 0, 9, 9, 76, 76, 9, 9, 76, 76]);
    expect([...alpha!]).toEqual([255, 255, 0, 0, 255, 255, 0, 0, 7, 7, 255, 255, 7, 7, 255, 255]);
  });

  it("takes the same square as readImage", async () => {
    const bytes = Array.from({ length: 24 * 16 }, (_, p) => (p * 5) % 256);
    const path = await put("same.png", await raw(bytes, 24, 16, 1).png().toBuffer());
    const { image } = await readImage(path, { size: 16, channels: 1 });
    expect((await readMask(path, 16)).grey).toEqual(toBytes(image));
  });

  it("names a file it cannot read", async () => {
    await expect(readMask(await put("bad.png", "x"), 8)).rejects.toThrow(/bad\.png: not an image/);
  });
});

// Portraits kept beside the checkout on some machines; too large for the repository.
const portraits = fileURLToPath(new URL("../../../../shared/data/artflow-64.tar", import.meta.url));

describe.skipIf(!existsSync(portraits))("real portraits", () => {
  const wanted = ["artflow-64/1000.jpg", "artflow-64/10002.jpg", "artflow-64/1000238.jpg"];

  beforeAll(() => execFileSync("tar", ["xf", portraits, "-C", root, ...wanted]));

  it("fit as they are", async () => {
    const folder = await loadFolder(join(root, "artflow-64"), { size: 64, channels: 3 });
    expect(folder).toMatchObject({ names: ["1000.jpg", "10002.jpg", "1000238.jpg"], skipped: [], adjusted: [] });
  });

  it("are pictures, not flat areas", async () => {
    const { images } = await loadFolder(join(root, "artflow-64"), { size: 32, channels: 1 });
    const spread = Math.max(...images) - Math.min(...images);
    expect(images).toHaveLength(3 * 32 * 32);
    expect(spread).toBeGreaterThan(128);
  });
});
