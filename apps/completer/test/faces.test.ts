/** Faces of photographs: turned to the model's place, completed, warped back. The geometry alone, then the verb on real files. */

import { writeFile } from "node:fs/promises";
import { masks } from "@kintsugi/completion";
import { type Affine, alignBy, bytesToValues, invertAffine, type Picture, transformPoint } from "@kintsugi/images";
import { resample } from "@kintsugi/images/node";
import { toyFace } from "@kintsugi/images/toy";
import { openScene } from "@kintsugi/scene";
import sharp from "sharp";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { createRoom, filesIn, kintsugi, pixels, type Room } from "./room.js";

/** Turned by 20°, a pixel of the model for three of the picture. */
const turn = (degrees: number, scale: number, x: number, y: number): Affine => {
  const [c, s] = [Math.cos((degrees * Math.PI) / 180) / scale, Math.sin((degrees * Math.PI) / 180) / scale];
  return [c, s, 8 - c * x - s * y, -s, c, 8 + s * x - c * y];
};
const seen = (place: Affine) => ({ model: { size: 16, channels: 3 }, resample, place }) as const;

describe("a face as a scene", () => {
  const [width, height] = [110, 90];
  const smooth = Uint8Array.from({ length: width * height * 3 }, (_, i) => {
    const [p, c] = [Math.floor(i / 3), i % 3];
    return 128 + 80 * Math.sin((p % width) / 14 + c) * Math.cos(Math.floor(p / width) / 17);
  });
  const map = turn(20, 3, 60, 45);
  const disc = (x: number, y: number, radius: number) =>
    Uint8Array.from({ length: width * height }, (_, p) =>
      Math.hypot((p % width) - x, Math.floor(p / width) - y) <= radius ? 1 : 0,
    );
  const damaged = (missing: Uint8Array): Picture => ({
    ...{ width, height, channels: 3 },
    bytes: smooth.map((byte, i) => (missing[Math.floor(i / 3)] === 1 ? 255 : byte)),
  });
  const truth = bytesToValues(alignBy({ width, height, channels: 3, bytes: smooth }, map, { size: 16 }));

  it.each(["graded", "poisson", "none"] as const)("comes back to where it was: %s", async (blend) => {
    const missing = disc(58, 44, 12);
    const scene = openScene(damaged(missing), missing, seen(map));
    expect(scene.beyond).toBe(0);
    const { values, mask } = await scene.shrink();
    // What is known to the model is the true picture; nothing of the white hole bleeds into it.
    let [known, bled] = [0, 0];
    mask.pixels.forEach((there, p) => {
      if (there === 0) return;
      known++;
      for (let c = 0; c < 3; c++) bled = Math.max(bled, Math.abs(values[3 * p + c]! - truth[3 * p + c]!));
    });
    expect(bled).toBeLessThan(0.02);
    expect(known).toBeGreaterThan(150);
    expect(masks.missing(mask)).toBeGreaterThan((Math.PI * 12 ** 2) / 9);
    const { bytes } = await scene.paste(truth, blend);
    const worst = [0, 0];
    bytes.forEach((byte, i) => {
      const hole = missing[Math.floor(i / 3)]!;
      worst[hole] = Math.max(worst[hole]!, Math.abs(byte - smooth[i]!));
    });
    expect(worst[0]).toBe(0);
    expect(worst[1]).toBeLessThan(blend === "graded" ? 16 : 8);
  });

  it("takes a mask of the model's size, and holes that reach beyond the face", async () => {
    const word = openScene(damaged(disc(0, 0, -1)), masks.center(16), seen(map));
    const { mask } = await word.shrink();
    masks.center(16).pixels.forEach((there, p) => {
      if (there === 0) expect(mask.pixels[p]).toBe(0);
    });
    const back = invertAffine(map);
    const corner = transformPoint(back, [15, 15]);
    const missing = disc(corner[0], corner[1], 10);
    const scene = openScene(damaged(missing), missing, seen(map));
    expect(scene.beyond).toBeGreaterThan(0.5);
    expect(scene.beyond).toBeLessThan(1);
    const { bytes } = await scene.paste(truth, "poisson");
    // The white is gone everywhere.
    const gaps = bytes.map((byte, i) => Math.abs(byte - smooth[i]!));
    expect(gaps.reduce((most, gap) => Math.max(most, gap))).toBeLessThan(60);
  });

  it("knows nothing of what lies outside of the picture", async () => {
    const scene = openScene(damaged(disc(0, 0, 4)), disc(0, 0, 4), seen(turn(0, 3, 0, 45)));
    const { mask } = await scene.shrink();
    for (let row = 0; row < 16; row++) {
      expect(mask.pixels[row * 16 + 3]).toBe(0);
      expect(mask.pixels[row * 16 + 12]).toBe(row < 15 ? 1 : mask.pixels[row * 16 + 12]);
    }
  });
});

