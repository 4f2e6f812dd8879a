/** Where the holes of real files are: mask files of all kinds, the images' own pixels, squares of large pictures. */
import { mkdir, readFile } from "node:fs/promises";
import sharp from "sharp";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { createRoom, filesIn, kintsugi, pixels, type Room } from "./room.js";

let room: Room;
let model: string;
let face: string;
let out: string;
let runs = 0;

beforeAll(async () => {
  room = await createRoom();
  model = await room.model("model.safetensors");
  face = await room.picture("face.png");
});
afterAll(() => room.remove());
beforeEach(() => {
  out = room.at(`out-${runs++}`);
});
const quick = (...rest: string[]) => ["--model", model, "--out", out, "--iterations", "2", "--starts", "4", ...rest];

/** Which pixels of a picture are other than in another. */
async function changed(a: string, b: string): Promise<Set<number>> {
  const [one, two] = await Promise.all([pixels(a), pixels(b)]);
  expect([two!.width, two!.height]).toEqual([one!.width, one!.height]);
  const at = new Set<number>();
  one!.bytes.forEach((byte, i) => {
    if (two!.bytes[i] !== byte) at.add(Math.floor(i / one!.channels));
  });
  return at;
}

/** A photograph of noise, so that every pixel tells where it is. */
async function photograph(name: string, width: number, height: number): Promise<string> {
  const bytes = Uint8Array.from({ length: width * height * 3 }, (_, i) => (Math.imul(i + 1, 2654435761) >>> 26) + 90);
  await sharp(bytes, { raw: { width, height, channels: 3 } }).toFile(room.at(name));
  return room.at(name);
}

describe("masks", () => {
  it.each(["pattern", "strokes", "right", "top", "bottom"])("%s", async (mask) => {
    const { code, err } = await kintsugi([...quick("--mask", mask, "--region-fraction", "0.4"), face]);
    expect({ code, err }).toMatchObject({ code: 0 });
    const shown = await changed(face, `${out}/masked.png`);
    expect(shown.size).toBeGreaterThan(80);
    for (const at of await changed(face, `${out}/face.completed.png`)) expect(shown.has(at)).toBe(true);
  });

  it("takes one file for each image by name, and black as missing", async () => {
    const other = await room.picture("second.jpg", 1);
    await mkdir(room.at("masks"));
    await room.mask("masks/FACE.png", 16, (row) => (row < 4 ? 0 : 255));
    await room.mask("masks/second.png", 16, (_, column) => (column < 4 ? 0 : 255));
    const { code } = await kintsugi([...quick("--mask", room.at("masks"), "--missing", "black"), face, other]);
    expect(code).toBe(0);
    const shown = await pixels(`${out}/masked.png`);
    const grey = (row: number, column: number) =>
      [0, 1, 2].every((c) => shown.bytes[(row * 32 + column) * 3 + c] === 128);
    expect([grey(4, 15), grey(5, 0), grey(15, 20), grey(0, 21)]).toEqual([true, false, true, false]);
    const lonely = await kintsugi([...quick("--mask", room.at("masks")), await room.picture("third.png")]);
    expect(lonely).toMatchObject({ code: 2, err: expect.stringContaining("add third.png") });
  });

  it("takes what is transparent, or of a colour, in the image itself", async () => {
    const { bytes } = await pixels(face);
    const hole = (p: number) => p % 16 < 5 && p >= 128;
    const clear = Uint8Array.from({ length: 16 * 16 * 4 }, (_, i) =>
      i % 4 === 3 ? (hole(i >> 2) ? 0 : 255) : bytes[(i >> 2) * 3 + (i % 4)]!,
    );
    await sharp(clear, { raw: { width: 16, height: 16, channels: 4 } }).toFile(room.at("clear.png"));
    const pink = bytes.map((byte, i) => (hole(Math.floor(i / 3)) ? [255, 0, 254][i % 3]! : byte));
    await sharp(pink, { raw: { width: 16, height: 16, channels: 3 } }).toFile(room.at("pink.png"));

    for (const [name, mask] of [
      ["clear", "alpha"],
      ["pink", "color:#ff00fe"],
    ] as const) {
      const { code } = await kintsugi([...quick("--mask", mask, "--grow", "0", "--overwrite"), room.at(`${name}.png`)]);
      expect(code).toBe(0);
      const at = await changed(face, `${out}/${name}.completed.png`);
      expect([...at].every(hole), name).toBe(true);
      expect(at.size, name).toBeGreaterThan(30);
    }
    const wrong = await kintsugi([...quick("--mask", "color:pink"), face]);
    expect(wrong).toMatchObject({ code: 2, err: expect.stringContaining("color:#ff00ff") });
  });
});

