/**
 * Turns every WGSL file of this folder into one typed module, `dist/index.js` with `dist/index.d.ts`.
 *
 * It knows text and nothing else: one directive, `// @import shared/x.wgsl`, which appends that file once (WGSL module
 * scope has no order). An import with a star, `// @import shared/gemm_*.wgsl`, makes one variant of the kernel for each
 * file that matches, keyed by what the star stands for: the same operand loaders over several tiled cores.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const folder = dirname(fileURLToPath(import.meta.url));
const DIRECTIVE = /^(enable|diagnostic)\b.*;\n/gm;
const IMPORT = /^\/\/ @import (\S+)[ \t]*$/gm;

/** The files that an import names: one, or as many as match its star. Each as [what the star stands for, path]. */
function matches(path, from) {
  if (!path.includes("*")) {
    if (!existsSync(join(folder, path))) throw new Error(`shaders: ${from} imports ${path}, which does not exist`);
    return [["", path]];
  }
  const [before, after] = path.split("*");
  const found = readdirSync(join(folder, dirname(path)))
    .map((file) => join(dirname(path), file))
    .filter((file) => file.startsWith(before) && file.endsWith(after))
    .sort();
  if (found.length === 0) throw new Error(`shaders: ${from} imports ${path}, which matches no file`);
  return found.map((file) => [file.slice(before.length, file.length - after.length), file]);
}

/** All texts that a file can become: [variant, text, names of the files already taken in]. */
function variants(file) {
  let open = [{ key: "", texts: [], taken: new Set(), pending: [file] }];
  const done = [];
  while (open.length > 0) {
    const next = [];
    for (const state of open) {
      const path = state.pending[0];
      if (path === undefined) {
        done.push(state);
        continue;
      }
      const rest = state.pending.slice(1);
      if (state.taken.has(path)) {
        next.push({ ...state, pending: rest });
        continue;
      }
      const text = readFileSync(join(folder, path), "utf8");
      const choices = [...text.matchAll(IMPORT)]
        .map((match) => matches(match[1], path))
        .reduce((all, some) => all.flatMap((a) => some.map((b) => [...a, b])), [[]]);
      for (const choice of choices) {
        next.push({
          key: state.key + choice.map(([star]) => star).join(""),
          texts: [...state.texts, text.replace(IMPORT, "").trim()],
          taken: new Set([...state.taken, path]),
          pending: [...rest, ...choice.map(([, imported]) => imported)],
        });
      }
    }
    open = next;
  }
  return done.map(({ key, texts }) => ({ key, code: directivesFirst(`${texts.join("\n\n")}\n`) }));
}

/** WGSL wants `enable …;` and `diagnostic(…);` before everything else; a file that is appended may bring one along. */
function directivesFirst(code) {
  const directives = new Set(code.match(DIRECTIVE) ?? []);
  return [...directives].join("") + code.replace(DIRECTIVE, "");
}

const BINDING = /@group\(0\)\s*@binding\((\d+)\)\s*var<(storage(?:,\s*(read|read_write))?|uniform)>\s*(\w+)\s*:/g;
const OVERRIDE = /^override\s+(\w+)\s*(?::\s*\w+)?\s*(=)?/gm;
const CONST = /^const\s+(\w+)\s*(?::\s*\w+)?\s*=\s*(\d+)u?\s*;/gm;

/** What the host must know of one text. */
function describe(name, code) {
  const bindings = {};
  for (const [, index, kind, access, binding] of code.matchAll(BINDING)) {
    if (bindings[binding]) throw new Error(`shaders: ${name} declares the binding ${binding} twice`);
    const [other] = Object.keys(bindings).filter((known) => bindings[known].index === Number(index));
    if (other) {
      throw new Error(`shaders: ${name} declares the binding number ${index} twice, for ${other} and ${binding}`);
    }
    const type = kind === "uniform" ? "uniform" : access === "read_write" ? "storage" : "read-only-storage";
    bindings[binding] = { index: Number(index), type };
  }
  const required = [];
  const optional = [];
  for (const [, constant, hasDefault] of code.matchAll(OVERRIDE)) (hasDefault ? optional : required).push(constant);
  const sizes = Object.fromEntries([...code.matchAll(CONST)].map(([, key, value]) => [key, Number(value)]));
  if (!/@compute/.test(code) || !/fn main\(/.test(code)) throw new Error(`shaders: ${name} has no entry point main`);
  return { name, code, bindings, required, optional, sizes };
}

const camel = (name) => name.replace(/_([a-z0-9])/g, (_, letter) => letter.toUpperCase());
const union = (names) => (names.length === 0 ? "never" : names.map((name) => JSON.stringify(name)).join(" | "));
const type = (s) =>
  `Shader<${union(Object.keys(s.bindings))}, ${union(s.required)}, ${union(s.optional)}, ${union(Object.keys(s.sizes))}>`;

const modules = [];
const types = [
  "/** One kernel: its text and the names that the host fills in. Sizes are the integer `const`s of the file. */",
  "export interface Shader<B extends string = string, R extends string = string, O extends string = string, S extends string = string> {",
  "  readonly name: string;",
  "  readonly code: string;",
  '  readonly bindings: Readonly<Record<B, { readonly index: number; readonly type: "uniform" | "storage" | "read-only-storage" }>>;',
  "  readonly required: readonly R[];",
  "  readonly optional: readonly O[];",
  "  readonly sizes: Readonly<Record<S, number>>;",
  "}",
];
const files = readdirSync(folder).filter((file) => file.endsWith(".wgsl"));
for (const file of files.sort()) {
  const name = file.slice(0, -".wgsl".length);
  const made = variants(file).map(({ key, code }) => [key, describe(key ? `${name}_${key}` : name, code)]);
  if (made.length === 1 && made[0][0] === "") {
    modules.push(`export const ${camel(name)} = ${JSON.stringify(made[0][1])};`);
    types.push(`export declare const ${camel(name)}: ${type(made[0][1])};`);
  } else {
    modules.push(`export const ${camel(name)} = ${JSON.stringify(Object.fromEntries(made))};`);
    const fields = made.map(([key, shader]) => `  readonly ${JSON.stringify(key)}: ${type(shader)};`);
    types.push(`export declare const ${camel(name)}: {\n${fields.join("\n")}\n};`);
  }
}
mkdirSync(join(folder, "dist"), { recursive: true });
writeFileSync(join(folder, "dist/index.js"), `${modules.join("\n")}\n`);
writeFileSync(join(folder, "dist/index.d.ts"), `${types.join("\n")}\n`);
