/** Images in class folders: each sub-folder of a folder is a class, whatever lies how deep in it. */
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { hasImageName, kindOf, surveyImages } from "@kintsugi/images/node";
import { CommandError, exitCodes } from "@kintsugi/terminal";

export interface ClassFolders {
  /** In the order of their names. */
  readonly classes: readonly string[];
  /** Paths of all images, the classes evenly mixed: the first and the last n have each in about its share. */
  readonly paths: readonly string[];
  /** The class of a path, by its place in `classes`. */
  readonly labels: ReadonlyMap<string, number>;
  /** What is no picture by its name, as `surveyImages` counts it. */
  readonly leftOut: Map<string, number>;
  /** Pictures beside the sub-folders, which have no class. */
  readonly loose: readonly string[];
}

export async function listClasses(from: string): Promise<ClassFolders> {
  const wrong = (reason: string) => new CommandError(`${from}: ${reason}`, exitCodes.dataSet);
  const entries = await readdir(from).catch((error: NodeJS.ErrnoException) => {
    throw wrong(`no such folder (${error.code}); --classes takes one that has a sub-folder for each class`);
  });
  // Code units, as everywhere: the order must not depend on the machine's language.
  const names = entries.filter((name) => !name.startsWith(".")).sort((a, b) => (a < b ? -1 : 1));
  const kinds = await Promise.all(names.map((name) => kindOf(join(from, name))));
  // A link to a folder is a class like any other.
  const classes = names.filter((_, i) => kinds[i] === "folder");
  const loose = names.filter((name, i) => kinds[i] === "file" && hasImageName(name));
  const leftOut = new Map<string, number>();
  if (classes.length < 2) {
    throw wrong(`${classes.length} sub-folders, and --classes needs two or more; leave it out to train on all alike`);
  }
  const mixed: { readonly path: string; readonly label: number; readonly at: number }[] = [];
  for (const [label, name] of classes.entries()) {
    const { files, leftOut: here } = await surveyImages(join(from, name));
    for (const [what, count] of here) leftOut.set(what, (leftOut.get(what) ?? 0) + count);
    if (files.length === 0) throw wrong(`the sub-folder ${name} has no images; remove it, or fill it`);
    mixed.push(...files.map(({ path }, i) => ({ path, label, at: (i + 0.5) / files.length })));
  }
  mixed.sort((a, b) => a.at - b.at || a.label - b.label);
  return {
    classes,
    paths: mixed.map(({ path }) => path),
    labels: new Map(mixed.map(({ path, label }) => [path, label])),
    leftOut,
    loose,
  };
}

/** Says that pictures have no class, where some have none. */
export function describeLoose(loose: readonly string[]): string | undefined {
  const [first, ...more] = loose;
  if (first === undefined) return undefined;
  const which = more.length === 0 ? `${first} lies` : `${first} and ${more.length} more lie`;
  return `left out: ${which} beside the class folders; move ${more.length === 0 ? "it" : "them"} into one`;
}
