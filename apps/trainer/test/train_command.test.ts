/** `kintsugi train` as a process: what it writes, how it ends, and that it can be taken up again. */
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { fromBytes } from "@kintsugi/images";
import { writePng } from "@kintsugi/images/node";
import { toyFace } from "@kintsugi/images/toy";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  bytesOf,
  emitted,
  kintsugi,
  lines,
  metadataOf,
  rows,
  start,
  startScript,
  TINY,
  TOY,
  temporary,
  trained,
} from "./command.js";

let at: Awaited<ReturnType<typeof temporary>>;
let faces: string;
const path = (...names: string[]) => join(at.path, ...names);

beforeAll(async () => {
  at = await temporary();
  faces = path("faces");
  await makeFaces(faces);
});
afterAll(() => at.remove());

/** Twelve faces in sub-folders, in three formats and four sizes, and two files that are none. */
async function makeFaces(folder: string): Promise<void> {
  const sharp = createRequire(new URL("../../../packages/images/package.json", import.meta.url))("sharp");
  for (const name of ["a", "b"]) await mkdir(join(folder, name), { recursive: true });
  for (let i = 0; i < 12; i++) {
    const size = 16 + 8 * (i % 4);
    const pixels = toyFace(5, i, size);
    const file = join(folder, i % 2 === 0 ? "a" : "b", `${i}`);
    if (i % 3 === 0) await writePng(`${file}.png`, fromBytes(pixels, size, size, 3));
    else {
      const picture = sharp(pixels, { raw: { width: size, height: size, channels: 3 } });
      await (i % 3 === 1 ? picture.jpeg().toFile(`${file}.JPG`) : picture.webp().toFile(`${file}.webp`));
    }
  }
  await writeFile(join(folder, "a", "broken.png"), "no picture");
  await writeFile(join(folder, "notes.txt"), "no picture either");
}

describe("a run on a folder", () => {
  it("writes model, checkpoint, metrics and samples, and says so in JSON lines", async () => {
    const run = path("whole");
    const ended = await trained(
      "--data",
      faces,
      "--out",
      run,
      ...TINY,
      "--steps",
      "40",
      "--sample-every",
      "25",
      "--json",
    );
    expect(ended.stderr).toContain("skipped a/broken.png: not an image");
    expect(ended.stderr).not.toContain("notes.txt");
    expect((await readdir(join(run, "samples"))).sort()).toEqual(["000025.png", "000040.png"]);
    expect((await readdir(run)).filter((name) => name.startsWith("."))).toEqual([]);
    const {
      step,
      "kintsugi.config": config,
      "kintsugi.training": training,
    } = await metadataOf(join(run, "model.safetensors"));
    expect([step, JSON.parse(config!)]).toMatchObject(["40", { size: 16, channels: 3, nz: 8, ngf: 4, ndf: 4 }]);
    // A model is given away: of the images it says the folder's name, not where it lies.
    expect(JSON.parse(training!)).toMatchObject({ data: basename(faces) });

    const table = await rows(join(run, "metrics.csv"));
    expect(table.map((row) => Number(row.step))).toEqual(Array.from({ length: 40 }, (_, i) => i + 1));
    expect(table.at(-1)).toMatchObject({ epoch: "13" });
    for (const row of table) {
      expect(Number(row.d_loss)).toBeCloseTo(Number(row.d_loss_real) + Number(row.d_loss_fake), 5);
      expect(Number(row.d_real)).toBeGreaterThan(0);
      expect(Number(row.d_real)).toBeLessThan(1);
    }
    const said = lines(ended);
    expect(new Set(said.map(({ t }) => t))).toEqual(new Set(["step", "sample", "checkpoint", "report", "end"]));
    expect(said.at(-1)).toMatchObject({ t: "end", step: 40, model: join(run, "model.safetensors") });
  });

  it("stopped and taken up again ends in the same bytes", async () => {
    const run = path("halves");
    const common = ["--data", faces, "--out", run, ...TINY, "--sample-every", "25", "--quiet"];
    await trained(...common, "--steps", "20");
    await trained(...common, "--steps", "40", "--resume");
    expect(await bytesOf(run)).toEqual(await bytesOf(path("whole")));
    const without = async (folder: string) =>
      (await rows(path(folder, "metrics.csv"))).map(({ step, d_loss }) => [step, d_loss]);
    expect(await without("halves")).toEqual(await without("whole"));
    expect(await readFile(path("halves", "samples", "000040.png"))).toEqual(
      await readFile(path("whole", "samples", "000040.png")),
    );
  });
});

describe("a run on the toy faces", () => {
  it.each(["SIGINT", "SIGTERM"] as const)("ends at %s with 130 and a checkpoint to go on from", async (signal) => {
    const run = path(signal);
    const common = [...TOY, "--out", run, ...TINY, "--json"];
    const started = start("train", ...common, "--steps", "1000000");
    await emitted(started, "step");
    started.child.kill(signal);
    const ended = await started.ended;
    expect(ended.code).toBe(130);
    expect(ended.stderr).toContain(`${signal}: writing a checkpoint`);
    const { step } = await metadataOf(join(run, "checkpoint.safetensors"));
    expect(
      lines(ended)
        .filter(({ t }) => t === "checkpoint")
        .at(-1)?.step,
    ).toBe(Number(step));
    expect((await rows(join(run, "metrics.csv"))).at(-1)?.step).toBe(step);
    if (signal === "SIGINT") await trained(...common, "--steps", `${Number(step) + 2}`, "--resume");
  });
});

