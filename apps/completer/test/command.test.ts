/** The verb on real files: what it writes, what it says, how it ends. */
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { createRoom, filesIn, kintsugi, pixels, type Room } from "./room.js";

let room: Room;
let model: string;
let face: string;
/** A folder for results that no other test uses. */
let out: string;
let runs = 0;

beforeAll(async () => {
  room = await createRoom();
  await mkdir(room.at("bare"));
  model = await room.model("model.safetensors");
  face = await room.picture("face.png");
});
afterAll(() => room.remove());
beforeEach(() => {
  out = room.at(`out-${runs++}`);
});
const quick = (...rest: string[]) => ["--model", model, "--out", out, "--iterations", "3", "--starts", "8", ...rest];

describe("complete", () => {
  it("writes a picture for each image, grids and losses", async () => {
    await room.picture("folder/wide.jpg", 1, { width: 40, height: 30 });
    await room.picture("folder/deep/small.webp", 2, { width: 12, height: 12 });
    await writeFile(room.at("folder/broken.png"), "no picture");
    const args = ["--mask", "center", "--thumbnail", "--iterations", "6", "--out-interval", "4", "--json"];
    const {
      code,
      err,
      lines,
      out: printed,
    } = await kintsugi([
      ...["--model", model, "--out", out, ...args],
      ...[room.at("folder"), room.at("absent.png"), face],
    ]);

    expect({ code, err }).toMatchObject({ code: 0 });
    expect(await filesIn(out)).toEqual([
      "before.png",
      ...["0000", "0004", "0006"].map((name) => `completed/${name}.png`),
      "completion.gif",
      "completion.webp",
      "face.completed.png",
      ...["0000", "0004", "0006"].map((name) => `hats/${name}.png`),
      "losses.csv",
      "masked.png",
      "sheet.png",
      "small.completed.png",
      "summary.json",
      "wide.completed.png",
    ]);
    expect(err).toMatch(/skipped .*broken\.png: not an image/);
    expect(err).toMatch(/skipped .*absent\.png: no such file/);
    expect(err.match(/made to fit/g)).toHaveLength(1);
    expect(err).toContain("40×30 → centre crop 30 → 16×16 (1)");

    const [header, ...rows] = (await readFile(`${out}/losses.csv`, "utf8")).trim().split("\n");
    expect(header).toBe("image,iteration,contextual,perceptual,total");
    expect(rows.length).toBe(3 * 7);
    for (const row of rows) {
      const [contextual, perceptual, total] = row.split(",").slice(2).map(Number);
      expect(total).toBeGreaterThan(contextual! + 0.1 * perceptual! - 1e-3); // the pull adds, and never takes
    }
    expect((await pixels(`${out}/before.png`)).width).toBe(3 * 16);

    expect(printed.split("\n").filter(Boolean).length).toBe(lines.length);
    const kinds = lines.map(({ t }) => t);
    expect(kinds.filter((t) => t === "skip").length).toBe(2);
    expect(kinds.filter((t) => t === "completed").length).toBe(3);
    const progress = lines.filter(({ t }) => t === "progress");
    expect(progress.at(-1)).toMatchObject({ batch: 1, batches: 1, images: 3, iteration: 6 });
    expect(Number(progress.at(-1)!.contextual)).toBeLessThan(Number(progress[0]!.contextual));
    expect(lines.at(-1)).toMatchObject({ t: "end", images: 3, skipped: 2, interrupted: false, out });
  });

  it("keeps every known pixel, and shows missing ones grey", async () => {
    await kintsugi([...quick("--mask", "center"), face]);
    const [before, after, shown] = await Promise.all(
      [face, `${out}/face.completed.png`, `${out}/masked.png`].map((path) => pixels(path)),
    );
    let changed = 0;
    before!.bytes.forEach((byte, at) => {
      const [row, column] = [Math.floor(at / 48), Math.floor(at / 3) % 16];
      const missing = row >= 4 && row < 12 && column >= 4 && column < 12;
      if (!missing && after!.bytes[at] !== byte) throw new Error(`known byte ${at} was changed`);
      if (missing && after!.bytes[at] !== byte) changed++;
      expect(shown!.bytes[at]).toBe(missing ? 128 : byte);
    });
    expect(changed).toBeGreaterThan(100);
  });

  it("gives the same bytes for the same seed, and others for another", async () => {
    const outs = [`${out}a`, `${out}b`, `${out}c`];
    for (const [i, to] of outs.entries()) {
      const seed = i === 2 ? "8" : "7";
      const { code } = await kintsugi([...quick("--mask", "random", "--seed", seed), "--out", to, face]);
      expect(code).toBe(0);
    }
    const [a, b, c] = outs;
    const files = await filesIn(a!);
    expect(await filesIn(b!)).toEqual(files);
    // The summary tells the time.
    for (const file of files.filter((name) => name !== "summary.json"))
      expect(await readFile(`${a}/${file}`), file).toEqual(await readFile(`${b}/${file}`));
    expect(await readFile(`${a}/masked.png`)).not.toEqual(await readFile(`${c}/masked.png`));
  });

  it("writes over nothing unasked", async () => {
    expect((await kintsugi([...quick("--mask", "left"), face])).code).toBe(0);
    const kept = await readFile(`${out}/face.completed.png`);
    const refused = await kintsugi([...quick("--mask", "full"), face]);
    expect(refused).toMatchObject({ code: 2, out: "" });
    expect(refused.err).toContain("--overwrite");
    expect(await readFile(`${out}/face.completed.png`)).toEqual(kept);
    expect((await kintsugi([...quick("--mask", "full", "--overwrite"), face])).code).toBe(0);
    expect(await readFile(`${out}/face.completed.png`)).not.toEqual(kept);
  });

  it("takes a painted mask of another size: white is missing", async () => {
    const mask = await room.mask("mask.png", 32, (_, column) => (column < 16 ? 200 : 100));
    const { code, err } = await kintsugi([...quick("--mask", mask), face]);
    expect({ code, err }).toMatchObject({ code: 0, err: expect.stringContaining("the mask was grown by 1 pixel") });
    const shown = await pixels(`${out}/masked.png`);
    const before = await pixels(face);
    shown.bytes.forEach((byte, at) => {
      if (byte !== (Math.floor(at / 3) % 16 < 9 ? 128 : before.bytes[at])) throw new Error(`byte ${at} is ${byte}`);
    });
  });

  it("knows block means alone with lowres, and momentum", async () => {
    const { code } = await kintsugi([
      ...quick("--mask", "lowres", "--optimizer", "momentum", "--out-interval", "0"),
      face,
    ]);
    expect(code).toBe(0);
    expect(await filesIn(out)).toEqual([
      "before.png",
      "completed/0003.png",
      "completion.gif",
      "completion.webp",
      "face.completed.png",
      "hats/0003.png",
      "losses.csv",
      "lowres.png",
      "masked.png",
      "sheet.png",
      "summary.json",
    ]);
    const { bytes } = await pixels(`${out}/lowres.png`);
    expect(bytes[3 * 7]).toBe(bytes[0]);
    expect((await readFile(`${out}/hats/0003.png`)).equals(await readFile(`${out}/completed/0003.png`))).toBe(true);
  });

  it("works through more images than a batch, and through equal names", async () => {
    const images = [face, await room.picture("other/face.jpg", 1), await room.picture("third/Face.png", 2)];
    const { code, lines } = await kintsugi([...quick("--mask", "grid", "--batch", "2", "--json"), ...images]);
    expect(code).toBe(0);
    const files = await filesIn(out);
    expect(files.filter((file) => file.endsWith(".completed.png")).length).toBe(3);
    expect(files).toContain("other-face.completed.png");
    expect(files).toContain("third-Face.completed.png");
    expect(files).toContain("batch-01/before.png");
    expect(files).toContain("batch-02/completed/0003.png");
    expect(lines.at(-1)).toMatchObject({ t: "end", images: 3 });
    expect((await readFile(`${out}/losses.csv`, "utf8")).trim().split("\n").length).toBe(1 + 3 * 4);
  });

  it("gives each image a folder of its own, whatever it is called", async () => {
    const images = [face, await room.picture("other/face.jpg", 1), await room.picture("sheet.png", 2)];
    const { code, lines } = await kintsugi([
      ...quick("--mask", "center", "--folders", "--batch", "4", "--candidates", "2", "--json"),
      ...images,
    ]);
    expect(code).toBe(0);
    const own = (await filesIn(`${out}/images`)).map((file) => file.split("/"));
    const names = [...new Set(own.map(([name]) => name!))];
    expect(names.length).toBe(3);
    for (const name of names) {
      expect(own.filter(([folder]) => folder === name).map(([, file]) => file)).toEqual([
        ...["before.png", "completed-2.png", "completed.png", "completion.gif", "completion.webp"],
        ...["hat.png", "masked.png", "sheet.png", "unblended.png"],
      ]);
      expect(await pixels(`${out}/images/${name}/sheet.png`)).toMatchObject({ width: 4 * 256, height: 256 });
    }
    expect((await filesIn(out)).filter((file) => file.includes(".completed"))).toEqual([]);
    const shown = await pixels(`${out}/images/sheet/before.png`);
    expect(shown.bytes).toEqual((await pixels(room.at("sheet.png"))).bytes);
    const paths = lines.filter(({ t }) => t === "completed").map(({ path }) => path);
    expect(paths.sort()).toEqual(names.map((name) => `${out}/images/${name}/completed.png`).sort());
  });

  it("makes a grey model take colour images", async () => {
    const grey = await room.model("grey.safetensors", { size: 16, channels: 1, nz: 8, ngf: 4, ndf: 4, kernel: 4 });
    const { code } = await kintsugi([...quick("--mask", "center", "--prior", "log1md"), "--model", grey, face]);
    expect(code).toBe(0);
    expect((await pixels(`${out}/before.png`)).width).toBe(16);
  });

  it("gives the same pictures on WebGPU and on the CPU", async () => {
    for (const device of ["gpu", "cpu"]) {
      const to = `${out}-${device}`;
      const { code, lines } = await kintsugi([
        ...quick("--mask", "center", "--device", device, "--json"),
        "--out",
        to,
        face,
      ]);
      expect(code).toBe(0);
      expect(lines[0]!.backend).toMatch(device === "gpu" ? /^WebGPU/ : /^CPU/);
    }
    const [gpu, cpu] = await Promise.all(["gpu", "cpu"].map((device) => pixels(`${out}-${device}/face.completed.png`)));
    gpu!.bytes.forEach((byte, at) => {
      // One level: the same value may be rounded to either side.
      expect(Math.abs(byte - cpu!.bytes[at]!)).toBeLessThanOrEqual(1);
    });
  });

  it("ends at Ctrl-C with what is there", async () => {
    const args = [
      "--model",
      model,
      "--out",
      out,
      "--mask",
      "center",
      "--iterations",
      "100000",
      "--patience",
      "0",
      "--json",
      face,
    ];
    let told = false;
    const { code, lines, err } = await kintsugi(args, (text) => {
      // Once: the second time would end this process.
      if (!told && text.includes('"iteration":')) told = process.emit("SIGINT", "SIGINT");
    });
    expect(code).toBe(130);
    expect(err).toContain("interrupted by SIGINT");
    expect(lines.at(-1)).toMatchObject({ t: "end", images: 1, interrupted: true });
    const files = await filesIn(out);
    expect(files).toContain("face.completed.png");
    const last = files.filter((file) => file.startsWith("hats/")).at(-1)!;
    const losses = (await readFile(`${out}/losses.csv`, "utf8")).trim().split("\n");
    expect(Number(losses.at(-1)!.split(",")[1])).toBe(Number(/\d+/.exec(last)![0]));
  });
});

