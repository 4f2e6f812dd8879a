/** Real damage: masks that do not fit, colours that JPEG has changed, pictures that keep their size, and folders of both. */
import { mkdir, readFile } from "node:fs/promises";
import sharp from "sharp";
import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { createRoom, filesIn, kintsugi, pixels, type Room } from "./room.js";

let room: Room;
let model: string;
let out: string;
let runs = 0;

beforeAll(async () => {
  room = await createRoom();
  model = await room.model("model.safetensors");
});
afterAll(() => room.remove());
beforeEach(() => {
  out = room.at(`out-${runs++}`);
});
const quick = (...rest: string[]) => [
  ...["--model", model, "--device", "cpu", "--out", out, "--iterations", "1", "--starts", "2", "--out-interval", "0"],
  ...rest,
];

/** A picture of slow waves with a square of another colour in it. */
async function waves(name: string, width: number, height: number, square?: { side: number; colour: number[] }) {
  const bytes = Uint8Array.from({ length: width * height * 3 }, (_, i) => {
    const [p, c] = [Math.floor(i / 3), i % 3];
    const [x, y] = [p % width, Math.floor(p / width)];
    const inside = square && x >= 10 && y >= 10 && x < 10 + square.side && y < 10 + square.side;
    return inside ? square.colour[c]! : 110 + 60 * Math.sin(x / 9 + c) * Math.cos(y / 13);
  });
  await sharp(bytes, { raw: { width, height, channels: 3 } })
    .jpeg({ quality: 75 })
    .toFile(room.at(name));
  return room.at(name);
}

const hole = async (name: string, width: number, height: number, inside: (x: number, y: number) => boolean) => {
  const bytes = Uint8Array.from({ length: width * height }, (_, p) =>
    inside(p % width, Math.floor(p / width)) ? 255 : 0,
  );
  await sharp(bytes, { raw: { width, height, channels: 1 } }).toFile(room.at(name));
  return room.at(name);
};

it("keeps the size of a picture, and every bit outside of the grown mask; --thumbnail gives the model's size", async () => {
  const photo = await waves("photo.jpg", 90, 120);
  const mask = await hole("small.png", 45, 60, (x, y) => x > 10 && x < 16 && y > 30 && y < 36);
  const { code, err } = await kintsugi([...quick("--mask", mask, "--grow", "2"), photo]);
  expect({ code, err }).toMatchObject({ code: 0 });
  const [before, after] = await Promise.all([pixels(photo), pixels(`${out}/photo.completed.png`)]);
  expect([after.width, after.height]).toEqual([90, 120]);
  let changed = 0;
  after.bytes.forEach((byte, i) => {
    const [x, y] = [Math.floor(i / 3) % 90, Math.floor(i / 270)];
    const near = x >= 22 - 2 && x < 32 + 2 && y >= 62 - 2 && y < 72 + 2;
    if (byte === before.bytes[i]) return;
    if (!near) throw new Error(`${x},${y} was changed`);
    changed++;
  });
  expect(changed).toBeGreaterThan(200);
  expect((await kintsugi([...quick("--mask", mask, "--thumbnail", "--out", `${out}-t`), photo])).code).toBe(0);
  expect((await pixels(`${out}-t/photo.completed.png`)).width).toBe(16);
});

it("refuses a mask of other proportions, naming both sizes, and takes one for a picture turned by EXIF", async () => {
  const photo = await waves("wide.jpg", 64, 48);
  const wrong = await kintsugi([...quick("--mask", await hole("high.png", 48, 64, (x) => x < 9)), photo]);
  expect(wrong).toMatchObject({ code: 2, err: expect.stringContaining("the mask is 48×64 and the picture 64×48") });
  await expect(filesIn(out)).rejects.toThrow("ENOENT");
  await sharp(photo).withMetadata({ orientation: 6 }).toFile(room.at("turned.jpg"));
  expect((await kintsugi([...quick("--mask", room.at("high.png")), room.at("turned.jpg")])).code).toBe(0);
});