describe("complete --landmarks", () => {
  let room: Room;
  let model: string;
  let out: string;
  let runs = 0;
  const [WIDTH, HEIGHT] = [150, 120];
  /** Eyes, nose and mouth of toy faces, as shares of their side, and in the photograph. */
  const POINTS = [0.35, 0.45, 0.65, 0.45, 0.5, 0.6, 0.4, 0.72, 0.6, 0.72];

  beforeAll(async () => {
    room = await createRoom();
    model = await room.model("model.safetensors");
    // A face of 60 pixels, turned by 20°, around (80, 60) of a grey photograph with a profile.
    const face = sharp(toyFace(1, 3, 60), { raw: { width: 60, height: 60, channels: 3 } });
    const turned = await face.rotate(20, { background: "#777777" }).png().toBuffer();
    const { width = 0 } = await sharp(turned).metadata();
    const at = { left: 80 - Math.round(width / 2), top: 60 - Math.round(width / 2) };
    const photo = sharp({ create: { width: WIDTH, height: HEIGHT, channels: 3, background: "#777777" } });
    const png = await photo
      .composite([{ input: turned, ...at }])
      .png()
      .toBuffer();
    await sharp(png).removeAlpha().withIccProfile("p3").toFile(room.at("photo.png"));
    const [cos, sin] = [Math.cos(Math.PI / 9), Math.sin(Math.PI / 9)];
    const points = Array.from({ length: 5 }, (_, k) => {
      const [x, y] = [(POINTS[2 * k]! - 0.5) * 60, (POINTS[2 * k + 1]! - 0.5) * 60];
      return [80 + cos * x - sin * y, 60 + sin * x + cos * y].map((value) => value.toFixed(2));
    });
    const rows = ["photo.png", "lying.png", "pink.png", "torn.png"].map((name) => `${name} ${points.flat().join(" ")}`);
    await writeFile(room.at("list.txt"), `${rows.length}\nlefteye_x lefteye_y\n${rows.join("\n")}\n`);
    const hole = (at: number, inside: number[], outside: number[]) =>
      Math.hypot((at % WIDTH) - 80, Math.floor(at / WIDTH) - 60) < 12 ? inside : outside;
    const bytes = (await pixels(room.at("photo.png"))).bytes;
    const paint = (name: string, channels: 1 | 3 | 4, colour: (at: number) => number[]) => {
      const values = Uint8Array.from({ length: WIDTH * HEIGHT }).reduce<number[]>((all, _, at) => {
        all.push(...colour(at));
        return all;
      }, []);
      return sharp(Uint8Array.from(values), { raw: { width: WIDTH, height: HEIGHT, channels } }).toFile(room.at(name));
    };
    const upright = sharp(bytes, { raw: { width: WIDTH, height: HEIGHT, channels: 3 } });
    await upright.rotate(270).withMetadata({ orientation: 6 }).toFile(room.at("lying.png"));
    await sharp(room.at("lying.png")).autoOrient().toFile(room.at("upright.png"));
    const rgb = (at: number) => [...bytes.subarray(3 * at, 3 * at + 3)];
    await paint("hole.png", 1, (at) => hole(at, [255], [0]));
    await paint("pink.png", 3, (at) => hole(at, [255, 0, 254], rgb(at)));
    await paint("torn.png", 4, (at) => [...rgb(at), ...hole(at, [0], [255])]);
  });
  afterAll(() => room.remove());
  beforeEach(() => {
    out = room.at(`out-${runs++}`);
  });
  const quick = (...rest: string[]) => [
    ...["--model", model, "--out", out, "--iterations", "2", "--starts", "4", "--out-interval", "0"],
    ...["--landmarks", room.at("list.txt"), "--template", POINTS.join(","), "--grow", "0", ...rest],
  ];

  /** Every pixel outside of the hole is as it was, and most of the hole is not. */
  async function changesTheHole(before: string, after: string) {
    const [one, two] = await Promise.all([pixels(before), pixels(after)]);
    expect([two.width, two.height]).toEqual([WIDTH, HEIGHT]);
    let changed = 0;
    for (let at = 0; at < WIDTH * HEIGHT; at++) {
      const same = [0, 1, 2].every((c) => one.bytes[at * one.channels + c] === two.bytes[at * two.channels + c]);
      const inside = Math.hypot((at % WIDTH) - 80, Math.floor(at / WIDTH) - 60) < 12;
      if (!inside && !same) throw new Error(`${after}: pixel ${at} was changed`);
      if (!same) changed++;
    }
    expect(changed).toBeGreaterThan(300);
  }

  it("changes nothing but the hole of a photograph, which keeps its profile; upright in the model's eyes", async () => {
    const { code, err } = await kintsugi([...quick("--mask", room.at("hole.png")), room.at("photo.png")]);
    expect({ code, err }).toMatchObject({ code: 0 });
    await changesTheHole(room.at("photo.png"), `${out}/photo.completed.png`);
    const [before, after] = await Promise.all(
      [room.at("photo.png"), `${out}/photo.completed.png`].map((path) => sharp(path).metadata()),
    );
    expect(after!.icc).toEqual(before!.icc);
    // What the model was shown is the toy face as it was drawn, before it was turned.
    const shown = await pixels(`${out}/masked.png`);
    const drawn = await sharp(toyFace(1, 3, 60), { raw: { width: 60, height: 60, channels: 3 } })
      .resize(16, 16)
      .raw()
      .toBuffer();
    let [error, known] = [0, 0];
    for (let at = 0; at < 16 * 16; at++) {
      const [row, column] = [Math.floor(at / 16), at % 16];
      const far = Math.hypot(row - 8, column - 8);
      if (far < 5 || far > 7) continue;
      for (let c = 0; c < 3; c++) error += Math.abs(shown.bytes[3 * at + c]! - drawn[3 * at + c]!);
      known += 3;
    }
    expect(error / known).toBeLessThan(16);
  });

  it("takes lying pictures, colours, transparency, and masks of the model's size", async () => {
    const cases = [
      ["lying", room.at("hole.png"), "upright"],
      ["pink", "color:#ff00fe", "photo"],
      ["torn", "alpha", "photo"],
    ] as const;
    for (const [name, mask, before] of cases) {
      const { code, err } = await kintsugi([...quick("--mask", mask, "--overwrite"), room.at(`${name}.png`)]);
      expect({ code, err }).toMatchObject({ code: 0 });
      await changesTheHole(room.at(`${before}.png`), `${out}/${name}.completed.png`);
    }
    const word = await kintsugi([...quick("--mask", "center", "--overwrite"), room.at("photo.png")]);
    expect(word.code).toBe(0);
    expect((await pixels(`${out}/photo.completed.png`)).width).toBe(WIDTH);
  });

  it("says in one line where there is no face, and what does not go together", async () => {
    const stranger = await room.picture("stranger.png");
    const center = ["--mask", "center"];
    const some = await kintsugi([...quick(...center), stranger, room.at("photo.png")]);
    expect([some.code, some.err]).toEqual([
      0,
      expect.stringMatching(/skipped .*stranger\.png: no landmarks in list\.txt/),
    ]);
    expect(await filesIn(out)).not.toContain("stranger.completed.png");
    const refused: [args: string[], code: number, says: string][] = [
      [[...center, "--out", `${out}-b`, stranger], 4, "no image to complete"],
      [[...center, "--region", "0,0,50,50", stranger], 2, "give one of them"],
      [["--mask", "lowres", stranger], 2, "leave out --region and --landmarks"],
      [[...center, "--template", "0.3,0.4", stranger], 2, "ten shares of the side"],
      [[...center, "--landmarks", room.at("none.txt"), stranger], 1, "no such file"],
    ];
    for (const [args, code, says] of refused) {
      const ended = await kintsugi(quick(...args));
      expect(ended).toMatchObject({ code, err: expect.stringContaining(says) });
      expect(ended.err.trim().split("\n").length).toBeLessThan(3);
    }
  });
});
