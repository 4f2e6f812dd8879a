/** Puts the two fonts that drawings use, with their licence, into fonts/: the package they come from weighs 12 MB. */
import { cpSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const from = dirname(createRequire(import.meta.url).resolve("dejavu-fonts-ttf/package.json"));
const to = fileURLToPath(new URL("fonts", import.meta.url));
for (const file of ["ttf/DejaVuSans.ttf", "ttf/DejaVuSans-Bold.ttf", "LICENSE"])
  cpSync(join(from, file), join(to, file.replace("ttf/", "")));
