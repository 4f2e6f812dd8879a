/** Which mask of a folder belongs to which image: by its path, so that two images of one name in two folders keep theirs. */
import { basename, dirname, extname, relative, resolve, sep } from "node:path";
import { listImages } from "@kintsugi/images/node";
import { CommandError, exitCodes } from "@kintsugi/terminal";

/** The parts of a path without the file's ending; case and the way accents are written do not count. */
const partsOf = (path: string): string[] =>
  [...dirname(path).split(/[/\\]/), basename(path, extname(path))]
    .filter((part) => part !== "" && part !== ".")
    .map((part) => part.normalize("NFC").toLowerCase());

const usage = (message: string) => new CommandError(message, exitCodes.usage);

/**
 * The mask of an image is the one whose path below the folder is the end of the image's path, endings aside; the longest, where
 * several are. Only pictures count.
 *
 * @throws CommandError (usage) where an image has no mask, two, one that another image has too, or itself
 */
export async function maskFolder(folder: string, images: readonly string[]): Promise<(imagePath: string) => string> {
  const masks = new Map<string, string[]>();
  for (const { path } of await listImages(folder)) {
    const key = partsOf(relative(folder, path)).join("/");
    masks.set(key, [...(masks.get(key) ?? []), path]);
  }
  const owner = new Map<string, string>();
  const found = new Map<string, string>();
  for (const image of images) {
    const mask = maskOf(image, masks, folder);
    const other = owner.get(mask);
    if (other !== undefined && resolve(other) !== resolve(image)) {
      const wanted = relative(folder, mask);
      throw usage(
        `${other} and ${image} would both get ${mask}: put the masks into folders as the images are, such as ${dirname(wanted) === "." ? "" : `${dirname(wanted)}${sep}`}${basename(dirname(image))}${sep}${basename(mask)}`,
      );
    }
    if (resolve(mask) === resolve(image)) {
      throw usage(`${image} would be its own mask: give --mask another folder than the images', or alpha or a colour`);
    }
    owner.set(mask, image);
    found.set(image, mask);
  }
  return (image) => found.get(image) ?? maskOf(image, masks, folder);
}

function maskOf(image: string, masks: ReadonlyMap<string, readonly string[]>, folder: string): string {
  const parts = partsOf(resolve(image));
  for (let from = 0; from < parts.length; from++) {
    const all = masks.get(parts.slice(from).join("/"));
    if (!all) continue;
    if (all.length > 1) throw usage(`${image} has ${all.length} masks, ${all.join(" and ")}: keep one of them`);
    return all[0]!;
  }
  const wanted = `${basename(image, extname(image))}.png`;
  throw usage(`there is no mask for ${image} in ${folder}: add ${wanted}, or leave the image out`);
}
