import { readdir, stat } from "node:fs/promises";
import { basename, join } from "node:path";
import { ImageError } from "./error.js";
import { endingOf, FORMAT_NAMES, hasImageName, UNREAD } from "./formats.js";

/** An image file: `name` for people and for sorting, `path` to open it. */
export interface ImageFile {
  readonly name: string;
  readonly path: string;
}

/** What lies in folders and is no picture that is read: files by their endings, links that lead nowhere under "link". */
export type LeftOut = ReadonlyMap<string, number>;

/** Files in their order, and what was left out. */
export interface Survey {
  readonly files: ImageFile[];
  readonly leftOut: LeftOut;
}

interface Found {
  readonly files: ImageFile[];
  readonly leftOut: Map<string, number>;
}

/** What a path leads to, through links. */
export const kindOf = async (path: string): Promise<"file" | "folder" | undefined> => {
  const found = await stat(path).catch(() => undefined);
  return found?.isFile() ? "file" : found?.isDirectory() ? "folder" : undefined;
};

const LINK = "link";

/** Adds the image files under `dir` to `found`, named by their path relative to the root, with forward slashes. */
const walk = async (dir: string, prefix: string, found: Found, depth: number): Promise<void> => {
  // A link back to a parent folder would never end.
  if (depth > 32) throw new ImageError(`${dir}: more than 32 folders deep; look for a link that leads back up`);
  const entries = await readdir(dir, { withFileTypes: true }).catch((error: NodeJS.ErrnoException) => {
    throw new ImageError(`${dir}: folder not readable (${error.code}); check its permissions`, { cause: error });
  });
  for (const entry of entries) {
    // Hidden files are thumbnails and metadata of the desktop, such as ._face.jpg, never pictures.
    if (entry.name.startsWith(".")) continue;
    const path = join(dir, entry.name);
    const name = prefix + entry.name;
    const kind = entry.isSymbolicLink() ? await kindOf(path) : entry.isDirectory() ? "folder" : "file";
    if (kind === "folder") await walk(path, `${name}/`, found, depth + 1);
    else if (kind === "file" && hasImageName(name)) found.files.push({ name, path });
    else {
      const what = kind === undefined ? LINK : endingOf(name);
      found.leftOut.set(what, (found.leftOut.get(what) ?? 0) + 1);
    }
  }
};

const inFolder = async (dir: string, found: Found): Promise<void> => {
  const own: Found = { files: [], leftOut: found.leftOut };
  await walk(dir, "", own, 0);
  // Code units, not the locale's alphabet: the order decides what a seed trains on, so it is the same everywhere.
  own.files.sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
  for (const file of own.files) found.files.push(file);
};

const kindOrThrow = async (path: string): Promise<"file" | "folder"> => {
  const kind = await kindOf(path);
  if (!kind) throw new ImageError(`${path}: no such file or folder; check the path`);
  return kind;
};

/**
 * The pictures (by the endings of `FORMATS`, any letter case) of a folder and its sub-folders, sorted by their path relative
 * to it. A list may mix files and folders; its order stays, and names are the paths as given. A file named outright is
 * taken whatever its ending. Hidden files are passed over. Throws ImageError where a path does not exist.
 */
export const surveyImages = async (from: string | readonly string[]): Promise<Survey> => {
  const found: Found = { files: [], leftOut: new Map() };
  if (typeof from === "string") {
    if ((await kindOrThrow(from)) === "folder") await inFolder(from, found);
    else found.files.push({ name: basename(from), path: from });
    return found;
  }
  for (const path of from) {
    const { files, leftOut } = found;
    if ((await kindOrThrow(path)) === "file") files.push({ name: path, path });
    else {
      const own: Found = { files: [], leftOut };
      await inFolder(path, own);
      for (const file of own.files) files.push({ name: file.path, path: file.path });
    }
  }
  return found;
};

/** The files of `surveyImages`. */
export const listImages = async (from: string | readonly string[]): Promise<ImageFile[]> =>
  (await surveyImages(from)).files;

/** What was left out by reason, with the remedy, in one line: `left out: 2 .heic files (export them as JPEG or PNG), 3 .txt files`. */
export const describeLeftOut = (leftOut: LeftOut): string | undefined => {
  if (leftOut.size === 0) return undefined;
  const files = (ending: string, count: number) => {
    const noun = `file${count === 1 ? "" : "s"}`;
    if (ending === LINK) return `${count} link${count === 1 ? "" : "s"} that lead${count === 1 ? "s" : ""} nowhere`;
    const remedy = UNREAD[ending];
    return `${count} ${ending === "" ? `${noun} without an ending` : `.${ending} ${noun}`}${remedy ? ` (${remedy})` : ""}`;
  };
  const sorted = [...leftOut].sort(
    ([a, m], [b, n]) => Number(b in UNREAD) - Number(a in UNREAD) || n - m || (a < b ? -1 : 1),
  );
  const parts = sorted.slice(0, 6).map(([ending, count]) => files(ending, count));
  const rest = sorted.slice(6).reduce((sum, [, count]) => sum + count, 0);
  return `left out: ${[...parts, ...(rest > 0 ? [`${rest} others`] : [])].join(", ")}`;
};

/** As `surveyImages`. Throws ImageError, too, where there is no picture. */
export const findSurvey = async (from: string | readonly string[]): Promise<Survey> => {
  const survey = await surveyImages(from);
  if (survey.files.length > 0) return survey;
  const missing = `no ${FORMAT_NAMES} files here or in its sub-folders; name the folder that has them`;
  const others = describeLeftOut(survey.leftOut);
  throw new ImageError(`${placeOf(from)}: ${missing}${others ? ` (${others})` : ""}`);
};

/** As `listImages`. Throws ImageError, too, where there is none. */
export const findImages = async (from: string | readonly string[]): Promise<ImageFile[]> =>
  (await findSurvey(from)).files;

/** What files and folders are called in messages. */
export const placeOf = (from: string | readonly string[]): string => {
  if (typeof from === "string") return from;
  return from.length > 3 ? `${from.length} files and folders` : from.join(", ");
};
