/** What a request asks for: JSON or multipart, checked field by field, and how its answer is made. Knows no queue. */
import type { IncomingMessage } from "node:http";
import { BLENDS, type Blend, type Completed, type CompletionOptions, type Mask } from "@kintsugi/completion";
import type { DcganConfig } from "@kintsugi/dcgan";
import {
  type Affine,
  alignment,
  type Channels,
  type FacePoints,
  type FaceTemplate,
  ImageError,
  type Landmarks,
  templateFor,
} from "@kintsugi/images";
import {
  encodePicture,
  encodePng,
  type Picture,
  pictureSize,
  readImage,
  readPicture,
  resample,
} from "@kintsugi/images/node";
import {
  type MaskRule,
  type MaskSign,
  type Missing,
  openScene,
  painted as paintedOver,
  parseRegion,
  type Region,
  type Scene,
  signed,
} from "@kintsugi/scene";
import { CommandError } from "@kintsugi/terminal";
import { MASK_WORDS, wordMask } from "../mask_option.js";
import { type Fields, fieldsOf, Refusal } from "./body.js";

export interface RequestLimits {
  /** Largest body. */
  readonly maxBytes: number;
  /** Most pixels of a picture. */
  readonly maxPixels: number;
}

export interface Faces {
  /** Where the model has its faces; by default as the landmarks' number says. */
  readonly template?: FaceTemplate | FacePoints | undefined;
  /** The map of the largest face in a picture to the model's. Throws ImageError where there is none, Refusal: 501. */
  find(picture: Picture): Promise<Affine>;
}

export interface Wanted {
  readonly image: Float32Array;
  readonly mask: Mask;
  readonly options: CompletionOptions;
  /** The PNG of the answer: at the model's size, or the picture at its own where a region or a face was asked for. */
  finish(completed: Completed, blend: Blend): Promise<Uint8Array>;
}

export const NUMBERS = {
  iterations: { whole: true, min: 1, max: 1000 },
  seed: { whole: true, min: 0, max: 0xffffffff },
  lambda: { whole: false, min: 0, max: 1e6 },
} as const;

export const FIELDS = ["image", "mask", "missing", "region", "landmarks", ...Object.keys(NUMBERS), "blend"] as const;

/** Words for `mask`, beside images. */
export const MASK_NAMES = MASK_WORDS;

/** Reads and checks a request. Throws Refusal: 400, 413, 415, 501. */
export async function readRequest(
  request: IncomingMessage,
  limits: RequestLimits,
  config: DcganConfig,
  faces: Faces,
): Promise<Wanted> {
  const fields = await fieldsOf(request, limits.maxBytes);
  for (const name of fields.keys()) {
    if (!(FIELDS as readonly string[]).includes(name)) {
      throw new Refusal(400, `there is no field ${name}; there are ${FIELDS.join(", ")}`);
    }
  }
  const bytes = bytesOf(fields.get("image"), "image");
  if (!bytes) throw new Refusal(400, "image is missing: give a PNG, JPEG or WebP, in base64 or as a file");
  const options = optionsOf(fields);
  const missing = oneOf(fields, "missing", ["white", "black"] as const) ?? "white";
  const given = fields.get("mask") ?? "center";
  const word = typeof given === "string" ? wordOf(given, config.size) : undefined;
  const painted = word ? undefined : bytesOf(given, "mask")!;
  const place = placeOf(fields, config.size, faces.template);
  if (place !== undefined && word?.by === "rule") {
    if (place === "auto")
      throw new Refusal(400, "region auto looks for the hole: give a mask image, alpha or color:#rrggbb");
    if (word.block !== undefined)
      throw new Refusal(400, "lowres knows means of blocks alone: leave out region and landmarks");
  }
  await named("image", () => checkPixels(bytes, limits));
  if (painted) await named("mask", () => checkPixels(painted, limits));
  const mask = word?.by === "rule" ? word.of(config.size, { seed: options.seed ?? 0 }) : undefined;
  if (place === undefined && mask) return square(bytes, mask, config, options);
  const picture = await named("image", () => readPicture(bytes));
  const hole = mask ?? (await holeIn(picture, word as MaskSign | undefined, painted, missing));
  const model = { size: config.size, channels: config.channels as Channels };
  const at = place === "face" ? await named("image", () => faces.find(picture)) : place;
  const scene = await named("region", async () =>
    openScene(picture, hole, { model, resample, place: at, grow: "auto" }),
  );
  return whole(scene, place !== undefined, config, options);
}

/** The central square of the image, at the model's size. */
async function square(
  bytes: Buffer,
  mask: Mask,
  { size, channels: count }: DcganConfig,
  options: CompletionOptions,
): Promise<Wanted> {
  const channels = count as Channels;
  const { image } = await named("image", () => readImage(bytes, { size, channels }));
  return { image: image.values, mask, options, finish: async (completed) => encode(completed, size, channels) };
}

/** A part of the picture; `full`: the answer is the picture at its own size. */
async function whole(
  scene: Scene,
  full: boolean,
  { size, channels }: DcganConfig,
  options: CompletionOptions,
): Promise<Wanted> {
  const { values, mask } = await scene.shrink();
  return {
    ...{ image: values, mask, options },
    finish: async (completed, blend) =>
      full ? encodePicture(await scene.paste(completed.hat, blend)) : encode(completed, size, channels as Channels),
  };
}

