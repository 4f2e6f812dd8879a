/** `kintsugi pack`, and that training from the pack is training from the folder, to the byte. */
import { execFileSync } from "node:child_process";
import { mkdir, readdir, readFile, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fromBytes } from "@kintsugi/images";
import { loadFolder, writePng } from "@kintsugi/images/node";
import { toyFace } from "@kintsugi/images/toy";
import { readSafetensors, writeSafetensors } from "@kintsugi/nn";
import { CommandError } from "@kintsugi/terminal";
import { afterAll, beforeAll, expect, it } from "vitest";
import { createBatches } from "../src/batches.js";
import { openPack } from "../src/pack.js";
import { kintsugi, lines, manyPictures, metadataOf, said, start, TINY, temporary, trained } from "./command.js";

let at: Awaited<ReturnType<typeof temporary>>;
const path = (...names: string[]) => join(at.path, ...names);

/** Ten faces of several sizes in two folders, and one file in the middle that is none. */
beforeAll(async () => {
  at = await temporary();
  for (const name of ["a", "b"]) await mkdir(path("faces", name), { recursive: true });
  for (let i = 0; i < 10; i++) {
    const size = 16 + 8 * (i % 3);
    await writePng(path("faces", i < 5 ? "a" : "b", `${i}.png`), fromBytes(toyFace(3, i, size), size, size, 3));
  }
  await writeFile(path("faces", "a", "2b.png"), "no picture");
  const ended = await kintsugi("pack", path("faces"), "--out", path("faces.kpack"), "--size", "16", "--json");
  expect(ended.code, ended.stderr).toBe(0);
  expect(lines(ended)).toEqual([{ t: "pack", path: path("faces.kpack"), count: 10, skipped: 1, size: 16 }]);
  expect(ended.stderr).toContain("skipped a/2b.png: not an image");
});
afterAll(() => at.remove());

it("is a safetensors file of the folder's bytes and names, and leaves nothing beside it", async () => {
  const folder = await loadFolder(path("faces"), { size: 16, channels: 3 });
  const { tensors, metadata } = readSafetensors(await readFile(path("faces.kpack")));
  expect(tensors.get("images")?.shape).toEqual([10, 16, 16, 3]);
  expect(Buffer.from(tensors.get("images")!.values.buffer as ArrayBuffer).includes(Buffer.from(folder.images))).toBe(
    true,
  );
  expect(JSON.parse(metadata.names!)).toEqual(folder.names);
  expect((await readdir(at.path)).filter((name) => name.startsWith("."))).toEqual([]);
});

it("gives the batches that the folder gives, mirrored ones too", async () => {
  const { images, names } = await loadFolder(path("faces"), { size: 16, channels: 3 });
  const pack = openPack(path("faces.kpack"));
  expect(pack).toMatchObject({ count: 10, size: 16, channels: 3, crop: "center", names });
  const options = { perStep: 4, seed: 9, flip: true };
  const fromFolder = createBatches({ count: 10, size: 16, channels: 3, bytes: images }, options);
  const fromPack = createBatches(pack, options);
  for (let step = 0; step < 6; step++) expect(fromPack(step)).toEqual(fromFolder(step));
});

it("trains to the same bytes as from the folder, which can take the run up", async () => {
  const common = [...TINY, "--validation", "2", "--score-every", "0", "--device", "cpu"];
  await trained("--data", path("faces.kpack"), "--out", path("packed"), ...common, "--steps", "3");
  await trained("--data", path("faces"), "--out", path("loose"), ...common, "--steps", "3");
  const tensorsOf = async (run: string) => readSafetensors(await readFile(path(run, "checkpoint.safetensors"))).tensors;
  expect(await tensorsOf("packed")).toEqual(await tensorsOf("loose"));
  await trained("--resume", "--data", path("faces"), "--out", path("packed"), "--steps", "4", "--device", "cpu");
  expect((await metadataOf(path("packed", "model.safetensors"))).step).toBe("4");
});

