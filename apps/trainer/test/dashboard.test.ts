/** The page of a run in a real browser: as a file without a network, and live beside a training. */
import { existsSync } from "node:fs";
import { readFile, rm } from "node:fs/promises";
import { createServer, request } from "node:http";
import { createRequire } from "node:module";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { type Browser, chromium, type Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Dashboard, startDashboard } from "../src/report/dashboard.js";
import { emitted, kintsugi, lines, rows, start, TINY, TOY, temporary, trained } from "./command.js";

const EXECUTABLE = "/usr/bin/chromium";

let at: Awaited<ReturnType<typeof temporary>>;
let run: string;
beforeAll(async () => {
  at = await temporary();
  run = join(at.path, "run");
  await trained(...TINY, ...TOY, "--out", run, "--steps", "30", "--sample-every", "10");
});
afterAll(() => at.remove());

describe("the server", () => {
  let dashboard: Dashboard;
  beforeAll(async () => {
    dashboard = await startDashboard(run, { port: 0 });
  });
  afterAll(() => dashboard.close());

  const get = (path: string, headers: Record<string, string> = {}) =>
    new Promise<{ status: number; type: string; body: string }>((done, failed) => {
      const { port } = new URL(dashboard.url);
      request({ port, path, headers, host: "127.0.0.1" }, (response) => {
        let body = "";
        response.setEncoding("latin1").on("data", (chunk: string) => {
          body += chunk;
        });
        response.on("end", () =>
          done({ status: response.statusCode!, type: String(response.headers["content-type"]), body }),
        );
      })
        .on("error", failed)
        .end();
    });

  it("gives the page, the run and its pictures, and no other file", async () => {
    expect(dashboard.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/$/);
    expect(await get("/")).toMatchObject({ status: 200, type: "text/html; charset=utf-8" });
    expect(JSON.parse((await get("/run.json")).body)).toMatchObject({ step: 30, live: true });
    const { status, body } = await get("/samples/000010.png");
    expect([status, body]).toEqual([200, await readFile(join(run, "samples", "000010.png"), "latin1")]);
    for (const path of [
      "/model.safetensors",
      "/samples/..%2frun.json",
      "/samples/../../etc/passwd",
      "/samples/99.png",
    ]) {
      expect((await get(path)).status, path).toBe(404);
    }
  });

  it("answers to no name but its own", async () => {
    expect((await get("/run.json", { host: "elsewhere.example:80" })).status).toBe(403);
  });

  it("says in one line that a port is taken, before it reads an image", async () => {
    const other = createServer().listen(0, "127.0.0.1");
    await new Promise((done) => other.once("listening", done));
    const { port } = other.address() as AddressInfo;
    const out = join(at.path, "busy");
    for (const args of [
      ["dashboard", run, "--port", String(port)],
      ["train", ...TINY, ...TOY, "--out", out, "--dashboard", String(port)],
    ]) {
      const ended = await kintsugi(...args);
      expect([ended.code, ended.stderr.trimEnd().split("\n")]).toEqual([
        2,
        [expect.stringContaining(`the dashboard's port ${port} is taken: give another`)],
      ]);
    }
    other.close();
  });
});

