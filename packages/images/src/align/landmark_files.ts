/** Where the landmarks of a picture come from: lists on the disk, or whatever else can tell. */
import { readdir, readFile, stat } from "node:fs/promises";
import { basename, extname, join } from "node:path";
import { reasonOf } from "../decoder.js";
import { ImageError } from "../error.js";
import type { Pixels } from "./align_face.js";
import type { Landmarks } from "./face_template.js";
import { type LandmarkList, parseLandmarkJson, parseLandmarkLines, parsePts } from "./landmark_text.js";

/** Finds the faces of a picture. */
export interface LandmarkProvider {
  /** Why a picture has no face, for the report: "no face found". */
  readonly none: string;
  /**
   * @param name the file's path below the input folder, with forward slashes
   * @param pixels upright, grey or RGB; landmarks are in its pixels, from (0, 0)
   * @returns 68 landmarks in iBUG order, or five, of each face; empty where there is none
   */
  find(name: string, pixels: Pixels): Promise<readonly Landmarks[]>;
}

/**
 * Reads landmarks: a list (.json, .csv, or CelebA's .txt), one .pts file, or a folder with .pts files. A picture is looked
 * up by its path below the input folder, then by its name, then by its name without the ending. Throws ImageError.
 */
export const readLandmarks = async (path: string): Promise<LandmarkProvider> => {
  const found = await stat(path).catch((error: unknown) => {
    throw new ImageError(`${path}: ${reasonOf(error)}`, { cause: error });
  });
  const list = found.isDirectory() ? await readPtsFolder(path) : await readList(path);
  if (list.size === 0)
    throw new ImageError(`${path}: no landmarks in it; give CelebA's list, .csv, .json, or a folder with .pts files`);
  const faces = byLooseName(list);
  return {
    none: `no landmarks in ${basename(path)}`,
    find: async (name) =>
      list.get(name) ?? faces.get(basename(name)) ?? faces.get(stemOf(basename(name))) ?? list.get(stemOf(name)) ?? [],
  };
};

const stemOf = (name: string): string => name.slice(0, name.length - extname(name).length);

/** Faces by the last part of their names, where it is one picture's alone; with and without the ending. */
const byLooseName = (list: LandmarkList): LandmarkList => {
  const loose = new Map<string, readonly Landmarks[]>();
  const several = new Set<string>();
  const add = (key: string, faces: readonly Landmarks[]) => {
    if (loose.has(key)) several.add(key);
    loose.set(key, faces);
  };
  for (const [name, faces] of list) {
    const file = basename(name);
    add(file, faces);
    if (stemOf(file) !== file) add(stemOf(file), faces);
  }
  for (const key of several) loose.delete(key);
  return loose;
};

const readList = async (path: string): Promise<LandmarkList> => {
  const text = await readFile(path, "utf8").catch((error: unknown) => {
    throw new ImageError(`${path}: ${reasonOf(error)}`, { cause: error });
  });
  const kind = extname(path).toLowerCase();
  if (kind === ".pts") return new Map([[stemOf(basename(path)), [parsePts(text, path)]]]);
  return kind === ".json" ? parseLandmarkJson(text, path) : parseLandmarkLines(text, path);
};

const readPtsFolder = async (dir: string): Promise<LandmarkList> => {
  const names = (await readdir(dir, { recursive: true })).filter((name) => /\.pts$/i.test(name));
  const list = new Map<string, readonly Landmarks[]>();
  for (const name of names.sort())
    list.set(stemOf(name).replaceAll("\\", "/"), [parsePts(await readFile(join(dir, name), "utf8"), join(dir, name))]);
  return list;
};
