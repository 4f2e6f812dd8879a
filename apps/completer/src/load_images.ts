/** The images that are named on the command line, in memory, and what their results are called. */
import { stat } from "node:fs/promises";
import { basename, dirname, extname } from "node:path";
import type { DcganConfig } from "@kintsugi/dcgan";
import { type Channels, ImageError } from "@kintsugi/images";
import { describeLeftOut, findSurvey, loadFolder } from "@kintsugi/images/node";
import { CommandError, changesInWords, exitCodes, type Reporter } from "@kintsugi/terminal";

export interface LoadedImages {
  /** Of the files, in their order. */
  readonly paths: readonly string[];
  /** One for each image, all different even where case does not count. */
  readonly names: readonly string[];
  /** [names.length, size, size, channels]. */
  readonly bytes: Uint8Array;
  /** Files that were passed over. */
  readonly skipped: number;
}

function nothingToDo(cause: unknown): never {
  if (!(cause instanceof ImageError)) throw cause;
  throw new CommandError(`no image to complete: ${cause.message}`, exitCodes.dataSet, { cause });
}

/** Says that an image is passed over. */
export function skip(reporter: Reporter, image: string, reason: string): void {
  reporter.warn(`skipped ${image}: ${reason}`);
  reporter.emit({ t: "skip", image, reason });
}

/**
 * The files that are named, and those of the folders that are; what is not there is passed over. Throws CommandError (data
 * set) where no file is left.
 */
export async function existing(
  paths: readonly string[],
  reporter: Reporter,
): Promise<{ readonly paths: string[]; readonly skipped: number }> {
  const found: string[] = [];
  for (const path of paths) {
    const there = await stat(path).then(
      () => true,
      () => false,
    );
    if (there) found.push(path);
    else skip(reporter, path, "no such file or folder; check the path");
  }
  if (found.length === 0) nothingToDo(new ImageError("none of the images is there"));
  const { files, leftOut } = await findSurvey(found).catch(nothingToDo);
  const remark = describeLeftOut(leftOut);
  if (remark !== undefined) reporter.warn(remark);
  return { paths: files.map(({ path }) => path), skipped: paths.length - found.length };
}

/**
 * Reads the files that were found; says on stderr what was skipped, and in one line what was cropped and resized. Throws
 * CommandError (data set) where nothing is left.
 */
export async function loadImages(
  found: { readonly paths: readonly string[]; readonly skipped: number },
  { size, channels }: DcganConfig,
  reporter: Reporter,
): Promise<LoadedImages> {
  let { skipped } = found;
  try {
    const folder = await loadFolder(found.paths, {
      size,
      channels: channels as Channels,
      onSkip({ name, reason }) {
        skipped++;
        skip(reporter, name, reason);
      },
    });
    if (folder.adjusted.length > 0) reporter.say(`made to fit ${size}×${size}: ${changesInWords(folder.adjusted)}`);
    return { paths: folder.names, names: resultNames(folder.names), bytes: folder.images, skipped };
  } catch (cause) {
    return nothingToDo(cause);
  }
}

/**
 * A file's name without its ending. Where several have the same, the folder comes before it (`holiday-face`), and where
 * that does not help, a number after it (`face-2`). Names that differ in case alone count as the same: some disks say so.
 */
export function resultNames(paths: readonly string[]): string[] {
  const stem = (path: string) => basename(path, extname(path));
  const count = new Map<string, number>();
  const key = (name: string) => name.normalize("NFC").toLowerCase();
  for (const path of paths) count.set(key(stem(path)), (count.get(key(stem(path))) ?? 0) + 1);
  // Those that are unique keep their names, whoever comes first.
  const taken = new Set([...count].filter(([, times]) => times === 1).map(([name]) => name));
  return paths.map((path) => {
    if (count.get(key(stem(path))) === 1) return stem(path);
    const folder = basename(dirname(path));
    const plain = /^\.{0,2}$/.test(folder) ? stem(path) : `${folder}-${stem(path)}`;
    let name = plain;
    for (let n = 2; taken.has(key(name)); n++) name = `${plain}-${n}`;
    taken.add(key(name));
    return name;
  });
}
