import { readdir, stat } from "node:fs/promises";
import { basename, join } from "node:path";
import { ImageError } from "./error.js";

/** An image file: `name` for people and for sorting, `path` to open it. */
export interface ImageFile {
  readonly name: string;
  readonly path: string;
}

const IMAGE_NAME = /\.(png|jpe?g|webp)$/i;

const kindOf = async (path: string): Promise<"file" | "folder" | undefined> => {
  const found = await stat(path).catch(() => undefined);
  return found?.isFile() ? "file" : found?.isDirectory() ? "folder" : undefined;
};

/** Adds the image files under `dir` to `found`, named by their path relative to the root, with forward slashes. */
const walk = async (dir: string, prefix: string, found: ImageFile[], depth: number): Promise<void> => {
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
    else if (kind === "file" && IMAGE_NAME.test(name)) found.push({ name, path });
  }
};

const inFolder = async (dir: string): Promise<ImageFile[]> => {
  const found: ImageFile[] = [];
  await walk(dir, "", found, 0);
  // Code units, not the locale's alphabet: the order decides what a seed trains on, so it is the same everywhere.
  return found.sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
};

const kindOrThrow = async (path: string): Promise<"file" | "folder"> => {
  const kind = await kindOf(path);
  if (!kind) throw new ImageError(`${path}: no such file or folder; check the path`);
  return kind;
};

/**
 * The PNG, JPEG and WebP files (by name, any letter case) of a folder and its sub-folders, sorted by their path relative
 * to it. A list may mix files and folders; its order stays, and names are the paths as given. A file named outright is
 * taken whatever its ending. Hidden files are passed over. Throws ImageError where a path does not exist.
 */
export const listImages = async (from: string | readonly string[]): Promise<ImageFile[]> => {
  if (typeof from === "string")
    return (await kindOrThrow(from)) === "folder" ? inFolder(from) : [{ name: basename(from), path: from }];
  const found: ImageFile[] = [];
  for (const path of from) {
    if ((await kindOrThrow(path)) === "file") found.push({ name: path, path });
    else for (const file of await inFolder(path)) found.push({ name: file.path, path: file.path });
  }
  return found;
};

/** As `listImages`. Throws ImageError, too, where there is none. */
export const findImages = async (from: string | readonly string[]): Promise<ImageFile[]> => {
  const files = await listImages(from);
  if (files.length === 0) {
    const missing = "no PNG, JPEG or WebP files here or in its sub-folders; name the folder that has them";
    throw new ImageError(`${placeOf(from)}: ${missing}`);
  }
  return files;
};

/** What files and folders are called in messages. */
export const placeOf = (from: string | readonly string[]): string => {
  if (typeof from === "string") return from;
  return from.length > 3 ? `${from.length} files and folders` : from.join(", ");
};
