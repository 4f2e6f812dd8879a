/** Makes dist/page.html of run_page/: one file, with uPlot, the style and the script inside. */
import { readFile, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { build, transform } from "esbuild";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));

const bundle = await build({
  entryPoints: [here("run_page/main.ts")],
  bundle: true,
  write: false,
  format: "iife",
  minify: true,
  target: "es2022",
  // uPlot's licence asks for its notice wherever it goes, and bundling would drop it.
  banner: { js: "/*! with uPlot 1.6.32, copyright (c) 2025 Leon Sorokin, MIT licence */" },
});
const sheets = [
  createRequire(import.meta.url).resolve("uplot/dist/uPlot.min.css"),
  here("run_page/palette.css"),
  here("run_page/style.css"),
];
const style = await Promise.all(sheets.map((path) => readFile(path, "utf8")));
const { code: css } = await transform(style.join("\n"), { loader: "css", minify: true });

const page = (await readFile(here("run_page/index.html"), "utf8"))
  .replace("<style></style>", () => `<style>${css}</style>`)
  .replace("<script></script>", () => `<script>${bundle.outputFiles[0].text.trimEnd()}</script>`);
await writeFile(here("dist/page.html"), page);
