/** What is done with pictures beside the server, in this process: faces found by themselves. */
import { ImageError, type Landmarks } from "@kintsugi/images";
import type { LandmarkProvider, Picture } from "@kintsugi/images/node";
import sharp from "sharp";
import { expect, it, vi } from "vitest";
import { prepare, type Setting } from "../src/serve/pictures.js";

/** Finds what it is told to, at once. */
const finder = vi.hoisted(() => ({ missing: "", faces: [] as Landmarks[], asked: [] as [number, number][] }));
vi.mock(import("@kintsugi/images/node"), async (original) => {
  const images = await original();
  const faceApiProvider = async (): Promise<LandmarkProvider> => {
    if (finder.missing) throw new ImageError(finder.missing);
    const find = async (_: string, { width, height }: Pick<Picture, "width" | "height">) => {
      finder.asked.push([width, height]);
      return finder.faces;
    };
    return { none: "no face found", find };
  };
  return { ...images, faceApiProvider };
});

const place = [0.3, 0.4] as const;
const SETTING: Setting = {
  ...{ size: 16, channels: 3, maxBytes: 100_000, maxPixels: 10_000 },
  template: [place, [0.7, 0.4], [0.5, 0.6], [0.35, 0.8], [0.65, 0.8]],
};

it("finds the face itself where landmarks are auto, and says why it cannot", async () => {
  const [width, height] = [70, 50];
  const background = { r: 90, g: 60, b: 30, alpha: 0.4 };
  const image = await sharp({ create: { width, height, channels: 4, background } })
    .png()
    .toBuffer();
  const small = [
    [1, 1],
    [5, 1],
    [3, 3],
    [1, 5],
    [5, 5],
  ] as const satisfies Landmarks;
  const face = [
    [25, 20],
    [38, 15],
    [34, 25],
    [31, 33],
    [41, 30],
  ] as const satisfies Landmarks;
  const prepared = (landmarks: unknown) => {
    const body = JSON.stringify({ image: image.toString("base64"), mask: "center", landmarks });
    return prepare({ type: "application/json", encoding: "identity", bytes: Buffer.from(body) }, SETTING);
  };
  const refused = () =>
    prepared("auto").then(
      () => "taken",
      ({ status, message }) => `${status} ${message}`,
    );
  finder.missing = "finding faces takes a package";
  expect(await refused()).toBe("501 landmarks auto does not work on this server: finding faces takes a package");
  // It may be installed meanwhile.
  finder.missing = "";
  expect(await refused()).toBe("400 image: no face found; give its landmarks, or a region instead");
  finder.faces = [small, face];
  expect(await prepared("auto")).toEqual(await prepared(face));
  expect(finder.asked).toEqual(Array(2).fill([width, height]));
});
