/** `kintsugi train --classes` and `sample --class`, on two folders of pictures that differ in brightness. */
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { decodeModel } from "@kintsugi/dcgan";
import { fromBytes } from "@kintsugi/images";
import { loadFolder, readPicture, writePng } from "@kintsugi/images/node";
import { readModel } from "@kintsugi/models/node";
import { PURPOSE, words } from "@kintsugi/nn";
import { afterAll, beforeAll, expect, it } from "vitest";
import { createBatches, createLabels } from "../src/batches.js";
import { listClasses } from "../src/class_folders.js";
import { openPack } from "../src/pack.js";
import { bytesOf, kintsugi, lines, TINY, temporary, trained } from "./command.js";

let at: Awaited<ReturnType<typeof temporary>>;
const path = (...names: string[]) => join(at.path, ...names);
const ALL = () => ["--data", path("kinds"), "--classes", "--gray", "--validation", "6", ...TINY, "--device", "cpu"];

beforeAll(async () => {
  at = await temporary();
  // Twice as many light ones, and one of them deeper down.
  for (const [name, count, shade] of [
    ["dark", 8, 30],
    ["light", 16, 220],
  ] as const) {
    await mkdir(path("kinds", name, "more"), { recursive: true });
    for (let i = 0; i < count; i++) {
      const grain = words({ seed: shade, purpose: PURPOSE.samples, index: i }, 256);
      const pixels = Uint8Array.from(grain, (word) => shade + (word % 21) - 10);
      const file = path("kinds", name, ...(i === 0 ? ["more"] : []), `${i}.png`);
      await writePng(file, fromBytes(pixels, 16, 16, 1));
    }
  }
});
afterAll(() => at.remove());

it("mixes the classes, so that the first and the last images have each in its share", async () => {
  const { classes, paths, labels } = await listClasses(path("kinds"));
  expect(classes).toEqual(["dark", "light"]);
  const kinds = paths.map((name) => labels.get(name)!);
  expect(kinds.slice(0, 6).filter((kind) => kind === 0).length).toBe(2);
  expect(kinds.slice(-6).filter((kind) => kind === 0).length).toBe(2);
  expect(paths.filter((name) => name.includes("/more/")).length).toBe(2);
});

it("gives every image of a step its own class", () => {
  const bytes = Uint8Array.from({ length: 10 }, (_, i) => 20 * i);
  const images = {
    count: 10,
    size: 1,
    channels: 1,
    bytes,
    labels: Uint16Array.from({ length: 10 }, (_, i) => 100 + i),
  };
  const options = { perStep: 4, seed: 3, flip: false };
  const [batches, labels] = [createBatches(images, options), createLabels(images, options)!];
  for (let step = 0; step < 5; step++) {
    const seen = Array.from(batches(step), (value) => Math.round((value + 1) * 127.5) / 20 + 100);
    expect([...labels(step)]).toEqual(seen);
  }
  const { labels: _, ...plain } = images;
  expect(createLabels(plain, options)).toBeUndefined();
});

it("trains, goes on to the same bytes, and draws a class by its name", async () => {
  const ended = await trained(...ALL(), "--out", path("run"), "--steps", "60", "--lr", "0.002");
  expect(ended.stderr).toContain("2 classes: dark, light");
  expect(decodeModel(await readFile(path("run", "model.safetensors"))).config.classes).toEqual(["dark", "light"]);
  await trained(...ALL(), "--out", path("again"), "--steps", "30", "--lr", "0.002");
  await trained("--out", path("again"), "--data", path("kinds"), "--resume", "--steps", "60", "--device", "cpu");
  expect(await bytesOf(path("again"))).toEqual(await bytesOf(path("run")));

  const model = path("run", "model.safetensors");
  const shade = async (name: string) => {
    const out = path(`${name}.png`);
    const args = ["--model", model, "--class", name, "--count", "4", "--out", out, "--device", "cpu"];
    expect((await kintsugi("sample", ...args)).code).toBe(0);
    const { images } = await loadFolder(out, { size: 32, channels: 1, crop: "none" });
    return images.reduce((sum, byte) => sum + byte, 0) / images.length;
  };
  expect((await shade("light")) - (await shade("dark"))).toBeGreaterThan(40);

  const unknown = await kintsugi("sample", "--model", model, "--class", "grey", "--out", path("grey.png"));
  expect([unknown.code, unknown.stderr]).toEqual([2, expect.stringContaining("its classes are dark, light")]);
  // What moves z, such as `complete`, knows no classes.
  await expect(readModel(model)).rejects.toThrow(/dark, light, and completing knows none/);
});

