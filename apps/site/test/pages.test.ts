/** Every page in every width and colour, built for a path on its host, and what a person does there. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { PAGES } from "../pages.js";
import { type Host, hasChromium, listen, openHost, violations, widthOf } from "./host.js";

/** What a page says, or shows, when it is ready. */
const READY: Readonly<Record<string, string>> = {
  "index.html": "Paint over",
  "train.html": "1000 pictures",
  "explore.html": "32 numbers become",
  "how.html": "Press Search.",
  "benchmarks.html": "batch_norm",
};

describe.skipIf(!hasChromium)("the site", () => {
  let host: Host;
  beforeAll(async () => {
    host = await openHost({ base: "/some/path/" });
  });
  afterAll(() => host?.close());

  it.each(PAGES.map(({ file }) => file))("%s fits every width, and axe finds nothing", async (file) => {
    const page = await host.browser.newPage({ colorScheme: "dark" });
    const errors = listen(page);
    await page.goto(host.url + file);
    await page.getByText(READY[file]!).first().waitFor();
    for (const [width, colorScheme] of [
      [1440, "dark"],
      [768, "light"],
      [360, "dark"],
    ] as const) {
      await page.setViewportSize({ width, height: 900 });
      await page.emulateMedia({ colorScheme });
      expect(await widthOf(page)).toBeLessThanOrEqual(width);
      expect(await violations(page)).toEqual([]);
    }
    expect(errors).toEqual([]);
    expect(host.missing).toEqual([]);
    await page.close();
  });

  it("damages an example and mends it", async () => {
    const page = await host.browser.newPage();
    const errors = listen(page);
    await page.goto(host.url);
    await page.getByRole("button", { name: "Drawn faces" }).click();
    await page.locator("image-completer").evaluate((element) => element.setAttribute("iterations", "4"));
    // What is painted, as the page hears of it.
    const damaged = () =>
      page.evaluate(() => new Promise<void>((resolve) => addEventListener("ic-mask", () => resolve(), { once: true })));
    for (const name of ["Face 3", "Hole"]) {
      const painted = damaged();
      await page.getByRole("button", { name }).click();
      await painted;
    }
    // On a desk all tools stand in one row.
    await page.setViewportSize({ width: 1440, height: 900 });
    const tops = await Promise.all(
      ["Brush", "Complete"].map((name) => page.getByRole("button", { name, exact: true }).boundingBox()),
    );
    expect(Math.abs(tops[0]!.y - tops[1]!.y)).toBeLessThan(8);
    await page.getByRole("button", { name: "Complete", exact: true }).click();
    await page.getByRole("status").filter({ hasText: "Done in" }).waitFor();
    expect(await page.getByRole("radio").count()).toBe(4);
    expect(errors).toEqual([]);
    await page.close();
  });

  it("paints what is between two faces, and what a slider makes of one", async () => {
    const page = await host.browser.newPage();
    const errors = listen(page);
    await page.goto(`${host.url}explore.html`);
    await page.getByText("32 numbers become").waitFor();
    const pixels = (selector: string) =>
      page.evaluate(
        (found) => [...document.querySelectorAll<HTMLCanvasElement>(found)].map((canvas) => canvas.toDataURL()),
        selector,
      );
    // The samples come last; the walk from A to B begins and ends with two of them.
    const [faces, strip] = [await pixels("#samples canvas"), await pixels("#strip canvas")];
    expect(new Set([...faces, ...strip]).size).toBe(faces.length + strip.length - 2);
    expect(strip[0]).toBe(faces[0]);
    expect(strip.at(-1)).toBe(faces[1]);
    expect(await pixels("#single canvas")).toEqual([faces[0]]);
    await page.getByLabel("z₁").fill("1");
    await expect.poll(() => pixels("#single canvas")).not.toEqual([faces[0]]);
    await page.getByRole("button", { name: "Back to A" }).click();
    await expect.poll(() => pixels("#single canvas")).toEqual([faces[0]]);
    expect(errors).toEqual([]);
    await page.close();
  });

  it("stamps with the kernel, and searches z downhill", async () => {
    const page = await host.browser.newPage();
    const errors = listen(page);
    await page.goto(`${host.url}how.html`);
    await page.getByText("Press Search.").waitFor();
    await page.getByRole("slider", { name: "Stamps" }).fill("1");
    // The first value is 1 and SAME padding is behind, so that the whole filter shows in the corner.
    const rows = Array.from({ length: 3 }, () => "0 0 0 0 0 0");
    const stamped = ["1 2 1 0 0 0", "2 4 2 0 0 0", "1 2 1 0 0 0", ...rows].join("; ");
    await page.getByRole("img", { name: `The large picture after 1 stamps: ${stamped}` }).waitFor();
    await page.getByRole("button", { name: "Search" }).click();
    const loss = async () => Number((await page.locator("#status").textContent())?.match(/loss (\d+)/)?.[1]);
    await page.getByText("of 150").waitFor();
    const first = await loss();
    await expect.poll(loss, { timeout: 120_000 }).toBeLessThan(first);
    await page.getByRole("button", { name: "Stop" }).click();
    expect(errors).toEqual([]);
    await page.close();
  });

  it("measures in the page and shows the report", async () => {
    const page = await host.browser.newPage();
    const errors = listen(page);
    await page.goto(`${host.url}benchmarks.html?groups=adam`);
    await page.getByRole("button", { name: "Run" }).click();
    await page.frameLocator("#report").getByRole("heading", { name: "How fast is Kintsugi here?" }).waitFor();
    expect(errors).toEqual([]);
    await page.close();
  });
});
