/** Lines of text: folded into one, coloured or not, and quantities as people read them. */
import type { WriteStream } from "node:tty";

/** A stream that may be a terminal. */
export type Output = NodeJS.WritableStream & Partial<Pick<WriteStream, "isTTY">>;

/** Whether to colour what goes to a stream: a terminal, `--no-color` not given, NO_COLOR unset, and not a dumb one. */
export function wantsColor(stream: Output, allowed = true): boolean {
  const { NO_COLOR, TERM } = process.env;
  return allowed && stream.isTTY === true && !NO_COLOR && TERM !== "dumb";
}

/** Functions that colour a word, or leave it as it is. */
export function painter(color: boolean): Record<"red" | "yellow" | "bold", (text: string) => string> {
  const paint = (code: number) => (text: string) => (color ? `\x1b[${code}m${text}\x1b[0m` : text);
  return { red: paint(31), yellow: paint(33), bold: paint(1) };
}

/** The text without line breaks. */
export function oneLine(text: string): string {
  return text
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "")
    .join(" ");
}

/** The most signs of a message: a few lines of an ordinary terminal. */
const SCREEN_LINE = 400;

/** A text that fits on the screen: of a longer one the middle is left out, since the file stands first and the remedy last. */
export function screenLine(text: string): string {
  const signs = [...text];
  if (signs.length <= SCREEN_LINE) return text;
  return `${signs.slice(0, 150).join("")} … ${signs.slice(3 + 150 - SCREEN_LINE).join("")}`;
}

/** `1 image`, `64 images`. */
export function counted(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}

/** A change that was made to some things, and to how many. */
export interface Change {
  readonly change: string;
  readonly count: number;
}

/** `cropped from 4:3 (12), enlarged (3), and 5 more of 4 kinds`: at most three parts, the rest in one. */
export function changesInWords(changes: readonly Change[]): string {
  const named = changes.length > 3 ? changes.slice(0, 2) : changes;
  const rest = changes.slice(named.length);
  const more = rest.reduce((sum, { count }) => sum + count, 0);
  const parts = named.map(({ change, count }) => `${change} (${count})`);
  return [...parts, ...(rest.length > 0 ? [`and ${more} more of ${rest.length} kinds`] : [])].join(", ");
}

/** Seconds as `42 s`, `3 min 05 s` or `2 h 07 min`; `?` where unknown. */
export function duration(seconds: number | undefined): string {
  if (seconds === undefined || !Number.isFinite(seconds)) return "?";
  const whole = Math.max(0, Math.round(seconds));
  const two = (value: number) => String(value).padStart(2, "0");
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${two(whole % 60)} s`;
  const minutes = Math.round(whole / 60);
  return `${Math.floor(minutes / 60)} h ${two(minutes % 60)} min`;
}
