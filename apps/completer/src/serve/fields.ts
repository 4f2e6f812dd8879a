/** The fields of a request, described once: what checks them, what help and OpenAPI say of them, follows from this. */
import { BLENDS, type CompletionOptions } from "@kintsugi/completion";
import { FORMAT_NAMES } from "@kintsugi/images/node";
import * as v from "valibot";
import { MASK_WORDS } from "../mask_option.js";
import type { Fields } from "./body.js";
import { Refusal } from "./refusal.js";

/** The bytes of a file: a part of a form, or text in base64. */
export const PICTURE = v.instance(Uint8Array);
const POINTS = "landmarks must be 5 or 68 points [[x, y], …] in pixels of the upright image, or auto";

const coordinate = v.pipe(v.number(POINTS), v.finite(POINTS));
const points = v.pipe(
  v.array(v.tuple([coordinate, coordinate], POINTS), POINTS),
  v.check((list) => list.length === 5 || list.length === 68, POINTS),
);

const whole = (name: string, min: number, max: number, description: string) => {
  const wrong = `${name} must be a whole number from ${min} to ${max}`;
  return v.optional(
    v.pipe(
      v.number(wrong),
      v.integer(wrong),
      v.minValue(min, wrong),
      v.maxValue(max, wrong),
      v.description(description),
    ),
  );
};

const word = <const T extends string>(name: string, words: readonly T[], description: string) =>
  v.optional(v.pipe(v.picklist(words, `${name} must be one of ${words.join(", ")}`), v.description(description)));

const LAMBDA = "lambda must be a number from 0 to 1000000";

export const REQUEST = v.strictObject({
  image: v.pipe(PICTURE, v.description(`${FORMAT_NAMES} of any size`)),
  mask: v.optional(
    v.pipe(
      v.union([v.string(), PICTURE]),
      v.description(
        `what is missing: ${MASK_WORDS.join(", ")}, or an image, white or transparent where it is; center by default`,
      ),
    ),
  ),
  missing: word("missing", ["white", "black"], "what is missing in a mask image; white by default"),
  region: v.optional(
    v.pipe(
      v.string("region must be text: x,y,w,h or auto"),
      v.description(
        "a square x,y,w,h of the upright image, or auto, the one around the hole; the answer is the image at its own size",
      ),
    ),
  ),
  landmarks: v.optional(
    v.pipe(
      v.union([v.literal("auto"), points], POINTS),
      v.description(
        "5 points (eyes, nose tip, mouth corners) or 68 (iBUG order) [[x, y], …] in pixels of the upright image, or auto to find " +
          "them: this face is completed, turned; the answer is the image at its own size",
      ),
    ),
  ),
  iterations: whole("iterations", 1, 1000, "steps of the search"),
  seed: whole("seed", 0, 0xffffffff, "the same seed gives the same picture"),
  lambda: v.optional(
    v.pipe(
      v.number(LAMBDA),
      v.minValue(0, LAMBDA),
      v.maxValue(1e6, LAMBDA),
      v.description("how much looking real counts"),
    ),
  ),
  blend: word("blend", BLENDS, "how the hole meets its edge"),
});

export type Asked = v.InferOutput<typeof REQUEST>;
export const FIELDS = Object.keys(REQUEST.entries) as readonly (keyof Asked)[];
const NUMBERS: readonly string[] = ["iterations", "seed", "lambda"];

/** What is said of a field, in help and descriptions. */
export function describe(name: keyof Asked): string {
  const entry = REQUEST.entries[name];
  return v.getDescription("wrapped" in entry ? entry.wrapped : entry) ?? "";
}

/** Checks the fields of a request, as JSON or forms have them. Throws Refusal: 400. */
export function readFields(fields: Fields): Asked {
  const given = Object.fromEntries([...fields].map(([name, value]) => [name, meant(name, value)]));
  const checked = v.safeParse(REQUEST, given, { abortEarly: true });
  if (checked.success) return checked.output;
  const [{ message, path, type }] = checked.issues;
  if (type !== "strict_object") throw new Refusal(400, message);
  const name = String(path?.[0].key);
  if (name === "image") throw new Refusal(400, `image is missing: give a ${FORMAT_NAMES}, in base64 or as a file`);
  throw new Refusal(400, `there is no field ${name.slice(0, 60)}; there are ${FIELDS.join(", ")}`);
}

/** The options that a request gives to its search. */
export function optionsOf({ iterations, seed, lambda, blend }: Asked): CompletionOptions {
  const given = Object.entries({ iterations, seed, lambda, blend }).filter(([, value]) => value !== undefined);
  return Object.fromEntries(given) as CompletionOptions;
}

/** Forms know text alone, and files; JSON knows no files. */
function meant(name: string, value: unknown): unknown {
  if (name === "image") return bytesOf(value, name);
  if (name === "mask") return maskOf(value);
  const text = value instanceof Uint8Array ? Buffer.from(value).toString("utf8") : value;
  if (typeof text !== "string") return text;
  if (NUMBERS.includes(name)) return text.trim() === "" ? text : Number(text);
  return name === "landmarks" && text !== "auto" ? parsed(text) : text;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** A word stays text. No image in base64 is as short, or has their colons. */
function maskOf(value: unknown): unknown {
  if (typeof value !== "string") return bytesOf(value, "mask");
  const text = value.trim();
  const isWord = text.length < 16 || /^[a-z]+:/.test(text);
  return isWord && !/^data:/i.test(text) ? text : bytesOf(text, "mask");
}

/** A file's bytes: as they are, in base64 with or without line ends, or in a data URL. */
function bytesOf(value: unknown, name: string): Uint8Array {
  if (value instanceof Uint8Array) return value;
  const text = typeof value === "string" ? value.replace(/\s+/g, "").replace(/^data:[^,]{0,200};base64,/i, "") : "";
  if (/^[A-Za-z0-9+/_-]+={0,2}$/.test(text)) return Buffer.from(text, "base64");
  throw new Refusal(400, `${name} is neither base64 nor a data URL in base64`);
}