it("explores a model with classes: one of them by --class, or all in turn", async () => {
  const done = async (verb: string, ...args: string[]) => {
    const ended = await kintsugi(
      verb,
      "--model",
      path("run", "model.safetensors"),
      "--device",
      "cpu",
      "--json",
      ...args,
    );
    expect(ended.code, ended.stderr).toBe(0);
    return lines(ended);
  };
  // Image 0 is dark and image 1 light, so that the way between them goes from one class to the other.
  const shades = async (...args: string[]) => {
    const out = path(`${args.length}.png`);
    await done("interpolate", "--out", out, "--steps", "2", "--through", "0,1", "--spherical", ...args);
    const { bytes, width, channels } = await readPicture(out);
    const shade = (from: number) => bytes[(32 * width + from + 32) * channels]!;
    return [shade(4), shade(4 + 68)] as const;
  };
  const [dark, light] = await shades();
  expect(light - dark).toBeGreaterThan(40);
  const [first, second] = await shades("--class", "light");
  expect(Math.min(first, second) - dark).toBeGreaterThan(40);

  await done("sweep", "--out", path("sweep.png"), "--coordinates", "0", "--steps", "2", "--class", "dark");
  const sum = ["--a", "0", "--b", "1", "--c", "2"];
  await done("arithmetic", "--out", path("sum.png"), ...sum, "--class", "dark");
  const mixed = await kintsugi(
    "arithmetic",
    "--model",
    path("run", "model.safetensors"),
    "--out",
    path("m.png"),
    ...sum,
  );
  expect([mixed.code, mixed.stderr]).toEqual([2, expect.stringContaining("say with --class which of dark, light")]);

  const data = ["--data", path("kinds"), "--validation", "6"];
  const found = await done("neighbours", ...data, "--out", path("n.png"), "--of", "0,1", "--class", "light");
  const names = found
    .flatMap(({ nearest }) => (nearest as { name: string }[] | undefined) ?? [])
    .map(({ name }) => name);
  expect(names.length).toBe(10);
  expect(names.every((name) => name.includes("light"))).toBe(true);
  expect(await done("score", ...data)).toMatchObject([{ t: "score", count: 6 }]);
  const [score] = await done("score", ...data, "--class", "dark");
  expect(score).toMatchObject({ count: 2, dTraining: expect.any(Number) });
  await mkdir(path("kinds", "third"));
  await writePng(path("kinds", "third", "0.png"), fromBytes(new Uint8Array(256), 16, 16, 1));
  const other = await kintsugi("score", "--model", path("run", "model.safetensors"), ...data);
  await rm(path("kinds", "third"), { recursive: true });
  expect([other.code, other.stderr]).toEqual([4, expect.stringContaining("has the classes dark, light, third, and")]);
});

it("takes the classes from a pack, as from the folder", async () => {
  const pack = (out: string, ...more: string[]) =>
    kintsugi("pack", path("kinds"), "--out", path(out), "--size", "16", "--gray", ...more);
  expect((await pack("kinds.kpack", "--classes")).code).toBe(0);
  const { classes, paths, labels } = await listClasses(path("kinds"));
  const { kinds, names } = openPack(path("kinds.kpack"));
  expect(kinds).toEqual({ classes, labels: Uint16Array.from(paths, (name) => labels.get(name)!) });
  expect(names[0]).toBe(`${classes[labels.get(paths[0]!)!]}/${basename(paths[0]!)}`);
  // The images' fingerprint is the folder's: a run goes on with either.
  await trained("--out", path("again"), "--data", path("kinds.kpack"), "--resume", "--steps", "61", "--device", "cpu");

  expect((await pack("plain.kpack")).code).toBe(0);
  const ended = await kintsugi("train", ...ALL().with(1, path("plain.kpack")), "--out", path("never"), "--dry-run");
  expect([ended.code, ended.stderr]).toEqual([
    4,
    expect.stringContaining("plain.kpack holds no classes: pack the folder"),
  ]);
  const damaged = await readFile(path("kinds.kpack"));
  damaged.set(Buffer.from("[9"), damaged.indexOf('"labels":"[') + 10);
  await writeFile(path("wrong.kpack"), damaged);
  expect(() => openPack(path("wrong.kpack"))).toThrow("its classes do not fit its images");
});

it("says what is wrong with the folders", async () => {
  await mkdir(path("empty", "a"), { recursive: true });
  await mkdir(path("empty", "b"), { recursive: true });
  for (const [data, code, words] of [
    ["toy", 2, "the toy faces have no --classes"],
    [path("kinds", "dark"), 4, "1 sub-folders, and --classes needs two or more"],
    [path("empty"), 4, "the sub-folder a has no images"],
    [path("nowhere"), 4, "no such folder"],
  ] as const) {
    const ended = await kintsugi("train", "--data", data, "--classes", "--out", path("never"), ...TINY, "--dry-run");
    expect([ended.code, ended.stderr]).toEqual([code, expect.stringContaining(words)]);
  }
});