describe("--region", () => {
  it("changes nothing but the hole of a large picture, whatever its size and profile", async () => {
    const photo = await photograph("photo.png", 90, 70);
    const profiled = room.at("profiled.png");
    await sharp(photo).withIccProfile("p3").toFile(profiled);
    const { code, err } = await kintsugi([...quick("--mask", "center", "--region", "20,10,40,40"), profiled]);
    expect({ code, err }).toMatchObject({ code: 0 });
    const at = await changed(profiled, `${out}/profiled.completed.png`);
    const inHole = (p: number) => p % 90 >= 30 && p % 90 < 50 && Math.floor(p / 90) >= 20 && Math.floor(p / 90) < 40;
    expect([...at].every(inHole)).toBe(true);
    expect(at.size).toBeGreaterThan(300);
    const icc = await Promise.all([profiled, `${out}/profiled.completed.png`].map((f) => sharp(f).metadata()));
    expect(icc[1]!.icc).toEqual(icc[0]!.icc);
    // The grids show the square at the model's size.
    expect((await pixels(`${out}/before.png`)).width).toBe(16);
  });

  it("finds the hole, in an upright picture, and several pictures at once", async () => {
    const photo = await photograph("lying.png", 60, 48);
    const lying = room.at("lying.jpg");
    await sharp(photo).withMetadata({ orientation: 6 }).jpeg({ quality: 100 }).toFile(lying);
    // 48×60 once upright.
    await sharp(
      Uint8Array.from({ length: 48 * 60 }, (_, p) =>
        p % 48 >= 30 && p % 48 < 40 && p / 48 >= 5 && p / 48 < 12 ? 255 : 0,
      ),
      { raw: { width: 48, height: 60, channels: 1 } },
    ).toFile(room.at("hole.png"));
    const { code } = await kintsugi([...quick("--mask", room.at("hole.png"), "--region", "auto"), lying]);
    expect(code).toBe(0);
    await sharp(lying).autoOrient().png().toFile(room.at("upright.png"));
    const at = await changed(room.at("upright.png"), `${out}/lying.completed.png`);
    expect(at.size).toBeGreaterThan(50);
    expect([...at].every((p) => p % 48 >= 29 && p % 48 < 41 && p / 48 >= 4 && p / 48 < 13)).toBe(true);
  });

  it("makes transparent holes opaque", async () => {
    const bytes = Uint8Array.from({ length: 40 * 40 * 4 }, (_, i) => (i % 4 === 3 && i >> 2 > 1400 ? 0 : 200));
    await sharp(bytes, { raw: { width: 40, height: 40, channels: 4 } }).toFile(room.at("torn.png"));
    const { code } = await kintsugi([...quick("--mask", "alpha", "--region", "0,0,40,40"), room.at("torn.png")]);
    expect(code).toBe(0);
    const { channels, bytes: made } = await pixels(`${out}/torn.completed.png`);
    expect(channels).toBe(4);
    expect(made[4 * 1500 + 3]).toBe(255);
  });

  it("refuses what cannot be", async () => {
    const cases: [args: string[], says: string][] = [
      [["--mask", "center", "--region", "auto"], "Give the region as x,y,side,side"],
      [["--mask", "center", "--region", "1,2,3,4"], "give w and h alike"],
      [["--mask", "center", "--region", "1,2"], "x,y,w,h in whole pixels"],
      [["--mask", "center", "--region", "0,0,400,400"], "the region reaches beyond it"],
    ];
    for (const [args, says] of cases) {
      const { code, err } = await kintsugi([...quick(...args), face]);
      expect(code).not.toBe(0);
      expect(err).toContain(says);
    }
    await expect(filesIn(out)).rejects.toThrow("ENOENT");
  });
});

describe("the search", () => {
  it("writes several candidates, and says what it did", async () => {
    const args = ["--mask", "center", "--candidates", "3", "--importance", "7", "--contextual", "l2", "--json"];
    const { code, lines } = await kintsugi([...quick(...args), face]);
    expect(code).toBe(0);
    const files = await filesIn(out);
    expect(files.filter((file) => file.startsWith("face.completed"))).toEqual([
      "face.completed-2.png",
      "face.completed-3.png",
      "face.completed.png",
    ]);
    const summary = JSON.parse(await readFile(`${out}/summary.json`, "utf8"));
    expect(summary).toMatchObject({ images: 1, options: { contextual: "l2", candidates: 3 } });
    expect(summary.results[0]).toMatchObject({ image: "face", iterations: 2, missing: 0.25 });
    expect(lines.filter(({ t }) => t === "completed").length).toBe(1);
    const [gif, webp] = await Promise.all(
      ["gif", "webp"].map((kind) => sharp(`${out}/completion.${kind}`, { animated: true }).metadata()),
    );
    expect(gif!.pages).toBeGreaterThan(1);
    // This model hardly paints: its frames are so alike that WebP makes one of them.
    expect([webp!.format, webp!.width, webp!.pageHeight ?? webp!.height]).toEqual(["webp", 256, 256]);
    expect(await pixels(`${out}/sheet.png`)).toMatchObject({ width: 4 * 256, height: 256 });
  });

  it("samples by Hamiltonian Monte Carlo, and as the blog's program did", async () => {
    const args = [
      "--optimizer",
      "hmc",
      "--hmc-steps",
      "3",
      "--hmc-eps",
      "0.5",
      "--hmc-anneal",
      "0.9",
      "--blend",
      "none",
    ];
    const other = await room.picture("other.png", 4);
    const found: Buffer[] = [];
    for (const [i, original] of [[], ["--hmc-original"]].entries()) {
      const to = ["--out", `${out}-${i}`];
      const { code, err } = await kintsugi([...quick("--mask", "left", ...args, ...original, ...to), face, other]);
      expect({ code, err }).toMatchObject({ code: 0 });
      found.push(await readFile(`${out}-${i}/hats/0002.png`));
    }
    // So long a step meets the walls, where the two part.
    expect(found[0]).not.toEqual(found[1]);
  });

  it("refuses an even window", async () => {
    const { code, err } = await kintsugi([...quick("--mask", "left", "--importance", "6"), face]);
    expect({ code, err }).toMatchObject({ code: 2, err: expect.stringContaining("odd number of pixels") });
  });
});
