/**
 * What is done with the picture of a request, in a process beside the server: read, checked, cut out for the model, and painted
 * when the search is over. Nothing is kept in between: painting reads the request anew, so that what waits holds no pixels.
 */
import type { Blend, CompletionOptions, Mask } from "@kintsugi/completion";
import {
  type Affine,
  alignment,
  type Channels,
  type FacePoints,
  type FaceTemplate,
  ImageError,
  type Picture,
  templateFor,
} from "@kintsugi/images";
import { encodePicture, pictureSize, readImage, readPicture, resample } from "@kintsugi/images/node";
import {
  type MaskRule,
  type MaskSign,
  type Missing,
  openScene,
  painted,
  parseRegion,
  type Region,
  type Scene,
  signed,
} from "@kintsugi/scene";
import { CommandError } from "@kintsugi/terminal";
import { openFaces } from "../faces.js";
import { MASK_WORDS, wordMask } from "../mask_option.js";
import { type Body, fieldsOf } from "./body.js";
import { type Asked, optionsOf, readFields } from "./fields.js";
import { Refusal } from "./refusal.js";

/** What holds for every request. */
export interface Setting {
  readonly size: number;
  readonly channels: Channels;
  /** Largest body, unpacked. */
  readonly maxBytes: number;
  /** Most pixels of a picture. */
  readonly maxPixels: number;
  /** Where the model has its faces; by default as the landmarks' number says. */
  readonly template?: FaceTemplate | FacePoints | undefined;
}

/** Where in the picture is completed; undefined: its central square. */
export type Place = Region | Affine | undefined;

export interface Prepared {
  readonly image: Float32Array;
  readonly mask: Mask;
  readonly options: CompletionOptions;
  /** Where the answer is the picture at its own size: what `finish` needs to know. */
  readonly place?: Exclude<Place, undefined>;
}

/** What the search found, for the picture at its own size. */
export interface Found {
  readonly place: Exclude<Place, undefined>;
  /** G(z), [size, size, channels] in [−1, 1]. */
  readonly hat: Float32Array;
  readonly blend: Blend;
}

/** Reads and checks a request. Throws Refusal: 400, 413, 415, 501. */
export async function prepare(body: Body, setting: Setting): Promise<Prepared> {
  const asked = readFields(await fieldsOf(body, setting.maxBytes));
  const options = optionsOf(asked);
  const word = wordOf(asked, setting.size);
  const wanted = placeOf(asked, setting);
  if (wanted !== undefined && word?.by === "rule") {
    if (wanted === "auto")
      throw new Refusal(400, "region auto looks for the hole: give a mask image, alpha or color:#rrggbb");
    if (word.block !== undefined)
      throw new Refusal(400, "lowres knows means of blocks alone: leave out region and landmarks");
  }
  await checkPixels("image", asked.image, setting);
  if (asked.mask instanceof Uint8Array) await checkPixels("mask", asked.mask, setting);
  if (wanted === undefined && word?.by === "rule") {
    const { size, channels } = setting;
    const { image } = await named("image", () => readImage(asked.image, { size, channels }));
    return { image: image.values, mask: ruled(asked, word, setting), options };
  }
  const picture = await named("image", () => readPicture(asked.image));
  const place = wanted === "face" ? await faceIn(picture, setting) : wanted;
  const scene = await sceneOf(picture, asked, word, place, setting);
  const { values: image, mask } = await scene.shrink();
  return { image, mask, options, ...(place === undefined ? {} : { place }) };
}

/** The PNG of the whole picture with its hole painted. Takes what `prepare` took. */
export async function finish(body: Body, setting: Setting, { place, hat, blend }: Found): Promise<Uint8Array> {
  const asked = readFields(await fieldsOf(body, setting.maxBytes));
  const picture = await named("image", () => readPicture(asked.image));
  const scene = await sceneOf(picture, asked, wordOf(asked, setting.size), place, setting);
  return encodePicture(await scene.paste(hat, blend));
}

