/** A page with the element in it, and every file that it needs: what `serve` shows to browsers, and `kintsugi page` writes. */
import { readdir } from "node:fs/promises";
import { createRequire } from "node:module";
import { basename, dirname, extname, join } from "node:path";

/** A file of the page: text that is made here, or a file on disk. */
export type PageFile = { readonly type: string; readonly headers: Readonly<Record<string, string>> } & (
  | { readonly text: string }
  | { readonly path: string }
);

export interface PageOptions {
  /** The path of the model. */
  readonly model: string;
  /** What must be said wherever the model is shown. */
  readonly credit?: string | undefined;
}

const TYPES: Readonly<Record<string, string>> = {
  ".js": "text/javascript; charset=utf-8",
  ".wasm": "application/wasm",
  ".safetensors": "application/octet-stream",
};

/** The worker obeys the policy of its own file, so every file has it. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self' 'wasm-unsafe-eval'",
  "style-src 'self'",
  "worker-src 'self'",
  "connect-src 'self' blob: data:",
  "img-src 'self' blob: data:",
  "frame-ancestors 'none'",
  "base-uri 'none'",
  "form-action 'none'",
].join("; ");

const HEADERS = {
  "content-security-policy": POLICY,
  "x-content-type-options": "nosniff",
  "cross-origin-resource-policy": "same-origin",
  "cache-control": "no-cache",
};

/**
 * The files by their names; `index.html` is the page itself. Where the element is not installed, which is up to whoever
 * installs us, the page alone, which says what to do.
 */
export async function pageFiles({ model, credit }: PageOptions): Promise<ReadonlyMap<string, PageFile>> {
  const type = "text/html; charset=utf-8";
  const folder = elementFolder();
  if (folder === undefined) return new Map([["index.html", { type, headers: HEADERS, text: WITHOUT_ELEMENT }]]);
  const names = (await readdir(folder)).filter((name) => /^image-completer\.([\w-]+\.)*(js|wasm)$/.test(name));
  const onDisk = [...names.map((name) => join(folder, name)), model];
  return new Map<string, PageFile>([
    ["index.html", { type, headers: HEADERS, text: html(credit) }],
    ["page.css", { type: "text/css; charset=utf-8", headers: HEADERS, text: CSS }],
    ...onDisk.map((path): [string, PageFile] => {
      const type = TYPES[extname(path)] ?? "application/octet-stream";
      return [path === model ? MODEL : basename(path), { type, headers: HEADERS, path }];
    }),
  ]);
}

const MODEL = "model.safetensors";

const WITHOUT_ELEMENT = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <title>Complete a picture</title>
  </head>
  <body>
    <p>This service answers requests; its page needs the package @kintsugi/element. Install it beside kintsugi
      (<code>npm install @kintsugi/element</code>), then start <code>kintsugi serve</code> anew.</p>
  </body>
</html>
`;

/** Where the element's files lie, if it is installed. */
function elementFolder(): string | undefined {
  try {
    return dirname(createRequire(import.meta.url).resolve("@kintsugi/element/image-completer.js"));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "MODULE_NOT_FOUND") return undefined;
    throw error;
  }
}

function html(credit: string | undefined): string {
  const escaped = credit?.replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`);
  return `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <meta name="color-scheme" content="light dark">
    <title>Complete a picture</title>
    <link rel="icon" href="data:,">
    <link rel="stylesheet" href="page.css">
    <script type="module" src="image-completer.js"></script>
  </head>
  <body>
    <main>
      <h1>Complete a picture</h1>
      <p>Drop a picture below, rub out what is damaged, and press Complete. It never leaves your browser.</p>
      <image-completer model="${MODEL}"></image-completer>
${escaped ? `      <p class="credit">${escaped}</p>\n` : ""}    </main>
  </body>
</html>
`;
}

const CSS = `:root { font: 100%/1.5 system-ui, sans-serif; }
body { margin: 0; }
main { max-width: 44rem; margin: 0 auto; padding: 1.5rem 1rem; }
h1 { font-size: 1.5rem; margin: 0 0 0.5rem; }
p { margin: 0 0 1rem; }
.credit { margin: 1rem 0 0; font-size: 0.875rem; opacity: 0.75; }
`;
