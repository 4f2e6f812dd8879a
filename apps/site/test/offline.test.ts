/** The site without network, after one visit; and a new version in the place of an old one. */
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Host, hasChromium, listen, openHost } from "./host.js";

/** Once the browser has kept what it is to keep. */
const kept = (page: Page) => page.evaluate(() => navigator.serviceWorker.ready.then(() => {}));
const cached = (page: Page) => page.evaluate(() => caches.keys());

describe.skipIf(!hasChromium)("the site without network", () => {
  let host: Host;
  beforeAll(async () => {
    host = await openHost();
  });
  afterAll(() => host?.close());

  it("opens again, completes a picture, and opens pages that were not visited", async () => {
    const page = await (await host.browser.newContext()).newPage();
    const errors = listen(page);
    await page.goto(host.url);
    await kept(page);
    // The large model is no file of the site's store: the completer keeps it, once it has it.
    await page.getByRole("status").filter({ hasText: "No graphics card" }).waitFor({ timeout: 120_000 });
    host.offline = true;
    try {
      await page.reload();
      await page.locator("image-completer").evaluate((element) => element.setAttribute("iterations", "4"));
      await page.getByRole("status").filter({ hasText: "No graphics card" }).waitFor({ timeout: 120_000 });
      await page.getByRole("button", { name: "Complete", exact: true }).click();
      await page.getByRole("status").filter({ hasText: "Done in" }).waitFor();
      await page.goto(`${host.url}explore.html?from=here`);
      await page.getByText("32 numbers become").waitFor();
      expect(errors).toEqual([]);
      await expect(page.goto(`${host.url}none.html`)).rejects.toThrow("ERR_FAILED");
    } finally {
      host.offline = false;
      await page.context().close();
    }
  });

  it("keeps a new version in the place of the old one, once no page of that is open", async () => {
    const page = await (await host.browser.newContext()).newPage();
    await page.goto(`${host.url}benchmarks.html`);
    await kept(page);
    const before = await cached(page);
    expect(before).toEqual([expect.stringMatching(/^kintsugi-site .* [0-9a-f]{16}$/)]);
    const file = join(host.folder, "sw.js");
    await writeFile(file, (await readFile(file, "utf8")).replace(/"version":"[0-9a-f]{16}"/, '"version":"next"'));
    await page.evaluate(async () => {
      const registration = await navigator.serviceWorker.ready;
      await registration.update();
      const { installing } = registration;
      await new Promise<void>((resolve) => {
        if (registration.waiting) resolve();
        installing?.addEventListener("statechange", () => installing.state === "installed" && resolve());
      });
    });
    expect(await cached(page)).toHaveLength(2);
    await page.goto("about:blank");
    await page.goto(`${host.url}benchmarks.html`);
    await expect.poll(() => cached(page)).toEqual([expect.stringMatching(/ next$/)]);
    await page.context().close();
  });
});