describe("complete ends with", () => {
  const cases: [code: number, why: string, says: string, args: () => string[]][] = [
    [
      5,
      "a model that is not there",
      "there is no such file",
      () => ["--model", room.at("none"), "--mask", "left", face],
    ],
    [5, "a model that is none", "cannot read the model", () => ["--model", face, "--mask", "left", face]],
    [2, "an unknown mask", "--mask middle is no file or folder, and none of center", () => ["--mask", "middle", face]],
    [2, "a mask that is no image", "not an image", () => ["--mask", model, face]],
    [2, "a wrong number", "Give a number from 0 to 0.5", () => ["--mask", "center", "--center-scale", "0.7", face]],
    [2, "no image", "missing required argument", () => ["--mask", "center"]],
    [
      4,
      "a folder without images",
      "/bare: no PNG, JPEG, WebP, GIF, TIFF, AVIF or BMP files here",
      () => ["--mask", "center", room.at("bare")],
    ],
    [4, "only images that cannot be read", "no image to complete", () => ["--mask", "center", model, room.at("none")]],
  ];
  it.each(cases)("code %i for %s", async (code, _, says, args) => {
    const outcome = await kintsugi([...quick(), ...args()]);
    expect(outcome).toMatchObject({ code, out: "", err: expect.stringContaining(says) });
    await expect(filesIn(out)).rejects.toThrow("ENOENT");
  });

  it.runIf(process.platform === "linux")("code 3 where there is no adapter", async () => {
    const { VK_DRIVER_FILES } = process.env;
    process.env.VK_DRIVER_FILES = "/nowhere";
    try {
      const { code, err } = await kintsugi([...quick("--mask", "left", "--device", "gpu"), face]);
      expect({ code, err }).toMatchObject({ code: 3, err: expect.stringContaining("no WebGPU adapter") });
    } finally {
      if (VK_DRIVER_FILES === undefined) delete process.env.VK_DRIVER_FILES;
      else process.env.VK_DRIVER_FILES = VK_DRIVER_FILES;
    }
  });

  it("code 0 for --help, which names units and defaults", async () => {
    const { code, out: help } = await kintsugi(["--help"]);
    expect(code).toBe(0);
    expect(help).toContain("center[:BORDER]");
    expect(help).toMatch(/--iterations <iterations>\s+of the search \(default:\s+\d+\)/);
    expect(help).toContain("NAME.completed.png");
  });
});