it("finds a colour that JPEG has changed, and says how many pixels matched", async () => {
  const photo = await waves("magenta.jpg", 64, 64, { side: 24, colour: [255, 0, 255] });
  const { code, err } = await kintsugi([...quick("--mask", "color:#ff00ff"), photo]);
  expect(code).toBe(0);
  const matched = Number(/(\d+) pixels of that colour/.exec(err)?.[1]);
  expect(matched).toBeGreaterThan(500);
  expect(matched).toBeLessThan(660);
  const exact = await kintsugi([...quick("--mask", "color:#ff00ff:0", "--grow", "0", "--out", `${out}-b`), photo]);
  expect(exact.err).toContain("look like the damage: give --grow");
});

it("gives images of one name in two folders their own masks, and refuses what is ambiguous", async () => {
  for (const folder of ["img/sub", "msk/sub", "flat"]) await mkdir(room.at(folder), { recursive: true });
  const [first, second] = [await waves("img/a.jpg", 16, 16), await waves("img/sub/a.jpg", 16, 16)];
  await hole("msk/a.png", 16, 16, (x) => x < 5);
  await hole("msk/sub/a.png", 16, 16, (_, y) => y < 5);
  expect((await kintsugi([...quick("--mask", room.at("msk"), "--grow", "0"), room.at("img")])).code).toBe(0);
  const shown = await pixels(`${out}/masked.png`);
  const grey = (x: number, y: number) =>
    shown.bytes[3 * (32 * y + x)] === 128 && shown.bytes[3 * (32 * y + x) + 1] === 128;
  expect([grey(2, 12), grey(12, 2), grey(18, 12), grey(28, 2)]).toEqual([true, false, false, true]);

  await hole("flat/a.png", 16, 16, (x) => x < 5);
  const both = await kintsugi([...quick("--mask", room.at("flat"), "--out", `${out}-b`), first, second]);
  expect(both).toMatchObject({ code: 2, err: expect.stringContaining("would both get") });
  await sharp(room.at("flat/a.png")).toFile(room.at("flat/a.webp"));
  await sharp(room.at("flat/a.png")).toFile(room.at("flat/b.png"));
  const two = await kintsugi([...quick("--mask", room.at("flat"), "--out", `${out}-c`), first]);
  expect(two).toMatchObject({ code: 2, err: expect.stringMatching(/has 2 masks, .*a\.png and .*a\.webp/) });
  const own = await kintsugi([...quick("--mask", room.at("img"), "--out", `${out}-d`), first]);
  expect(own).toMatchObject({ code: 2, err: expect.stringContaining("would be its own mask") });
});

it("writes nothing among its inputs", async () => {
  await mkdir(room.at("mine"));
  const before = await room.picture("mine/before.png");
  const bytes = await readFile(before);
  const refused = await kintsugi([...quick("--mask", "center", "--overwrite"), "--out", room.at("mine"), before]);
  expect(refused).toMatchObject({ code: 2, err: expect.stringContaining("is an input, and lies in") });
  expect(await filesIn(room.at("mine"))).toEqual(["before.png"]);
  expect(await readFile(before)).toEqual(bytes);
});

it("fills without a model where it is asked to, and says where a model is worth less than that", async () => {
  const photo = await waves("plain.jpg", 48, 48);
  const mask = await hole("spot.png", 48, 48, (x, y) => x > 20 && x < 27 && y > 20 && y < 27);
  for (const method of ["harmonic", "biharmonic"]) {
    const { code, err } = await kintsugi([
      ...quick("--mask", mask, "--method", method, "--out", `${out}-${method}`),
      photo,
    ]);
    expect({ code, err }).toMatchObject({ code: 0 });
    const [truth, made] = await Promise.all([pixels(photo), pixels(`${out}-${method}/plain.completed.png`)]);
    const error = made.bytes.reduce((sum, byte, i) => sum + (byte - truth.bytes[i]!) ** 2, 0) / (81 * 3);
    expect(error, method).toBeLessThan(method === "harmonic" ? 300 : 60);
  }
  // Waves are smooth, and this model has never been trained.
  const { err, lines } = await kintsugi([...quick("--mask", mask, "--json"), photo]);
  expect(err).toContain("this model is not yet better than no model here");
  expect(lines.at(-1)).toMatchObject({ t: "end", heldOut: { images: 1 } });
});
