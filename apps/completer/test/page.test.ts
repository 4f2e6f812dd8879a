/** The demo page as it is built, on a host of its own and under a path, in a real browser. */
import { existsSync, readFileSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import { createRequire } from "node:module";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Browser, chromium } from "playwright-core";
import { build } from "vite";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const EXECUTABLE = "/usr/bin/chromium";
const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html",
  ".js": "text/javascript",
  ".css": "text/css",
  ".svg": "image/svg+xml",
  ".png": "image/png",
};

describe.skipIf(!existsSync(EXECUTABLE))("the demo page", () => {
  let folder: string;
  let server: Server;
  let browser: Browser;
  let url: string;
  const missing: string[] = [];

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "site-"));
    const configFile = fileURLToPath(new URL("../page/vite.config.ts", import.meta.url));
    await build({ configFile, logLevel: "warn", build: { outDir: folder } });
    server = createServer(async (request, response) => {
      const path = new URL(request.url ?? "/", "http://host").pathname.replace(/\/$/, "/index.html");
      const file = path.startsWith("/some/path/") ? join(folder, path.slice("/some/path/".length)) : "";
      const body = await readFile(file).catch(() => undefined);
      if (!body) missing.push(path);
      response.writeHead(body ? 200 : 404, { "content-type": TYPES[extname(path)] ?? "application/octet-stream" });
      response.end(body);
    });
    await new Promise<void>((resolve) => server.listen(0, "localhost", resolve));
    url = `http://localhost:${(server.address() as AddressInfo).port}/some/path/`;
    browser = await chromium.launch({
      executablePath: EXECUTABLE,
      args: ["--headless=new", "--no-sandbox", "--enable-unsafe-webgpu", "--use-webgpu-adapter=swiftshader"],
    });
  });
  afterAll(async () => {
    await browser?.close();
    server?.close();
    if (folder) await rm(folder, { recursive: true });
  });

  it.each([
    [360, "dark"],
    [768, "light"],
    [1440, "light"],
  ] as const)("fits %i pixels, and axe finds nothing: %s", async (width, colorScheme) => {
    const page = await browser.newPage({ viewport: { width, height: 900 }, colorScheme });
    await page.goto(url);
    await page.getByRole("status").filter({ hasText: "Paint over" }).waitFor();
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width);
    await page.evaluate(AXE);
    const found = await page.evaluate(async () => {
      const { axe } = globalThis as unknown as { axe: { run(): Promise<{ violations: { id: string }[] }> } };
      return (await axe.run()).violations.map(({ id }) => id);
    });
    expect(found).toEqual([]);
    await page.close();
  });

  it("damages an example and mends it", async () => {
    const page = await browser.newPage();
    const errors: string[] = [];
    page.on("pageerror", (error) => errors.push(error.message));
    page.on("console", (message) => message.type() === "error" && errors.push(message.text()));
    await page.goto(url);
    await page.locator("image-completer").evaluate((element) => {
      element.setAttribute("iterations", "4");
      element.setAttribute("candidates", "2");
    });
    // What is painted, as the page hears of it.
    const damaged = () =>
      page.evaluate(() => new Promise<void>((resolve) => addEventListener("ic-mask", () => resolve(), { once: true })));
    for (const name of ["Face 3", "Centre"]) {
      const painted = damaged();
      await page.getByRole("button", { name }).click();
      await painted;
    }
    await page.getByRole("button", { name: "Complete", exact: true }).click();
    await page.getByRole("status").filter({ hasText: "Done in" }).waitFor();
    expect(await page.getByRole("radio").count()).toBe(2);
    expect(errors).toEqual([]);
    expect(missing).toEqual([]);
    await page.close();
  });
});
