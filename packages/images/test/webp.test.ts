/** Films as WebP, read back. */
import sharp from "sharp";
import { expect, it } from "vitest";
import { type Channels, fromBytes, type Image, ImageError } from "../src/index.js";
import { encodeWebpFilm } from "../src/node.js";

const [WIDTH, HEIGHT] = [24, 16];
const flat = (level: number, channels: Channels, width = WIDTH): Image =>
  fromBytes(new Uint8Array(width * HEIGHT * channels).fill(level), width, HEIGHT, channels);

it("keeps every frame, its colours and its time", async () => {
  const red = fromBytes(
    Uint8Array.from({ length: WIDTH * HEIGHT * 3 }, (_, i) => (i % 3 === 0 ? 220 : 10)),
    WIDTH,
    HEIGHT,
    3,
  );
  const film = await encodeWebpFilm([red, flat(60, 1), flat(200, 3)], { delay: 70, repeat: 2 });
  const { pages, pageHeight, width, delay, loop } = await sharp(film, { animated: true }).metadata();
  expect({ pages, pageHeight, width, delay, loop }).toEqual({
    ...{ pages: 3, pageHeight: HEIGHT, width: WIDTH, delay: [70, 70, 70], loop: 2 },
  });
  for (const [page, wanted] of [
    [220, 10, 10],
    [60, 60, 60],
    [200, 200, 200],
  ].entries()) {
    const { data } = await sharp(film, { page }).removeAlpha().raw().toBuffer({ resolveWithObject: true });
    const middle = 3 * (WIDTH * 8 + 12);
    wanted.forEach((level, c) => {
      expect(Math.abs(data[middle + c]! - level)).toBeLessThan(6);
    });
  }
});

it("refuses what is no film", async () => {
  await expect(encodeWebpFilm([])).rejects.toThrow(ImageError);
  await expect(encodeWebpFilm([flat(1, 3), flat(1, 3, 8)])).rejects.toThrow(ImageError);
  await expect(encodeWebpFilm([flat(1, 3)], { delay: 0.5 })).rejects.toThrow("whole milliseconds");
});
