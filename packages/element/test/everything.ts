/** All that all packages export, as one module of a project that has them: for compilers to look at. */
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export const workspace = fileURLToPath(new URL("../../..", import.meta.url));

/** Writes `everything.ts` into the folder, and links the workspace's packages beside it, but for the element. */
export function writeEverything(folder: string): void {
  mkdirSync(join(folder, "node_modules/@kintsugi"), { recursive: true });
  const homes = ["packages", "apps"].flatMap((room) =>
    readdirSync(join(workspace, room)).map((name) => `${room}/${name}`),
  );
  const lines = homes.flatMap((home) => {
    const path = join(workspace, home, "package.json");
    const {
      name,
      exports = {},
      private: own,
    } = existsSync(path) ? JSON.parse(readFileSync(path, "utf8")) : { private: true };
    if (own) return [];
    // The project has the element already; twice, its tag would have two types.
    if (name !== "@kintsugi/element")
      symlinkSync(join(workspace, home), join(folder, "node_modules", name), "junction");
    const entries = Object.entries<string | Record<string, string>>(exports);
    const typed = entries.filter(([, target]) => typeof target === "object" && target.types);
    return typed.map(([entry]) => `${name}${entry.slice(1)}`);
  });
  writeFileSync(
    join(folder, "everything.ts"),
    lines.map((entry, i) => `export * as entry${i} from "${entry}";\n`).join(""),
  );
}
