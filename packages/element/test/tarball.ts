/** A project of somebody else, made from the packed package: all that is installed is the tarball; frameworks are the workspace's. */
import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { build, type PluginOption } from "vite";
import { openSite, type Site } from "./site.js";

const home = fileURLToPath(new URL("..", import.meta.url));
const require = createRequire(import.meta.url);
export const run = promisify(execFile);

/** Writes the files into a new folder and installs there; `borrowed` packages are linked. Returns the folder. */
export async function createProject(
  files: Readonly<Record<string, string>>,
  borrowed: readonly string[],
): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), "consumer-"));
  const manifest = JSON.stringify({ name: "consumer", private: true, type: "module" });
  for (const [name, text] of Object.entries({ "package.json": manifest, ...files }))
    writeFileSync(join(folder, name), text);
  const quiet = ["--offline", "--no-audit", "--no-fund", "--loglevel=error"];
  await run("npm", ["pack", "--pack-destination", folder, ...quiet], { cwd: home });
  const tarball = readdirSync(folder).find((name) => name.endsWith(".tgz"))!;
  await run("npm", ["install", `./${tarball}`, ...quiet], { cwd: folder });
  for (const name of borrowed) {
    const link = join(folder, "node_modules", name);
    mkdirSync(dirname(link), { recursive: true });
    symlinkSync(dirname(require.resolve(`${name}/package.json`)), link, "junction");
  }
  return folder;
}

/** Builds the project with Vite and serves it under /app/, with the tests' model and pictures, under a strict policy. */
export async function serveProject(folder: string, plugins: PluginOption[] = []): Promise<Site> {
  await build({
    root: folder,
    configFile: false,
    base: "/app/",
    logLevel: "error",
    plugins,
    build: { assetsInlineLimit: 0 },
  });
  const built = join(folder, "dist");
  const names = (readdirSync(built, { recursive: true }) as string[]).filter((name) => /\.\w+$/.test(name));
  return openSite(Object.fromEntries(names.map((name) => [`/app/${name}`, readFileSync(join(built, name))])));
}
