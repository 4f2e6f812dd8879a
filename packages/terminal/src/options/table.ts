/**
 * The one declaration of an option: a row of a typed table. The type, the flag, the help, the key of the configuration
 * file, its schema, and what a run keeps of it all follow from the row.
 *
 *     const TABLE = {
 *       batch: option(kinds.positiveInteger("images"), { help: "images in a step", default: 64, persist: "fixed" }),
 *       limit: option(kinds.positiveInteger("images"), { help: "use the first images only" }),
 *     };
 *     type Options = OptionsOf<typeof TABLE>; // { readonly batch: number; readonly limit?: number }
 */
import type { Kind } from "./kinds.js";

export interface Facts<T> {
  /** One line, without a full stop; units and what 0 stands for belong in it. */
  readonly help: string;
  /** The same of `--no-…`, for a switch that is on by default. */
  readonly helpOff?: string;
  /** The value where nothing gives one. */
  readonly default?: T;
  /** In the help in place of a default: `"chosen by the number of images"`. */
  readonly unset?: string;
  /** The command cannot run without it: what to name, for the message. */
  readonly required?: string;
  /**
   * Where it is offered: in `--help` (left out), in `--help-all` alone ("more"), or in the configuration file and by `--set`
   * alone ("file"), which is the place of knobs for research. One that is "former" still works as a flag, and is shown nowhere:
   * its command says what took its place.
   */
  readonly level?: "more" | "file" | "former";
  /** How to run the command this once: no file sets it and none remembers it. */
  readonly once?: true;
  /** What a run keeps: `fixed` may never change (its checkpoints hold it), `remembered` is gone on with unless told otherwise. */
  readonly persist?: "fixed" | "remembered";
  /** Other options that say the same thing otherwise: giving this one drops their weaker values. */
  readonly insteadOf?: readonly string[];
  /** Flags without a value that stand for one of this option: `{ gray: 1 }` is `--gray`. */
  readonly shorthands?: Readonly<Record<string, { readonly value: T; readonly help: string }>>;
  /** Names of flags, without dashes, that earlier versions had; they still work, with a line that names the new one. */
  readonly formerly?: readonly string[];
  /** Of a choice: what each word sets other options to, where nothing else does. */
  readonly presets?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  /** Heading in the help. */
  readonly group?: string;
}

export interface Row<T> extends Facts<T> {
  readonly kind: Kind<T>;
}

/** Rows by the names of their options, in camelCase: the flag of `gLoss` is `--g-loss`. */
export type Table = Readonly<Record<string, Row<unknown>>>;

/** A row. A fact that is none, such as a misspelt one, does not compile. */
export function option<T, const F extends Facts<T>>(
  kind: Kind<T>,
  facts: F & Readonly<Record<Exclude<keyof F, keyof Facts<T>>, never>>,
): F & { readonly kind: Kind<T> } {
  return { ...facts, kind };
}

type ValueOf<R> = R extends { readonly kind: Kind<infer T> } ? T : never;
type Given<T> = { [K in keyof T]: T[K] extends { default: unknown } | { required: string } ? K : never }[keyof T];

/** The values that a command gets: without a default or `required`, an option may be missing. */
export type OptionsOf<T> = { readonly [K in Given<T>]: ValueOf<T[K]> } & {
  readonly [K in Exclude<keyof T, Given<T>>]?: ValueOf<T[K]>;
};

/** `gLoss` → `g-loss`. */
export function flagName(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

/** Whether a configuration file may set it. */
export function configurable(row: Row<unknown>): boolean {
  return row.once !== true && row.level !== "former";
}

/** How the option is written in messages: its flag, or for one of the file alone its key. */
export function spelling(name: string, row: Row<unknown>): string {
  return row.level === "file" ? name : `--${flagName(name)}`;
}

/** The value as a configuration file holds it; null where there is none. */
export function printed(row: Row<unknown>, value: unknown): unknown {
  if (value === undefined) return null;
  return row.kind.print ? row.kind.print(value) : value;
}
