/** What a tarball of npm's holds: its files with their sizes, and its package.json. Reads ustar and pax' long names. */
import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";

const BLOCK = 512;

/**
 * Lists a tarball.
 * @param {string} path
 * @returns {{ files: { path: string, size: number }[], manifest: object }} paths without the leading `package/`
 */
export function readTarball(path) {
  const bytes = gunzipSync(readFileSync(path));
  const text = (from, length) => bytes.toString("utf8", from, from + length).replace(/\0.*$/s, "");
  const files = [];
  let manifest = {};
  let longName;
  for (let at = 0; at + BLOCK <= bytes.length && bytes[at] !== 0; ) {
    const size = Number.parseInt(text(at + 124, 12), 8);
    const type = text(at + 156, 1) || "0";
    const start = at + BLOCK;
    if (type === "x") longName = /\d+ path=(.*)\n/.exec(text(start, size))?.[1];
    else if (type === "0") {
      const prefix = text(at + 345, 155);
      const name = longName ?? (prefix ? `${prefix}/${text(at, 100)}` : text(at, 100));
      const inside = name.replace(/^[^/]*\//, "");
      files.push({ path: inside, size });
      if (inside === "package.json") manifest = JSON.parse(text(start, size));
      longName = undefined;
    }
    at = start + Math.ceil(size / BLOCK) * BLOCK;
  }
  return { files, manifest };
}