describe("exit codes", () => {
  const usage = 2;
  const dataSet = 4;
  const checkpoint = 5;

  it.each([
    ["an unknown option", usage, ["--nonsense"], "unknown option"],
    ["a size no network has", usage, ["--size", "20"], "size is 20; it must be 16, 32, 64, 128"],
    ["a rate that is none", usage, ["--lr", "fast"], "--lr"],
    ["a folder that is missing", dataSet, ["--data", "/nowhere/at/all"], "/nowhere/at/all"],
    ["fewer images than a batch takes", dataSet, ["--data", "toy", "--limit", "3"], "3 images, a batch takes 4"],
    ["a run to resume that is missing", checkpoint, ["--resume"], "there is none"],
  ])("%s ends in %i", async (name, code, args, words) => {
    const ended = await kintsugi("train", ...TOY, "--out", path("code", name), ...TINY, ...args);
    expect(ended).toMatchObject({ code, stdout: "" });
    expect(ended.stderr).toContain(words);
    expect(ended.stderr).not.toContain("    at ");
  });

  it("where the GPU has no memory left it names what frees some", async () => {
    const script = fileURLToPath(new URL("fixtures/little_memory.mjs", import.meta.url));
    const args = ["train", ...TOY, "--dry-run", "--out", path("code", "memory"), ...TINY, "--device", "gpu"];
    const on = (bytes: number, ...more: string[]) =>
      startScript(script, [...args, ...more], { LITTLE_MEMORY: `${bytes}` }).ended;
    const smaller = "a smaller --batch, --ngf or --ndf";
    const resident = await on(1000);
    expect(resident.code).toBe(1);
    expect(resident.stderr).toContain("out of GPU memory");
    expect(resident.stderr).toContain(
      `: give --resident off (0.00922 MB of images then stay off the GPU), or ${smaller}`,
    );
    const fed = await on(1000, "--resident", "off");
    expect(fed.code).toBe(1);
    expect(fed.stderr).toContain(`: give ${smaller}`);
    expect(fed.stderr).not.toContain("--resident");
    expect((await on(1e9)).code).toBe(0);
  });

  it("a folder without an image ends in 4", async () => {
    await mkdir(path("empty"), { recursive: true });
    const ended = await kintsugi("train", "--data", path("empty"), "--out", path("code", "none"), ...TINY);
    expect(ended.code).toBe(dataSet);
    expect(ended.stderr).toContain("no PNG, JPEG, WebP, GIF, TIFF, AVIF or BMP files");
  });

  it("a run that is there already is not written over, unless asked for", async () => {
    const common = [...TOY, "--out", path("whole"), ...TINY, "--steps", "1"];
    const before = await bytesOf(path("whole"));
    const ended = await kintsugi("train", ...common);
    expect(ended.code).toBe(usage);
    expect(ended.stderr).toContain("--overwrite");
    expect(await bytesOf(path("whole"))).toEqual(before);
    await mkdir(path("old"));
    await writeFile(path("old", "model.safetensors"), "old");
    await trained(...TOY, "--out", path("old"), ...TINY, "--steps", "1", "--overwrite");
    expect((await metadataOf(path("old", "model.safetensors"))).step).toBe("1");
  });

  it.each([
    [["--ngf", "8"], "ngf 4, not 8"],
    [["--seed", "3"], "seed 0, not 3"],
    [["--lr", "0.001"], "lr 0.0002, not 0.001"],
  ])("resuming with %j names the field", async (args, words) => {
    const ended = await kintsugi("train", "--data", faces, "--out", path("whole"), ...TINY, "--resume", ...args);
    expect(ended.code).toBe(checkpoint);
    expect(ended.stderr).toContain(words);
  });

  it("a checkpoint that was cut short ends in 5", async () => {
    await mkdir(path("cut"));
    const whole = await readFile(path("whole", "checkpoint.safetensors"));
    await writeFile(path("cut", "checkpoint.safetensors"), whole.subarray(0, whole.length - 1));
    const ended = await kintsugi("train", ...TOY, "--out", path("cut"), ...TINY, "--resume");
    expect(ended.code).toBe(checkpoint);
    expect(ended.stderr).toContain("cannot resume from");
  });
});

describe("sample", () => {
  it("draws any number of images, the same for the same seed", async () => {
    const sample = (out: string, ...more: string[]) =>
      kintsugi("sample", "--model", path("whole", "model.safetensors"), "--count", "7", "--out", path(out), ...more);
    expect((await sample("one.png", "--json")).code).toBe(0);
    await sample("two.png");
    await sample("three.png", "--seed", "9");
    const [one, two, three] = await Promise.all(
      ["one.png", "two.png", "three.png"].map((name) => readFile(path(name))),
    );
    expect(two).toEqual(one);
    expect(three).not.toEqual(one);
    // PNG's header: 3 columns and 3 rows of 16 pixels hold 7 images.
    expect([one!.readUInt32BE(16), one!.readUInt32BE(20)]).toEqual([48, 48]);
    expect((await sample("one.png")).code).toBe(2);
  });

  it("says what is wrong with a model file", async () => {
    await writeFile(path("none.safetensors"), "no model");
    for (const [file, words] of [
      ["none.safetensors", "cannot read the model"],
      ["missing.safetensors", "there is no such file"],
    ] as const) {
      const ended = await kintsugi("sample", "--model", path(file), "--out", path("never.png"));
      expect(ended.code).toBe(5);
      expect(ended.stderr).toContain(words);
    }
  });
});
