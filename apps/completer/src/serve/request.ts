/** What a request asks for: JSON or multipart, checked field by field. Knows no queue and no search. */
import type { IncomingMessage } from "node:http";
import { BLENDS, type Blend, type CompletionOptions, type Mask, masks } from "@kintsugi/completion";
import type { DcganConfig } from "@kintsugi/dcgan";
import { type Channels, ImageError } from "@kintsugi/images";
import { readImage, readMask } from "@kintsugi/images/node";
import { MASK_WORDS } from "../mask_option.js";

/** A request that cannot be served, and how that is said. */
export class Refusal extends Error {
  override readonly name = "Refusal";

  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
  }
}

export interface Wanted {
  readonly image: Float32Array;
  readonly mask: Mask;
  readonly options: CompletionOptions;
}

type Fields = ReadonlyMap<string, unknown>;

const NUMBERS = {
  iterations: { whole: true, min: 1, max: 1000 },
  seed: { whole: true, min: 0, max: 0xffffffff },
  lambda: { whole: false, min: 0, max: 1e6 },
} as const;

const FIELDS = ["image", "mask", ...Object.keys(NUMBERS), "blend"];

/** Reads and checks a request. Throws Refusal: 400, 413, 415. */
export async function readRequest(
  request: IncomingMessage,
  maxBytes: number,
  { size, channels }: DcganConfig,
): Promise<Wanted> {
  const fields = await fieldsOf(request, maxBytes);
  for (const name of fields.keys()) {
    if (!FIELDS.includes(name)) throw new Refusal(400, `there is no field ${name}; there are ${FIELDS.join(", ")}`);
  }
  const picture = bytesOf(fields.get("image"), "image");
  if (!picture) throw new Refusal(400, "image is missing: give a PNG, JPEG or WebP, in base64 or as a file");
  const options = optionsOf(fields);
  const mask = await maskOf(fields.get("mask") ?? "center", size, options.seed ?? 0);
  const { image } = await named("image", () => readImage(picture, { size, channels: channels as Channels }));
  return { image: image.values, mask, options };
}

async function fieldsOf(request: IncomingMessage, maxBytes: number): Promise<Fields> {
  const type = request.headers["content-type"] ?? "";
  const json = /^application\/json\b/i.test(type);
  if (!json && !/^multipart\/form-data\b/i.test(type)) {
    throw new Refusal(415, "send application/json or multipart/form-data");
  }
  const body = await bodyOf(request, maxBytes);
  try {
    if (!json) {
      const form = await new Response(body, { headers: { "content-type": type } }).formData();
      const whole = async (part: string | File) => (typeof part === "string" ? part : Buffer.from(await part.bytes()));
      return new Map(await Promise.all([...form].map(async ([name, part]) => [name, await whole(part)] as const)));
    }
    const object: unknown = JSON.parse(Buffer.from(body).toString("utf8"));
    if (typeof object === "object" && object !== null && !Array.isArray(object)) return new Map(Object.entries(object));
  } catch {
    throw new Refusal(400, `the body is no ${json ? "JSON" : "multipart form"}: it is damaged or cut short`);
  }
  throw new Refusal(400, "the body is no JSON object");
}

async function bodyOf(request: IncomingMessage, maxBytes: number): Promise<Uint8Array<ArrayBuffer>> {
  const refusal = new Refusal(413, `the body is larger than ${maxBytes} bytes; shrink the image first`);
  if (Number(request.headers["content-length"]) > maxBytes) throw refusal;
  const parts: Buffer[] = [];
  let length = 0;
  for await (const part of request as AsyncIterable<Buffer>) {
    length += part.length;
    if (length > maxBytes) throw refusal;
    parts.push(part);
  }
  return Uint8Array.from(Buffer.concat(parts));
}

/** A file's bytes: as they are, in base64, or in a data URL. */
function bytesOf(value: unknown, name: string): Buffer | undefined {
  if (value === undefined || value instanceof Buffer) return value;
  const text = typeof value === "string" ? value.replace(/^data:[^,]*;base64,/, "") : "";
  if (text !== "" && /^[A-Za-z0-9+/_-]+={0,2}\s*$/.test(text)) return Buffer.from(text, "base64");
  throw new Refusal(400, `${name} is neither base64 nor a data URL in base64`);
}

async function maskOf(value: unknown, size: number, seed: number): Promise<Mask> {
  if (typeof value === "string" && MASK_WORDS.includes(value)) {
    if (value === "center") return masks.center(size);
    if (value === "random") return masks.random(size, { fraction: 0.2, seed });
    if (value === "pattern" || value === "strokes") return masks[value](size, { seed });
    return masks.PLAIN_MASKS[value as keyof typeof masks.PLAIN_MASKS](size);
  }
  if (typeof value === "string" && value.length < 16) {
    throw new Refusal(400, `mask is none of ${MASK_WORDS.join(", ")}, and no image`);
  }
  const bytes = bytesOf(value, "mask")!;
  const { grey, alpha } = await named("mask", () => readMask(bytes, size));
  return masks.fromPixels(size, grey, alpha);
}

function optionsOf(fields: Fields): CompletionOptions {
  const options: { iterations?: number; seed?: number; lambda?: number; blend?: Blend } = {};
  for (const [name, { whole, min, max }] of Object.entries(NUMBERS)) {
    const given = fields.get(name);
    if (given === undefined) continue;
    const value = typeof given === "string" && given.trim() !== "" ? Number(given) : given;
    const fits = typeof value === "number" && value >= min && value <= max && (!whole || Number.isInteger(value));
    if (!fits) throw new Refusal(400, `${name} must be a ${whole ? "whole " : ""}number from ${min} to ${max}`);
    options[name as keyof typeof NUMBERS] = value;
  }
  const blend = fields.get("blend");
  if (blend === undefined) return options;
  if (!BLENDS.includes(blend as Blend)) throw new Refusal(400, `blend must be one of ${BLENDS.join(", ")}`);
  return { ...options, blend: blend as Blend };
}

async function named<T>(field: string, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    if (!(error instanceof ImageError)) throw error;
    throw new Refusal(400, `${field}: ${error.message.replace(/^the image: /, "")}`);
  }
}