it("stopped by Ctrl-C it ends in 130 and leaves nothing, and packs when called again", async () => {
  const names = await manyPictures(path("many"), 60);
  const args = ["pack", path("many"), "--out", path("many.kpack"), "--size", "16"];
  const started = start(...args);
  await said(started, "packing");
  started.child.kill("SIGINT");
  expect((await started.ended).code).toBe(130);
  expect((await readdir(at.path)).filter((name) => name.includes("many.kpack"))).toEqual([]);
  expect((await kintsugi(...args)).code).toBe(0);
  expect(openPack(path("many.kpack")).names).toEqual(names);
});

it("explains a pack of another size, a damaged one, and one that exists", async () => {
  const run = ["--out", path("never"), "--steps", "1"];
  const other = await kintsugi("train", "--data", path("faces.kpack"), ...run, ...TINY, "--size", "32");
  expect([other.code, other.stderr]).toMatchObject([4, expect.stringContaining("holds 16×16 images of 3 channels")]);
  const nameless = await kintsugi("pack", path("faces"), "--out", path("faces.png"));
  expect(nameless).toMatchObject({ code: 2, stderr: expect.stringContaining("ends in .kpack") });
  const again = await kintsugi("pack", path("faces"), "--out", path("faces.kpack"));
  expect([again.code, again.stderr]).toMatchObject([2, expect.stringContaining("--overwrite")]);
  await writeFile(path("cut.kpack"), await readFile(path("faces.kpack")));
  await truncate(path("cut.kpack"), 2000);
  expect(() => openPack(path("cut.kpack"))).toThrow(/cut\.kpack: truncated.*make it with kintsugi pack/);
});

it("refuses an image whose bytes are not those that were packed, by name", async () => {
  const bytes = await readFile(path("faces.kpack"));
  bytes[bytes.length - 1]! ^= 1;
  await writeFile(path("flipped.kpack"), bytes);
  const ended = await kintsugi(
    "train",
    "--data",
    path("flipped.kpack"),
    "--out",
    path("never"),
    "--steps",
    "1",
    ...TINY,
  );
  const wanted = "the checksum of image b/9.png is wrong: the pack is damaged; make it with kintsugi pack";
  expect(ended).toMatchObject({ code: 4, stderr: expect.stringContaining(wanted) });
});

it("refuses damaged metadata in one line", async () => {
  const { tensors, metadata } = readSafetensors(await readFile(path("faces.kpack")));
  const damaged = [
    { names: "[" },
    { names: '{"a":1}' },
    { names: "[1]" },
    { names: '["only one"]' },
    { crop: "sideways" },
    { checksums: "AAAA" },
    { classes: "null", labels: "null" },
    { classes: '["a","b"]', labels: '["x"]' },
    { classes: '["a","b"]', labels: JSON.stringify(Array(10).fill(2)) },
  ];
  for (const part of damaged) {
    await writeFile(path("odd.kpack"), writeSafetensors(tensors, { ...metadata, ...part }));
    expect(() => openPack(path("odd.kpack"))).toThrow(CommandError);
    expect(() => openPack(path("odd.kpack"))).toThrow(/odd\.kpack: its .*; make it with kintsugi pack$/);
  }
  await writeFile(path("plain.kpack"), writeSafetensors(tensors));
  expect(openPack(path("plain.kpack"))).toMatchObject({ count: 10, crop: "none", names: [] });
});

it("on a disk that is too small ends in 1, names the file, and leaves nothing", async ({ skip }) => {
  await mkdir(path("disk"));
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=8k", "tmpfs", path("disk")], { stdio: "ignore" });
  } catch {
    skip("no disk of its own can be mounted here, so that none can be filled");
  }
  try {
    const ended = await kintsugi("pack", path("faces"), "--out", path("disk", "p.kpack"), "--size", "32");
    expect(ended).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/cannot write .*p\.kpack: the disk is full/),
    });
    expect(await readdir(path("disk"))).toEqual([]);
  } finally {
    execFileSync("umount", [path("disk")]);
  }
});
