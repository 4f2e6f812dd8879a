/** Writes docs/options.md and docs/schemas. */
import { mkdir } from "node:fs/promises";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { writeFileWhole } from "@kintsugi/terminal";
import { optionFiles } from "./options_page.js";
import { createProgram } from "./program.js";

const docs = new URL("../../../docs/", import.meta.url);
for (const [name, text] of optionFiles(createProgram())) {
  const path = fileURLToPath(new URL(name, docs));
  await mkdir(dirname(path), { recursive: true });
  await writeFileWhole(path, text);
}
