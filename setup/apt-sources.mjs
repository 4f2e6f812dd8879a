/** Reads apt's two source formats, one-line and deb822, far enough to derive a release's backports from its own mirror. */

/**
 * The enabled `deb` entries of one source file.
 * @param {string} text
 * @param {boolean} deb822 whether it is a `.sources` file
 * @returns {{ deb822: boolean, uris: string[], suites: string[], components: string[], render: (suite: string) => string }[]}
 *   `render` gives the same entry (mirror, keys, options) for another suite's main component
 */
export function parseSources(text, deb822) {
  return deb822 ? parseStanzas(text) : parseLines(text);
}

/**
 * The entry that adds the backports of a release, derived from the archive that serves the release itself.
 * @returns {{ deb822: boolean, text: string } | undefined} an empty text where apt has them already; undefined where no
 *   entry serves the release
 */
export function backportsEntry(entries, codename, backports) {
  const archives = entries.filter((entry) => entry.suites.includes(codename) && entry.components.includes("main"));
  // Others use the same suite name; the distribution's own archive also serves the updates, from the same place.
  const updated = new Set(entries.filter((entry) => entry.suites.includes(`${codename}-updates`)).flatMap(uris));
  const score = (entry) =>
    2 * Number(entry.uris.some((uri) => updated.has(bare(uri)))) +
    Number(entry.uris.some((uri) => /\/debian\/*$/.test(uri)));
  const archive = archives.sort((a, b) => score(b) - score(a))[0];
  if (archive === undefined) return undefined;
  const present = entries.some((entry) => entry.suites.includes(backports) && entry.components.includes("main"));
  return { deb822: archive.deb822, text: present ? "" : archive.render(backports) };
}

const bare = (uri) => uri.replace(/\/+$/, "");
const uris = (entry) => entry.uris.map(bare);
const words = (text) => text.split(/\s+/).filter((word) => word !== "");

function parseLines(text) {
  const pattern = /^\s*deb\s+(\[[^\]]*\]\s+)?(\S+)\s+(\S+)\s+([^#\n]*)/gm;
  return [...text.matchAll(pattern)].map(([, options = "", uri, suite, components]) => ({
    deb822: false,
    uris: [uri],
    suites: [suite],
    components: words(components),
    render: (other) => `deb ${options}${uri} ${other} main\n`,
  }));
}

function parseStanzas(text) {
  return text
    .split(/\n(?:[ \t]*\n)+/)
    .map((stanza) => stanza.split("\n").filter((line) => line !== "" && !line.startsWith("#")))
    .map(parseFields)
    .filter(
      (fields) =>
        words(fields.get("types") ?? "").includes("deb") && !/^(no|false|0|off)$/i.test(fields.get("enabled") ?? "yes"),
    )
    .map((fields) => ({
      deb822: true,
      uris: words(fields.get("uris") ?? ""),
      suites: words(fields.get("suites") ?? ""),
      components: words(fields.get("components") ?? ""),
      render: (suite) =>
        renderFields(new Map([...fields, ["types", "deb"], ["suites", suite], ["components", "main"]])),
    }));
}

/** Field names are case-insensitive; a line that begins with a blank continues the field before it (embedded keys). */
function parseFields(lines) {
  const fields = new Map();
  let name = "";
  for (const line of lines) {
    const match = /^([A-Za-z0-9-]+):[ \t]*(.*)$/.exec(line);
    if (match) {
      name = match[1].toLowerCase();
      fields.set(name, match[2].trimEnd());
    } else if (fields.has(name)) {
      fields.set(name, `${fields.get(name)}\n${line}`);
    }
  }
  return fields;
}

function renderFields(fields) {
  return `${[...fields].map(([name, value]) => `${name}: ${value}`).join("\n")}\n`;
}
