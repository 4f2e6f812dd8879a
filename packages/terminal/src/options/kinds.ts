/**
 * Kinds of option values: how each is read from a flag's text and from a configuration file, and its JSON schema.
 * A value that is refused throws one sentence that says what to give.
 */
import { InvalidArgumentError } from "commander";
import * as parsers from "../parsers.js";

/** The part of JSON Schema that options need. */
export interface JsonSchema {
  readonly type?: "boolean" | "integer" | "number" | "string" | "array";
  readonly enum?: readonly (string | number | boolean)[];
  readonly const?: string | number | boolean;
  readonly anyOf?: readonly JsonSchema[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: number;
  readonly exclusiveMaximum?: number;
  readonly pattern?: string;
}

export interface Kind<T> {
  /** What stands in a flag's brackets, such as `pixels`; without it the flag takes no value. */
  readonly placeholder?: string;
  /** Of the value in a configuration file. */
  readonly schema: JsonSchema;
  /** Takes a flag's text. Throws `InvalidArgumentError`. */
  parse(text: string): T;
  /** Takes a value of a configuration file. Throws `InvalidArgumentError`. */
  read(value: unknown): T;
  /** The value as a configuration file holds it; by default as it is. */
  print?(value: T): unknown;
  /** The text that a flag without its value stands for, where the value may be left out. */
  readonly bare?: string;
}

/** A kind from its parser. A value of a file passes the same parser, after a check of its JSON type. */
export function custom<T>(
  placeholder: string,
  schema: JsonSchema,
  parse: parsers.Parser<T>,
  print?: (value: T) => unknown,
): Kind<T> {
  return {
    placeholder,
    schema,
    parse,
    read(value) {
      const parsed = parse(String(value));
      if (!hasType(schema, value)) {
        const quoted = typeof value === "string" ? ", without quotes" : "";
        throw new InvalidArgumentError(`Give ${typeNames(schema).join(" or ")}${quoted}.`);
      }
      return parsed;
    },
    ...(print ? { print } : {}),
  };
}

/** On or off: the flag takes no value. */
export const flag: Kind<boolean> = {
  schema: { type: "boolean" },
  parse(text) {
    if (text !== "true" && text !== "false") throw new InvalidArgumentError("Give true or false.");
    return text === "true";
  },
  read(value) {
    if (typeof value !== "boolean") throw new InvalidArgumentError("Give true or false.");
    return value;
  },
};

/** A whole number of at least 1. */
export function positiveInteger(unit: string): Kind<number> {
  return custom(unit, { type: "integer", minimum: 1 }, parsers.positiveInteger(unit));
}

/** A whole number of at least 0, where 0 stands for none or never. */
export function count(unit: string): Kind<number> {
  return custom(unit, { type: "integer", minimum: 0 }, parsers.count(unit));
}

/** A number above 0. */
export function positiveNumber(unit?: string): Kind<number> {
  return custom(unit ?? "number", { type: "number", exclusiveMinimum: 0 }, parsers.positiveNumber(unit));
}

/** A number in a range: `numberBetween("decay", { min: 0, max: 1, below: true })`. */
export function numberBetween(placeholder: string, range: parsers.Range): Kind<number> {
  const { min, max, above, below } = range;
  const schema = {
    type: "number",
    ...(above ? { exclusiveMinimum: min } : { minimum: min }),
    ...(below ? { exclusiveMaximum: max } : { maximum: max }),
  } as const;
  return custom(placeholder, schema, parsers.numberBetween(range));
}

/** One of some words. */
export function choice<const T extends string>(words: readonly T[], placeholder = "which"): Kind<T> {
  return custom(placeholder, { enum: words }, parsers.choice(words));
}

/** Any text: a path, a name. */
export function text(placeholder: string): Kind<string> {
  return custom(placeholder, { type: "string" }, (given) => given);
}

/** A file name that ends in `.png` or whatever is given. */
export function fileName(ending: string): Kind<string> {
  const pattern = `\\${ending}$`;
  return custom(`file${ending}`, { type: "string", pattern }, parsers.fileName(ending));
}

/** An unsigned 32-bit whole number. */
export const seed: Kind<number> = custom("n", { type: "integer", minimum: 0, maximum: 0xffffffff }, parsers.seed);

/** Numbers from 0 and ranges of them: `0,3,7-9`. */
export function indices(unit: string): Kind<readonly number[]> {
  return custom(unit, { type: "string", pattern: "^[0-9, -]+$" }, parsers.indices(unit), (list) => list.join(","));
}

/** Whole numbers of at least 1 with commas between them. */
export function positiveIntegers(unit: string): Kind<readonly number[]> {
  const parse = parsers.positiveIntegers(unit);
  return custom(unit, { type: "string", pattern: "^[0-9, ]+$" }, parse, (list) => list.join(","));
}

/** A text that `read` understands; what it throws is the complaint. */
export function parsedBy<T>(placeholder: string, read: (given: string) => T, print: (value: T) => unknown): Kind<T> {
  return custom(placeholder, { type: "string" }, parsers.parsedBy(read), print);
}

/** Whole numbers in a range of their own, such as ports. */
export function integerBetween(placeholder: string, min: number, max: number): Kind<number> {
  return custom(placeholder, { type: "integer", minimum: min, maximum: max }, (given) => {
    const value = given.trim() === "" ? Number.NaN : Number(given);
    if (Number.isInteger(value) && value >= min && value <= max) return value;
    throw new InvalidArgumentError(`Give a whole number from ${min} to ${max}.`);
  });
}

/** A word that means `value`, or another kind: `either("off", false, kinds.positiveInteger("pixels"))`. */
export function either<const V extends string | false, T>(word: string, value: V, other: Kind<T>): Kind<V | T> {
  return {
    ...(other.placeholder === undefined ? {} : { placeholder: other.placeholder }),
    schema: { anyOf: [{ const: value }, other.schema] },
    parse: (given) => (given === word || given === String(value) ? value : other.parse(given)),
    read: (given) => (given === value ? value : other.read(given)),
    print: (given) => (given === value ? value : other.print ? other.print(given as T) : given),
  };
}

/** A value that may be left out behind the flag, `--dashboard [port]`; `false` in a file, and by `--no-…`, for off. */
export function optional<T>(bare: string, other: Kind<T>): Kind<T | false> {
  return { ...either("false", false, other), bare };
}

function hasType(schema: JsonSchema, value: unknown): boolean {
  if (schema.anyOf) return schema.anyOf.some((one) => hasType(one, value));
  if (schema.const !== undefined) return value === schema.const;
  if (schema.enum) return schema.enum.includes(value as string);
  if (schema.type === "integer") return Number.isInteger(value);
  if (schema.type === "array") return Array.isArray(value);
  return typeof value === schema.type;
}

function typeNames(schema: JsonSchema): string[] {
  if (schema.anyOf) return schema.anyOf.flatMap(typeNames);
  if (schema.const !== undefined) return [JSON.stringify(schema.const)];
  if (schema.enum) return schema.enum.map((word) => JSON.stringify(word));
  return [
    { boolean: "true or false", integer: "a whole number", number: "a number", string: "a text", array: "a list" }[
      schema.type ?? "string"
    ],
  ];
}