describe.skipIf(!existsSync(EXECUTABLE))("in Chromium (skipped where there is none)", () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await chromium.launch({ executablePath: EXECUTABLE, args: ["--headless=new", "--no-sandbox"] });
  });
  afterAll(() => browser.close());

  const open = async (url: string, width: number, colorScheme: "light" | "dark" = "light") => {
    const page = await (await browser.newContext({ viewport: { width, height: 800 }, colorScheme })).newPage();
    const seen = { errors: [] as string[], requests: [] as string[] };
    page.on("pageerror", ({ message }) => seen.errors.push(message));
    page.on("console", (message) => message.type() === "error" && seen.errors.push(message.text()));
    page.on("request", (one) => !one.url().startsWith("data:") && seen.requests.push(one.url()));
    await page.goto(url);
    return { page, seen };
  };
  const text = (page: Page, id: string) => page.locator(`#${id}`).textContent();
  const slide = (page: Page, id: string, value: number) => page.locator(`#${id}`).fill(String(value));

  it.each([
    [360, "dark"],
    [1440, "light"],
  ] as const)("reads the report at %i pixels, %s, without a network", async (width, scheme) => {
    const url = pathToFileURL(join(run, "report.html")).href;
    const { page, seen } = await open(url, width, scheme);
    expect(await text(page, "state")).toBe("Finished after 30 steps");
    expect(await page.locator("#charts canvas").count()).toBeGreaterThanOrEqual(4);
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(width);
    expect(await text(page, "at-step")).toBe("step 30");
    expect(await text(page, "facts")).toContain("Hardware");
    await page.addScriptTag({ path: createRequire(import.meta.url).resolve("axe-core") });
    const wrong = await page.evaluate(async () => {
      const { axe } = window as unknown as { axe: { run(): Promise<{ violations: { id: string }[] }> } };
      return (await axe.run()).violations.map(({ id }) => id);
    });
    expect(wrong).toEqual([]);
    expect(seen).toEqual({ errors: [], requests: [url] });
    await page.context().close();
  });

  it("turns the report's slider and averages its curves", async () => {
    const { page } = await open(pathToFileURL(join(run, "report.html")).href, 900);
    const last = await page.locator("#picture").getAttribute("src");
    await slide(page, "at", 0);
    expect(await text(page, "at-step")).toBe("step 10");
    const first = await page.locator("#picture").getAttribute("src");
    expect(await page.locator("#judged rect.real").count()).toBe(10);
    const [row] = (await rows(join(run, "judged.csv"))).filter(({ step }) => step === "10");
    const sure = (kind: string) => [5, 6, 7, 8, 9].reduce((sum, i) => sum + Number(row![`${kind}_${i}`]), 0);
    expect(await page.locator("#judged svg").getAttribute("aria-label")).toBe(
      `D takes ${sure("real")} of 4 images and ${sure("fake")} of 4 samples for real`,
    );
    expect(first).toMatch(/^data:image\/webp/);
    expect(first).not.toBe(last);
    const ink = () => page.locator("#charts canvas").first().screenshot();
    await slide(page, "smooth", 0);
    expect(await text(page, "smooth-steps")).toBe("off");
    const plain = await ink();
    await slide(page, "smooth", 3);
    expect(await text(page, "smooth-steps")).toBe("20 steps");
    expect((await ink()).equals(plain)).toBe(false);
    await page.getByRole("button", { name: "Play" }).click();
    await expect.poll(() => text(page, "at-step")).toBe("step 30");
    await page.context().close();
  });

  it("follows a training, survives a reload and the end of it, and goes on with another dashboard", async () => {
    const out = join(at.path, "live");
    const started = start(
      ...["train", ...TINY, ...TOY, "--out", out, "--steps", "1000000", "--sample-every", "20"],
      ...["--dashboard", "0", "--json"],
    );
    let said = "";
    started.child.stdout.on("data", (chunk: string) => {
      said += chunk;
    });
    await emitted(started, "sample");
    const url = /"t":"dashboard","url":"(.*?)"/.exec(said)![1]!;
    const { page, seen } = await open(url, 1200);
    const step = async () => Number(/step ([\d,]+) of/.exec((await text(page, "state"))!)?.[1]?.replaceAll(",", ""));
    // Samples may be there before the first records are.
    await expect.poll(step, { timeout: 120_000 }).toBeGreaterThan(0);
    const before = await step();
    await expect.poll(step, { timeout: 120_000 }).toBeGreaterThan(before);
    await slide(page, "at", 0);
    await slide(page, "smooth", 1);
    await page.reload();
    expect(await text(page, "at-step")).toBe("step 20");
    expect(await text(page, "smooth-steps")).toBe("5 steps");
    expect(seen.errors).toEqual([]);

    started.child.kill("SIGINT");
    const ended = await started.ended;
    expect(ended.code).toBe(130);
    expect(lines(ended).some(({ t }) => t === "report")).toBe(true);
    await expect.poll(() => text(page, "state"), { timeout: 120_000 }).toContain("The dashboard is gone");
    await rm(join(out, "report.html"));
    const later = await startDashboard(out, { port: Number(new URL(url).port) });
    await expect.poll(step, { timeout: 120_000 }).toBeGreaterThan(before);
    await later.close();
    await page.context().close();
  });
});
