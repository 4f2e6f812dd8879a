/** Looks at every package as a consumer would: exports that exist, types first, formats as declared (publint, strict). */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { publint } from "publint";
import { formatMessage } from "publint/utils";
import { root } from "./paths.mjs";

const folders = ["packages", "apps"].flatMap((group) =>
  readdirSync(join(root, group)).map((name) => join(group, name)),
);
for (const folder of [...folders, "shaders"]) {
  const manifest = JSON.parse(readFileSync(join(root, folder, "package.json"), "utf8"));
  const { messages } = await publint({ pkgDir: join(root, folder), strict: true, pack: false });
  for (const message of messages) console.error(`${folder}/package.json: ${formatMessage(message, manifest)}`);
  if (messages.length > 0) process.exitCode = 1;
}
