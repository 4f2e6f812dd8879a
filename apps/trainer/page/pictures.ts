/** Training images in the page: toy faces, drawn by the browser, or pictures that a person gives. */
import { fromBytes, fromRgba, toBytes, toRgba } from "@kintsugi/images";
import { toySvg } from "@kintsugi/images/drawing";
import type { TrainingImages } from "../src/batches.js";

/** Seed of the built-in set, the same as the command line's. */
const TOY_SEED = 1;

/** Told how many of how many are done; throw from it to stop. */
export type OnProgress = (done: number, total: number) => void;

export interface ReadPictures {
  readonly images: TrainingImages;
  /** Files that are no pictures the browser can read. */
  readonly skipped: readonly string[];
}

/** A square of a picture. */
interface Tile {
  readonly picture: ImageBitmap | HTMLImageElement;
  readonly left: number;
  readonly top: number;
  readonly side: number;
}

/** The first `count` toy faces of the built-in set, from number `first` on. */
export function drawToyFaces(
  size: number,
  count: number,
  { first = 0, onProgress }: { readonly first?: number; readonly onProgress?: OnProgress } = {},
): Promise<TrainingImages> {
  // Many faces in one drawing: a browser makes a document of its own for each, which costs more than what is in it.
  const strip = async (from: number, length: number): Promise<Tile[]> => {
    const faces = Array.from({ length }, (_, i) => {
      const svg = toySvg(TOY_SEED, first + from + i).replace(/<metadata.*?<\/metadata>/s, "");
      return svg.replace("<svg", `<svg x="${i * size}" width="${size}" height="${size}"`);
    });
    const attributes = `xmlns="http://www.w3.org/2000/svg" width="${length * size}" height="${size}"`;
    const picture = new Image(length * size, size);
    picture.src = `data:image/svg+xml,${encodeURIComponent(`<svg ${attributes}>${faces.join("")}</svg>`)}`;
    await picture.decode();
    return faces.map((_, i) => ({ picture, left: i * size, top: 0, side: size }));
  };
  return collect(size, count, strip, onProgress);
}

/** Pictures by name: of each the central square, shrunk to size×size. */
export async function readPictures(
  files: readonly File[],
  size: number,
  onProgress?: OnProgress,
): Promise<ReadPictures> {
  const name = (file: File) => file.webkitRelativePath || file.name;
  const sorted = [...files].sort((a, b) => (name(a) < name(b) ? -1 : 1));
  const skipped: string[] = [];
  // One at a time: photographs of a camera take a hundred megabytes each until they are shrunk.
  async function* some(from: number, length: number): AsyncGenerator<Tile> {
    for (const file of sorted.slice(from, from + length)) {
      const picture = await createImageBitmap(file).catch(() => undefined);
      if (!picture) {
        skipped.push(name(file));
        continue;
      }
      const side = Math.min(picture.width, picture.height);
      const middle = (length: number) => Math.floor((length - side) / 2);
      yield { picture, left: middle(picture.width), top: middle(picture.height), side };
    }
  }
  return { images: await collect(size, sorted.length, some, onProgress), skipped };
}

/** Pictures between two looks at the page: many at once would hold it up. */
const AT_ONCE = 25;

async function collect(
  size: number,
  count: number,
  get: (from: number, length: number) => Promise<Tile[]> | AsyncIterable<Tile>,
  onProgress: OnProgress = () => {},
): Promise<TrainingImages> {
  const context = new OffscreenCanvas(size, size).getContext("2d", { willReadFrequently: true })!;
  const stride = size * size * 3;
  const bytes = new Uint8Array(count * stride);
  let found = 0;
  for (let from = 0; from < count; from += AT_ONCE) {
    const length = Math.min(AT_ONCE, count - from);
    for await (const { picture, left, top, side } of await get(from, length)) {
      context.clearRect(0, 0, size, size);
      // A picture of that size keeps its bytes.
      context.imageSmoothingEnabled = side !== size;
      context.imageSmoothingQuality = "high";
      context.drawImage(picture, left, top, side, side, 0, 0, size, size);
      if (picture instanceof ImageBitmap) picture.close();
      bytes.set(toBytes(fromRgba(context.getImageData(0, 0, size, size).data, size, size, 3)), found * stride);
      found++;
    }
    onProgress(from + length, count);
    await new Promise((resolve) => setTimeout(resolve));
  }
  return { count: found, size, channels: 3, bytes: bytes.subarray(0, found * stride) };
}

/** Image number `i` as pixels of a canvas. */
export function pixelsOf({ size, bytes }: TrainingImages, i: number): ImageData {
  const stride = size * size * 3;
  const rgba = toRgba(fromBytes(bytes.subarray(i * stride, (i + 1) * stride), size, size, 3));
  return new ImageData(rgba, size, size);
}
