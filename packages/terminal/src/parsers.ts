/** Argument parsers for commander's options: each takes the text, and gives the value or one line naming unit and range. */
import { InvalidArgumentError } from "commander";

/** What `Option.argParser` takes. */
export type Parser<T> = (text: string) => T;

/** Bounds of `numberBetween`; both ends belong to the range unless excluded. */
export interface Range {
  readonly min: number;
  readonly max: number;
  /** Whether `min` itself is outside. */
  readonly above?: boolean;
  /** Whether `max` itself is outside. */
  readonly below?: boolean;
}

/** A whole number, negative ones too. `what` names the quantity or unit: `integer("pixels")`. */
export function integer(what: string): Parser<number> {
  return whole(Number.MIN_SAFE_INTEGER, `Give a whole number of ${what}.`);
}

/** A whole number of at least 1: `positiveInteger("steps")`. */
export function positiveInteger(what: string): Parser<number> {
  return whole(1, `Give a whole number of ${what}, at least 1.`);
}

/** A whole number of at least 0, where 0 stands for "never": `count("steps")`. */
export function count(what: string): Parser<number> {
  return whole(0, `Give a whole number of ${what}, 0 for none.`);
}

/** A number above 0: `positiveNumber("seconds")`, or without a unit `positiveNumber()`. */
export function positiveNumber(what?: string): Parser<number> {
  const number = what === undefined ? "number" : `number of ${what}`;
  return (text) => {
    const value = toNumber(text);
    if (!(Number.isFinite(value) && value > 0)) throw new InvalidArgumentError(`Give a ${number} above 0.`);
    return value;
  };
}

/** A number in a range: `numberBetween({ min: 0, max: 1, below: true })` for a momentum. */
export function numberBetween({ min, max, above = false, below = false }: Range): Parser<number> {
  const ends = `${above ? "above" : "from"} ${min} ${below ? "to below" : "to"} ${max}`;
  return (text) => {
    const value = toNumber(text);
    const inside = (above ? value > min : value >= min) && (below ? value < max : value <= max);
    if (!inside) throw new InvalidArgumentError(`Give a number ${ends}.`);
    return value;
  };
}

/** A file name that ends in `.png` or whatever is given: `fileName(".png")`. */
export function fileName(ending: string): Parser<string> {
  return (text) => {
    if (!text.toLowerCase().endsWith(ending)) throw new InvalidArgumentError(`Give a name that ends in ${ending}.`);
    return text;
  };
}

/** One of some words: `choice(["adam", "momentum"])`. */
export function choice<const T extends string>(words: readonly T[]): Parser<T> {
  return (text) => {
    const found = words.find((word) => word === text);
    if (found === undefined) throw new InvalidArgumentError(`Give one of: ${words.join(", ")}.`);
    return found;
  };
}

/** A list of numbers from 0 and of ranges with both ends, `0,3,7-9`, in the order given: `indices("images")`. */
export function indices(what: string): Parser<number[]> {
  const most = 10_000;
  const complaint = `Give numbers of ${what}, counted from 0, with commas or ranges between them, such as 0,3,7-9.`;
  return (text) => {
    const found = text.split(",").flatMap((part) => {
      const [, first, last = first] = /^\s*(\d+)\s*(?:-\s*(\d+)\s*)?$/.exec(part) ?? [];
      const length = Number(last) - Number(first) + 1;
      if (!(length >= 1 && length <= most && Number(last) < 2 ** 31)) throw new InvalidArgumentError(complaint);
      return Array.from({ length }, (_, i) => Number(first) + i);
    });
    if (found.length > most) throw new InvalidArgumentError(complaint);
    return found;
  };
}

/** Whole numbers of at least 1 with commas between them, `16,64`: `positiveIntegers("channels")`. Each one once. */
export function positiveIntegers(what: string): Parser<number[]> {
  const each = whole(1, `Give whole numbers of ${what}, at least 1, with commas between them.`);
  return (text) => [...new Set(text.split(",").map(each))];
}

/** What `read` makes of the text; what it throws is the complaint: `parsedBy(parseFaceTemplate)`. */
export function parsedBy<T>(read: (text: string) => T): Parser<T> {
  return (text) => {
    try {
      return read(text);
    } catch (error) {
      const { message } = error as Error;
      throw new InvalidArgumentError(`${message.charAt(0).toUpperCase()}${message.slice(1).replace(/\.$/, "")}.`);
    }
  };
}

/** A seed: an unsigned 32-bit integer, decimal or 0x…. */
export function seed(text: string): number {
  const value = toNumber(text);
  if (!(Number.isInteger(value) && value >= 0 && value <= 0xffffffff)) {
    throw new InvalidArgumentError("Give a whole number from 0 to 4294967295 (unsigned 32 bits).");
  }
  return value;
}

function whole(min: number, complaint: string): Parser<number> {
  return (text) => {
    const value = toNumber(text);
    if (!(Number.isSafeInteger(value) && value >= min)) throw new InvalidArgumentError(complaint);
    return value;
  };
}

/** `Number` takes empty text for 0. */
function toNumber(text: string): number {
  return text.trim() === "" ? Number.NaN : Number(text);
}
