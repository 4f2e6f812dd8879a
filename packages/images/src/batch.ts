import { ImageError } from "./error.js";
import { type Channels, checkLength, type Image } from "./image.js";

/** Batch, height, width, channels: the layout of every image array. */
export type BatchShape = readonly [N: number, H: number, W: number, C: number];

/** Throws ImageError unless there is an image and all are of one size; `what` names the caller. */
export const checkSameSize = (what: string, images: readonly Image[]): Image => {
  const [first] = images;
  if (!first) throw new ImageError(`${what}: no images; pass at least one`);
  images.forEach((image, i) => {
    if (image.width !== first.width || image.height !== first.height)
      throw new ImageError(
        `${what}: image ${i} is ${image.width}×${image.height}, image 0 is ${first.width}×${first.height}; resize them alike`,
      );
    checkLength(image.values.length, image.height, image.width, image.channels);
  });
  return first;
};

/** The images of a batch [N, H, W, C], C 1 or 3. They share its memory: nothing is copied. */
export const unstack = (values: Float32Array, shape: BatchShape): Image[] => {
  const [n, height, width, c] = shape;
  if (c !== 1 && c !== 3) throw new ImageError(`unstack: ${c} channels; an image has 1 or 3`);
  const channels: Channels = c;
  checkLength(values.length, n * height, width, channels);
  const stride = height * width * channels;
  return Array.from({ length: n }, (_, i) => ({
    width,
    height,
    channels,
    values: values.subarray(i * stride, (i + 1) * stride),
  }));
};

/** Images of one size and channel count as one batch [N, H, W, C], copied. */
export const stack = (images: readonly Image[]): { values: Float32Array; shape: BatchShape } => {
  const { width, height, channels } = checkSameSize("stack", images);
  const stride = height * width * channels;
  const values = new Float32Array(images.length * stride);
  images.forEach((image, i) => {
    if (image.channels !== channels)
      throw new ImageError(
        `stack: image ${i} has ${image.channels} channels, image 0 has ${channels}; read them alike`,
      );
    values.set(image.values, i * stride);
  });
  return { values, shape: [images.length, height, width, channels] };
};

/** The least side of a picture that people look at. */
const SHOWN = 256;

/** Each pixel repeated a whole number of times in both directions, until the picture is 256 pixels wide: as people want to see it. */
export const enlarged = (image: Image): Image => {
  const { width, height, channels } = image;
  const times = Math.ceil(SHOWN / width);
  if (times === 1) return image;
  const values = new Float32Array(image.values.length * times * times);
  for (let y = 0, at = 0; y < height * times; y++) {
    const row = Math.floor(y / times) * width;
    for (let x = 0; x < width * times; x++) {
      const from = (row + Math.floor(x / times)) * channels;
      for (let c = 0; c < channels; c++) values[at++] = image.values[from + c]!;
    }
  }
  return { width: width * times, height: height * times, channels, values };
};

/**
 * One picture of many, row by row from the top left: ceil(n / columns) rows. Cells left over are black. Grey images among
 * colour ones become colour. Throws ImageError when the sizes differ.
 */
export const grid = (images: readonly Image[], columns: number = Math.min(8, images.length)): Image => {
  const { width, height } = checkSameSize("grid", images);
  if (!Number.isInteger(columns) || columns < 1)
    throw new ImageError(`grid: ${columns} columns; give a whole number ≥ 1`);
  const channels: Channels = images.some((image) => image.channels === 3) ? 3 : 1;
  const rows = Math.ceil(images.length / columns);
  const values = new Float32Array(rows * height * columns * width * channels).fill(-1);
  images.forEach((image, i) => {
    const top = Math.floor(i / columns) * height;
    const left = (i % columns) * width;
    for (let y = 0; y < height; y++)
      for (let x = 0; x < width; x++)
        for (let c = 0; c < channels; c++)
          values[((top + y) * columns * width + left + x) * channels + c] =
            image.values[(y * width + x) * image.channels + (image.channels === 3 ? c : 0)]!;
  });
  return { width: columns * width, height: rows * height, channels, values };
};
