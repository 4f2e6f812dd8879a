/** Whole pictures: decoded upright, given back byte for byte, with their profile. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { afterAll, beforeAll, expect, it } from "vitest";
import { encodePicture, readPicture, resample, withChannels, writePicture } from "../src/node.js";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "kintsugi-pictures-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const noise = (length: number) => Uint8Array.from({ length }, (_, i) => (i * 2654435761) >>> 24);

it("gives every byte back, and the profile with it", async () => {
  const bytes = noise(5 * 4 * 3);
  const path = join(folder, "p3.png");
  await sharp(bytes, { raw: { width: 5, height: 4, channels: 3 } })
    .withIccProfile("p3")
    .toFile(path);
  const picture = await readPicture(path);
  expect(picture).toMatchObject({ width: 5, height: 4, channels: 3 });
  expect(picture.icc!.length).toBeGreaterThan(100);

  const again = join(folder, "again.png");
  await writePicture(again, picture);
  const read = await readPicture(again);
  expect(read.bytes).toEqual(picture.bytes);
  expect(Buffer.from(read.icc!)).toEqual(Buffer.from(picture.icc!));
  expect(read.alpha).toBeUndefined();
});

it("turns pictures upright", async () => {
  const path = join(folder, "turned.png");
  const wide = sharp(noise(6 * 2 * 3), { raw: { width: 6, height: 2, channels: 3 } });
  await wide.withMetadata({ orientation: 6 }).png().toFile(path);
  expect(await readPicture(path)).toMatchObject({ width: 2, height: 6 });
});

it.each([1, 3] as const)("keeps alpha beside %i channels, and drops it where all is opaque", async (channels) => {
  const alpha = Uint8Array.of(255, 0, 7, 255);
  const picture = { width: 2, height: 2, channels, bytes: noise(4 * channels), alpha };
  const path = join(folder, `alpha-${channels}.png`);
  await writePicture(path, picture);
  const read = await readPicture(path);
  expect(read.bytes).toEqual(picture.bytes);
  expect(read.alpha).toEqual(alpha);
  expect(read.channels).toBe(channels);
  const opaque = encodePicture({ ...picture, alpha: new Uint8Array(4).fill(255) });
  expect((await sharp(opaque).metadata()).hasAlpha).toBe(false);
});

it("resamples, and changes channels", async () => {
  const grey = new Uint8Array(64).fill(90);
  const small = await resample(grey, { width: 8, height: 8, channels: 1 }, { width: 4, height: 4 });
  expect(small).toEqual(new Uint8Array(16).fill(90));
  expect(withChannels(small, 1, 3)).toEqual(new Uint8Array(48).fill(90));
  expect(withChannels(withChannels(small, 1, 3), 3, 1)).toEqual(small);
});

it("says what is wrong with a file", async () => {
  await expect(readPicture(join(folder, "none.png"))).rejects.toThrow("no such file; check the path");
});
