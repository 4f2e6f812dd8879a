/** The site as it is built, on a host of its own and under a path, and a browser that looks at it. */
import { existsSync, readFileSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Browser, chromium, type Page } from "playwright-core";
import { build } from "vite";

const EXECUTABLE = "/usr/bin/chromium";
const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html",
  ".js": "text/javascript",
  ".css": "text/css",
  ".svg": "image/svg+xml",
  ".png": "image/png",
  ".wasm": "application/wasm",
};

export const hasChromium = existsSync(EXECUTABLE);

export interface Host {
  readonly url: string;
  readonly browser: Browser;
  /** Where the built site lies. */
  readonly folder: string;
  /** Paths that were asked for and are not there. */
  readonly missing: readonly string[];
  /** From now on every connection breaks off. */
  offline: boolean;
  close(): Promise<void>;
}

export function launch({ webgpu = true } = {}): Promise<Browser> {
  const gpu = webgpu ? ["--enable-unsafe-webgpu", "--use-webgpu-adapter=swiftshader"] : [];
  return chromium.launch({ executablePath: EXECUTABLE, args: ["--headless=new", "--no-sandbox", ...gpu] });
}

const PATH = "/some/path/";

/** @param base as `npm run build:site -- --base …` is told; by default the site can lie anywhere */
export async function openHost({ base = "./" as typeof PATH | "./" } = {}): Promise<Host> {
  const folder = await mkdtemp(join(tmpdir(), "site-"));
  const configFile = fileURLToPath(new URL("../vite.config.ts", import.meta.url));
  await build({ configFile, base, logLevel: "warn", build: { outDir: folder } });
  const missing: string[] = [];
  const server = createServer(async (request, response) => {
    if (host.offline) return void response.destroy();
    const path = new URL(request.url ?? "/", "http://host").pathname.replace(/\/$/, "/index.html");
    const file = path.startsWith(PATH) ? join(folder, path.slice(PATH.length)) : "";
    const body = await readFile(file).catch(() => undefined);
    if (!body) missing.push(path);
    response.writeHead(body ? 200 : 404, { "content-type": TYPES[extname(path)] ?? "application/octet-stream" });
    response.end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, "localhost", resolve));
  const browser = await launch();
  const host: Host = {
    url: `http://localhost:${(server.address() as AddressInfo).port}${PATH}`,
    browser,
    folder,
    missing,
    offline: false,
    async close() {
      await browser.close();
      server.closeAllConnections();
      server.close();
      await rm(folder, { recursive: true });
    },
  };
  return host;
}

/** What goes wrong in a page, as it goes wrong. The page has patience: software draws, on a machine that others may use too. */
export function listen(page: Page): readonly string[] {
  const errors: string[] = [];
  page.setDefaultTimeout(120_000);
  page.on("pageerror", (error) => errors.push(error.message));
  page.on("console", (message) => message.type() === "error" && errors.push(message.text()));
  return errors;
}

/** What axe finds. */
export async function violations(page: Page): Promise<string[]> {
  await page.evaluate(AXE);
  return page.evaluate(async () => {
    type Violation = { id: string; nodes: { html: string }[] };
    const { axe } = globalThis as unknown as { axe: { run(): Promise<{ violations: Violation[] }> } };
    return (await axe.run()).violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`);
  });
}

export const widthOf = (page: Page): Promise<number> => page.evaluate(() => document.documentElement.scrollWidth);
