/**
 * The bundlers that the README names, with the packed package and the settings that stand there: built or served, opened, and
 * used without WebGPU, which needs every file of the package. KINTSUGI_ALL=1 fetches and tries those too that are not installed.
 */
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { build as esbuild } from "esbuild";
import { createServer as vite7 } from "vite-7";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import webpack from "webpack";
import type {} from "../src/element.js";
import { STRINGS } from "../src/strings.js";
import { hasChromium, launch } from "./browser.js";
import { face, MODEL, openSite } from "./site.js";
import { createProject, run } from "./tarball.js";

const html = (script: string) => `<!doctype html><html lang="en"><head><title>Bundled</title></head><body>
<image-completer src="./face.png" model="./toy-16.safetensors" iterations="3" candidates="1"></image-completer>
${script}</body></html>`;

const MODULE = '<script type="module" src="./main.js"></script>';
const FILES = { "index.html": html(MODULE), "main.js": 'import "@kintsugi/element/define";\n' };
const DIST = "node_modules/@kintsugi/element/dist";

/** What a bundler makes of the project: an address to open, and how to end what serves it. */
interface Opened {
  readonly url: string;
  close(): Promise<void>;
}

/** Serves a folder of built files, with the model and the picture, under a strict policy. */
async function serve(folder: string): Promise<Opened> {
  const names = (readdirSync(folder, { recursive: true }) as string[]).filter((name) => /\.\w+$/.test(name));
  const files = names.map((name) => [`/app/${name}`, readFileSync(join(folder, name))] as const);
  const given = [["/app/face.png", face(1, 16)] as const, ["/app/toy-16.safetensors", MODEL] as const];
  const site = await openSite(Object.fromEntries([...files, ...given]));
  Object.assign(site, { wasm: true });
  return { url: `${site.url}/app/index.html`, close: () => site.close() };
}

/** As the README has it for bundlers that know no `new URL`. */
function copyBeside(folder: string): void {
  const names = readdirSync(join(folder, DIST)).filter((name) => name.startsWith("image-completer."));
  for (const name of names) cpSync(join(folder, DIST, name), join(folder, "dist", name));
  writeFileSync(join(folder, "dist/index.html"), FILES["index.html"]);
}

interface DevServer {
  listen(): Promise<unknown>;
  close(): Promise<void>;
  readonly resolvedUrls: { readonly local: readonly string[] } | null;
}
type CreateServer = (options: object) => Promise<DevServer>;

async function serveSources(createServer: CreateServer, folder: string, exclude: readonly string[]): Promise<Opened> {
  mkdirSync(join(folder, "public"), { recursive: true });
  writeFileSync(join(folder, "public/face.png"), face(1, 16));
  writeFileSync(join(folder, "public/toy-16.safetensors"), MODEL);
  const server = await createServer({
    root: folder,
    configFile: false,
    logLevel: "error",
    optimizeDeps: { exclude },
    server: { port: 0, host: "localhost" },
  });
  await server.listen();
  return { url: server.resolvedUrls!.local[0]!, close: () => server.close() };
}

const EXCLUDED = ["@kintsugi/element"];

const INSTALLED: Readonly<Record<string, (folder: string) => Promise<Opened>>> = {
  async "webpack 5"(folder) {
    const path = join(folder, "dist");
    const stats = await new Promise<webpack.Stats | undefined>((resolve, reject) =>
      webpack(
        { mode: "production", performance: false, context: folder, entry: "./main.js", output: { path } },
        (error, made) => (error ? reject(error) : resolve(made)),
      ),
    );
    expect(stats?.toJson({ all: false, errors: true, warnings: true })).toMatchObject({ errors: [], warnings: [] });
    writeFileSync(join(path, "index.html"), html('<script src="./main.js"></script>'));
    return serve(path);
  },
  "Vite 7, dev": (folder) => serveSources(vite7 as CreateServer, folder, EXCLUDED),
  async esbuild(folder) {
    await esbuild({
      absWorkingDir: folder,
      entryPoints: ["main.js"],
      bundle: true,
      format: "esm",
      outdir: "dist",
      logLevel: "error",
    });
    copyBeside(folder);
    return serve(join(folder, "dist"));
  },
};