/** A mask by rule, drawn by the request's own seed. */
function ruled({ seed = 0 }: Asked, rule: MaskRule, { size }: Setting): Mask {
  return rule.of(size, { seed });
}

/** A part of the picture, with its hole. */
async function sceneOf(
  picture: Picture,
  asked: Asked,
  word: MaskRule | MaskSign | undefined,
  place: Place,
  setting: Setting,
): Promise<Scene> {
  const hole = word?.by === "rule" ? ruled(asked, word, setting) : await holeIn(picture, asked, word);
  const { size, channels } = setting;
  const options = { model: { size, channels }, resample, place, grow: "auto" } as const;
  return named("region", async () => openScene(picture, hole, options));
}

/** Throws Refusal for a mask of other proportions, and where everything or nothing is missing. */
async function holeIn(
  picture: Picture,
  { mask, missing = "white" }: Asked,
  sign: MaskSign | undefined,
): Promise<Missing> {
  const hole = sign
    ? signed(picture, sign)
    : await named("mask", async () => painted(picture, await readPicture(mask as Uint8Array), missing));
  if (!hole.includes(1)) throw new Refusal(400, "mask: nothing is missing in the image");
  if (!hole.includes(0)) throw new Refusal(400, "mask: everything is missing in the image");
  return hole;
}

/** What the word of a mask means; undefined where it is an image. Throws Refusal. */
function wordOf({ mask = "center" }: Asked, size: number): MaskRule | MaskSign | undefined {
  if (mask instanceof Uint8Array) return undefined;
  try {
    const word = wordMask(mask);
    // Some parameters do not fit the size.
    if (word?.by === "rule") word.of(size, { seed: 0 });
    if (word) return word;
  } catch (error) {
    if (error instanceof RangeError) throw new Refusal(400, `mask ${error.message}`);
    if (!(error instanceof CommandError)) throw error;
    throw new Refusal(400, error.message.replace(/^--/, ""));
  }
  throw new Refusal(400, `mask is none of ${MASK_WORDS.join(", ")}, and no image`);
}

/** `face`: to be found. Throws Refusal. */
function placeOf({ region, landmarks }: Asked, { size, template }: Setting): Place | "face" {
  if (region !== undefined && landmarks !== undefined) {
    throw new Refusal(400, "region says where to complete, and landmarks too: give one of them");
  }
  if (landmarks === "auto") return "face";
  try {
    if (landmarks) return alignment(landmarks, { size, template: template ?? templateFor(landmarks) });
    return region === undefined ? undefined : parseRegion(region);
  } catch (error) {
    if (!(error instanceof ImageError || error instanceof RangeError)) throw error;
    throw new Refusal(400, `${landmarks ? "landmarks" : "region"}: ${error.message}`);
  }
}

/** The finder is large, and loaded when the first request asks for it. Where it is missing, no client is to blame. */
let finder: ReturnType<typeof openFaces> | undefined;

async function faceIn(picture: Picture, { size, template }: Setting): Promise<Affine> {
  finder ??= openFaces({ landmarks: "auto", model: "", ...(template ? { template } : {}) }, size);
  const find = await finder.catch((error: Error) => {
    finder = undefined;
    throw new Refusal(501, `landmarks auto does not work on this server: ${error.message}`);
  });
  return named("image", () => find!("", picture));
}

async function checkPixels(field: string, bytes: Uint8Array, { maxPixels }: Setting): Promise<void> {
  const { width, height } = await named(field, () => pictureSize(bytes));
  if (width * height <= maxPixels) return;
  throw new Refusal(413, `${field} has ${width}×${height} pixels, more than ${maxPixels}; shrink it first`);
}

async function named<T>(field: string, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    if (!(error instanceof ImageError)) throw error;
    throw new Refusal(400, `${field}: ${error.message.replace(/^the image: /, "")}`);
  }
}
