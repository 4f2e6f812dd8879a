/** The one page of a run, with what it shows inside: the dashboard serves it, the report is it. */
import { readFile } from "node:fs/promises";
import type { RunView } from "./run_view.js";

/** Made by build_page.mjs from run_page/: style and script are in it. */
const SOURCE = new URL("../../dist/page.html", import.meta.url);

export async function pageOf(view: RunView): Promise<string> {
  // No text of a run may end the element that holds it.
  const json = JSON.stringify(view).replaceAll("<", "\\u003c");
  return (await readFile(SOURCE, "utf8"))
    .replace("<title>", () => `<title>${escaped(view.name)} · `)
    .replace('<script id="run" type="application/json">', (tag) => tag + json);
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
}
