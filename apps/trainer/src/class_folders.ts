/** Images in class folders: each sub-folder of a folder is a class, whatever lies how deep in it. */
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { listImages } from "@kintsugi/images/node";
import { CommandError, exitCodes } from "@kintsugi/terminal";

export interface ClassFolders {
  /** In the order of their names. */
  readonly classes: readonly string[];
  /** Paths of all images, the classes evenly mixed: the first and the last n have each in about its share. */
  readonly paths: readonly string[];
  /** The class of a path, by its place in `classes`. */
  readonly labels: ReadonlyMap<string, number>;
}

export async function listClasses(from: string): Promise<ClassFolders> {
  const wrong = (reason: string) => new CommandError(`${from}: ${reason}`, exitCodes.dataSet);
  const entries = await readdir(from, { withFileTypes: true }).catch((error: NodeJS.ErrnoException) => {
    throw wrong(`no such folder (${error.code}); --classes takes one that has a sub-folder for each class`);
  });
  // Code units, as everywhere: the order must not depend on the machine's language.
  const classes = entries
    .filter((entry) => entry.isDirectory() && !entry.name.startsWith("."))
    .map(({ name }) => name)
    .sort((a, b) => (a < b ? -1 : 1));
  if (classes.length < 2) {
    throw wrong(`${classes.length} sub-folders, and --classes needs two or more; leave it out to train on all alike`);
  }
  const mixed: { readonly path: string; readonly label: number; readonly at: number }[] = [];
  for (const [label, name] of classes.entries()) {
    const files = await listImages(join(from, name));
    if (files.length === 0) throw wrong(`the sub-folder ${name} has no images; remove it, or fill it`);
    mixed.push(...files.map(({ path }, i) => ({ path, label, at: (i + 0.5) / files.length })));
  }
  mixed.sort((a, b) => a.at - b.at || a.label - b.label);
  return {
    classes,
    paths: mixed.map(({ path }) => path),
    labels: new Map(mixed.map(({ path, label }) => [path, label])),
  };
}
