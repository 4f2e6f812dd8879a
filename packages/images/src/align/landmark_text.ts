/** Landmark lists as text: CelebA's, CSV, JSON, and 300W's .pts. Knows no file system. */
import { ImageError } from "../error.js";
import type { Landmarks } from "./face_template.js";
import type { Point } from "./transform.js";

/** Faces by the name that the list gives their picture; more than one face may stand under a name. */
export type LandmarkList = ReadonlyMap<string, readonly Landmarks[]>;

const COUNTS = [5, 68];

const toPoints = (numbers: readonly number[], where: string): Landmarks => {
  if (!COUNTS.includes(numbers.length / 2) || !numbers.every(Number.isFinite))
    throw new ImageError(`${where}: not 5 or 68 points (x y, in pixels)`);
  return Array.from({ length: numbers.length / 2 }, (_, i): Point => [numbers[2 * i]!, numbers[2 * i + 1]!]);
};

const add = (list: Map<string, Landmarks[]>, name: string, face: Landmarks): void => {
  list.set(name, [...(list.get(name) ?? []), face]);
};

/**
 * Lines of a name and its numbers x y x y …, apart by blanks (CelebA's list_landmarks_*.txt, after its lines of count and
 * names) or by commas (with or without a line of names). Throws ImageError that names the line.
 */
export const parseLandmarkLines = (text: string, from: string): LandmarkList => {
  const list = new Map<string, Landmarks[]>();
  const separator = /,/.test(text) ? /\s*,\s*/ : /\s+/;
  text.split(/\r?\n/).forEach((line, i) => {
    const cells = line.trim().split(separator);
    const numbers = cells.slice(1).map((cell) => (cell === "" ? Number.NaN : Number(cell)));
    // CelebA's first line is a count; names of columns are no numbers.
    const heading = list.size === 0 && i < 2 && (numbers.length === 0 || numbers.every(Number.isNaN));
    if (line.trim() === "" || heading) return;
    add(list, unquoted(cells[0]!), toPoints(numbers, `${from}:${i + 1}`));
  });
  return list;
};

const unquoted = (text: string): string => text.replace(/^"(.*)"$/, "$1");

/**
 * `{"name": [[x, y], …], …}`, with several faces as a list of such lists; or `[{"file": "name", "landmarks": [[x, y], …]}, …]`.
 * Points may be `{"x": …, "y": …}` too. Throws ImageError.
 */
export const parseLandmarkJson = (text: string, from: string): LandmarkList => {
  let found: unknown;
  try {
    found = JSON.parse(text);
  } catch (error) {
    throw new ImageError(`${from}: not JSON (${(error as Error).message})`, { cause: error });
  }
  const list = new Map<string, Landmarks[]>();
  const entries: [unknown, unknown][] = Array.isArray(found)
    ? found.map((entry: { file?: unknown; landmarks?: unknown } | null) => [entry?.file, entry?.landmarks])
    : Object.entries(found ?? {});
  entries.forEach(([name, value], i) => {
    if (typeof name !== "string" || !Array.isArray(value))
      throw new ImageError(`${from}: entry ${i} is not a file's name with a list of points`);
    const faces: unknown[] = COUNTS.includes(value.length) ? [value] : value;
    for (const face of faces) add(list, name, toPoints(numbersOf(face), `${from}: ${name}`));
  });
  return list;
};

const numbersOf = (face: unknown): number[] =>
  (Array.isArray(face) ? face : []).flatMap((point: unknown): number[] => {
    const { x, y } = (point ?? {}) as { x?: unknown; y?: unknown };
    const pair: unknown[] = Array.isArray(point) ? point : [x, y];
    return pair.length === 2 ? pair.map((value) => (typeof value === "number" ? value : Number.NaN)) : [Number.NaN];
  });

/**
 * 300W's `version: 1`, `n_points: 68`, `{` a point a line `}`. It counts pixels from 1, as Matlab does; the result counts
 * from 0. Throws ImageError.
 */
export const parsePts = (text: string, from: string): Landmarks => {
  const body = /\{([^}]*)\}/.exec(text)?.[1];
  if (body === undefined) throw new ImageError(`${from}: no { points } in it; give a .pts file as 300W has them`);
  return toPoints(
    body
      .trim()
      .split(/\s+/)
      .map((cell) => Number(cell) - 1),
    from,
  );
};