function encode({ image }: Completed, size: number, channels: Channels): Uint8Array {
  return encodePng({ width: size, height: size, channels, values: image });
}

/** Throws Refusal for a mask of other proportions, and where everything or nothing is missing. */
async function holeIn(
  picture: Picture,
  sign: MaskSign | undefined,
  painted: Buffer | undefined,
  missing: "white" | "black",
): Promise<Missing> {
  const hole = painted
    ? await named("mask", async () => paintedOver(picture, await readPicture(painted), missing))
    : signed(picture, sign!);
  if (!hole.includes(1)) throw new Refusal(400, "mask: nothing is missing in the image");
  if (!hole.includes(0)) throw new Refusal(400, "mask: everything is missing in the image");
  return hole;
}

/** A word of `MASK_NAMES`; undefined for what may be an image. Throws Refusal. */
function wordOf(name: string, size: number): MaskRule | MaskSign | undefined {
  try {
    const kind = wordMask(name);
    if (kind?.by === "rule") kind.of(size, { seed: 0 });
    if (kind || name.length >= 16) return kind;
  } catch (error) {
    if (error instanceof RangeError) throw new Refusal(400, `mask ${error.message}`);
    if (!(error instanceof CommandError)) throw error;
    throw new Refusal(400, error.message.replace(/^--/, ""));
  }
  throw new Refusal(400, `mask is none of ${MASK_NAMES.join(", ")}, and no image`);
}

/** `face`: to be found. Throws Refusal. */
function placeOf(fields: Fields, size: number, template: Faces["template"]): Region | Affine | "face" | undefined {
  const [region, landmarks] = [fields.get("region"), fields.get("landmarks")];
  if (region !== undefined && landmarks !== undefined) {
    throw new Refusal(400, "region says where to complete, and landmarks too: give one of them");
  }
  if (region !== undefined) return regionOf(region);
  if (landmarks === undefined) return undefined;
  if (landmarks === "auto") return "face";
  const face = landmarksOf(landmarks);
  try {
    return alignment(face, { size, template: template ?? templateFor(face) });
  } catch (error) {
    if (!(error instanceof ImageError)) throw error;
    throw new Refusal(400, `landmarks: ${error.message}`);
  }
}

function regionOf(value: unknown): Region {
  try {
    return parseRegion(String(value));
  } catch (error) {
    throw new Refusal(400, `region: ${(error as Error).message}`);
  }
}

/** Points [[x, y], …], as JSON or as its text. */
function landmarksOf(value: unknown): Landmarks {
  let points = value;
  try {
    if (typeof value === "string") points = JSON.parse(value);
  } catch {
    points = undefined;
  }
  const isPoint = (point: unknown) =>
    Array.isArray(point) && point.length === 2 && point.every((number) => Number.isFinite(number));
  if (Array.isArray(points) && [5, 68].includes(points.length) && points.every(isPoint)) return points as Landmarks;
  throw new Refusal(400, "landmarks must be 5 or 68 points [[x, y], …] in pixels of the upright image, or auto");
}

async function checkPixels(bytes: Buffer, { maxPixels }: RequestLimits): Promise<void> {
  const { width, height } = await pictureSize(bytes);
  if (width * height <= maxPixels) return;
  throw new Refusal(413, `the picture has ${width}×${height} pixels, more than ${maxPixels}; shrink it first`);
}

/** A file's bytes: as they are, in base64, or in a data URL. */
function bytesOf(value: unknown, name: string): Buffer | undefined {
  if (value === undefined || value instanceof Buffer) return value;
  const text = typeof value === "string" ? value.replace(/^data:[^,]*;base64,/, "") : "";
  if (text !== "" && /^[A-Za-z0-9+/_-]+={0,2}\s*$/.test(text)) return Buffer.from(text, "base64");
  throw new Refusal(400, `${name} is neither base64 nor a data URL in base64`);
}

function optionsOf(fields: Fields): CompletionOptions {
  const options: { iterations?: number; seed?: number; lambda?: number } = {};
  for (const [name, { whole, min, max }] of Object.entries(NUMBERS)) {
    const given = fields.get(name);
    if (given === undefined) continue;
    const value = typeof given === "string" && given.trim() !== "" ? Number(given) : given;
    const fits = typeof value === "number" && value >= min && value <= max && (!whole || Number.isInteger(value));
    if (!fits) throw new Refusal(400, `${name} must be a ${whole ? "whole " : ""}number from ${min} to ${max}`);
    options[name as keyof typeof NUMBERS] = value;
  }
  const blend = oneOf(fields, "blend", BLENDS);
  return blend === undefined ? options : { ...options, blend };
}

function oneOf<T extends string>(fields: Fields, name: string, words: readonly T[]): T | undefined {
  const given = fields.get(name);
  if (given === undefined || words.includes(given as T)) return given as T | undefined;
  throw new Refusal(400, `${name} must be one of ${words.join(", ")}`);
}

async function named<T>(field: string, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    if (!(error instanceof ImageError)) throw error;
    throw new Refusal(400, `${field}: ${error.message.replace(/^the image: /, "")}`);
  }
}