/** Fetches a package into the project and imports it. */
async function fetched<T>(folder: string, version: string, name: string): Promise<T> {
  await run("npm", ["install", "--no-audit", "--no-fund", "--loglevel=error", version], { cwd: folder });
  const found = createRequire(join(folder, "main.js")).resolve(name);
  return import(pathToFileURL(found).href) as Promise<T>;
}

interface Vite {
  readonly createServer: CreateServer;
  build(options: object): Promise<unknown>;
}
interface Rollup {
  rollup(options: object): Promise<{ write(options: object): Promise<unknown> }>;
}

/** `vite`'s main file is for require; its module lies beside. */
const vite = async (folder: string, major: number): Promise<Vite> => {
  await run("npm", ["install", "--no-audit", "--no-fund", "--loglevel=error", `vite@${major}`], { cwd: folder });
  return import(pathToFileURL(join(folder, "node_modules/vite/dist/node/index.js")).href) as Promise<Vite>;
};

const built = (major: number) => async (folder: string) => {
  const { build } = await vite(folder, major);
  await build({ root: folder, base: "./", configFile: false, logLevel: "error", build: { assetsInlineLimit: 0 } });
  return serve(join(folder, "dist"));
};
const developed = (major: number) => async (folder: string) =>
  serveSources((await vite(folder, major)).createServer, folder, major < 8 ? EXCLUDED : []);

const FETCHED: typeof INSTALLED = {
  "Vite 5, dev": developed(5),
  "Vite 6, dev": developed(6),
  "Vite 8, dev": developed(8),
  "Vite 5, build": built(5),
  "Vite 6, build": built(6),
  "Vite 7, build": built(7),
  async Rollup(folder) {
    const { rollup } = await fetched<Rollup>(folder, "rollup@4", "rollup");
    const resolver = await fetched<{ nodeResolve(): unknown }>(
      folder,
      "@rollup/plugin-node-resolve@16",
      "@rollup/plugin-node-resolve",
    );
    const bundle = await rollup({ input: join(folder, "main.js"), plugins: [resolver.nodeResolve()] });
    await bundle.write({ dir: join(folder, "dist"), format: "es" });
    copyBeside(folder);
    return serve(join(folder, "dist"));
  },
};

const ALL = process.env.KINTSUGI_ALL ? { ...INSTALLED, ...FETCHED } : INSTALLED;

describe.skipIf(!hasChromium)("a page bundled by", () => {
  let browser: Awaited<ReturnType<typeof launch>>;
  beforeAll(async () => {
    browser = await launch({ webgpu: false });
  });
  afterAll(() => browser?.close());

  it.each(Object.entries(ALL))("%s completes", async (_, open) => {
    const folder = await createProject(FILES, []);
    const opened = await open(folder);
    const page = await browser.newPage();
    try {
      page.setDefaultTimeout(120_000);
      await page.goto(opened.url);
      await page.getByRole("status").filter({ hasText: STRINGS.onCpu }).waitFor();
      await page.getByRole("button", { name: STRINGS.invert }).click();
      await page.getByRole("button", { name: STRINGS.complete, exact: true }).click();
      await page.getByRole("status").filter({ hasText: "Done in" }).waitFor();
    } finally {
      await page.close();
      await opened.close();
      rmSync(folder, { recursive: true });
    }
  });

  it("esbuild without the copied files says what is missing", async () => {
    const folder = await createProject(FILES, []);
    await esbuild({ absWorkingDir: folder, entryPoints: ["main.js"], bundle: true, format: "esm", outdir: "dist" });
    writeFileSync(join(folder, "dist/index.html"), FILES["index.html"]);
    const opened = await serve(join(folder, "dist"));
    const page = await browser.newPage();
    try {
      await page.goto(opened.url);
      await page.getByText("image-completer.worker.js could not be loaded").waitFor({ timeout: 120_000 });
      await page.getByText("see Bundlers in the README").waitFor();
    } finally {
      await page.close();
      await opened.close();
      rmSync(folder, { recursive: true });
    }
  });
});
