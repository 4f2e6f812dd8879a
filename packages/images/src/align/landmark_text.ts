/** Landmark lists as text: CelebA's, CSV, JSON, and 300W's .pts. Knows no file system. */
import * as v from "valibot";
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
  const faces = list.get(name);
  if (faces) faces.push(face);
  else list.set(name, [face]);
};

/**
 * Lines of a name and its numbers x y x y …, apart by blanks (CelebA's list_landmarks_*.txt, after its lines of count and
 * names) or by commas (with or without a line of names). Throws ImageError that names the line.
 */
export const parseLandmarkLines = (text: string, from: string): LandmarkList => {
  const list = new Map<string, Landmarks[]>();
  const commas = text.includes(",");
  text.split(/\r?\n/).forEach((line, i) => {
    const cells = commas ? line.split(",").map((cell) => cell.trim()) : line.trim().split(/\s+/);
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
  const list = new Map<string, Landmarks[]>();
  for (const [i, [name, value]] of entriesOf(text, from).entries()) {
    const faces = v.safeParse(FACES, value);
    if (name === undefined || !faces.success)
      throw new ImageError(`${from}: entry ${i} is not a file's name with a list of points`);
    for (const face of faces.output) add(list, name, toPoints(face.flat(), `${from}: ${name.slice(0, 80)}`));
  }
  return list;
};

const POINT = v.union([
  v.strictTuple([v.number(), v.number()]),
  v.pipe(
    v.object({ x: v.number(), y: v.number() }),
    v.transform(({ x, y }): [number, number] => [x, y]),
  ),
]);
const FACE = v.array(POINT);
/** One face or several. */
const FACES = v.union([
  v.pipe(
    FACE,
    v.transform((face) => [face]),
  ),
  v.array(FACE),
]);
const LIST = v.union([
  v.pipe(
    v.array(v.object({ file: v.string(), landmarks: v.unknown() })),
    v.transform((entries) => entries.map(({ file, landmarks }): [string, unknown] => [file, landmarks])),
  ),
  v.pipe(
    v.record(v.string(), v.unknown()),
    v.transform((entries) => Object.entries(entries)),
  ),
]);

const entriesOf = (text: string, from: string): [string | undefined, unknown][] => {
  let found: unknown;
  try {
    found = JSON.parse(text);
  } catch (error) {
    throw new ImageError(`${from}: not JSON; give {"name": [[x, y], …]}`, { cause: error });
  }
  const entries = v.safeParse(LIST, found);
  if (entries.success) return entries.output;
  throw new ImageError(`${from}: not {"name": [[x, y], …]}, nor a list of {"file", "landmarks"}`);
};

/**
 * 300W's `version: 1`, `n_points: 68`, `{` a point a line `}`. It counts pixels from 1, as Matlab does; the result counts
 * from 0. Throws ImageError.
 */
export const parsePts = (text: string, from: string): Landmarks => {
  const [begin, end] = [text.indexOf("{"), text.indexOf("}")];
  if (begin < 0 || end < begin) throw new ImageError(`${from}: no { points } in it; give a .pts file as 300W has them`);
  return toPoints(
    text
      .slice(begin + 1, end)
      .trim()
      .split(/\s+/)
      .map((cell) => Number(cell) - 1),
    from,
  );
};
