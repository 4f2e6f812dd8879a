/** The README's example, as it stands there. */
import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { hasChromium, launch } from "./browser.js";
import { openSite } from "./site.js";

it.skipIf(!hasChromium)("runs the example of the README", async () => {
  const readme = readFileSync(new URL("../README.md", import.meta.url), "utf8");
  const [markup, script] = [...readme.matchAll(/```(?:html|js)\n([\s\S]*?)```/g)].map(([, code]) => code!);
  const site = await openSite({
    "/readme.html": `<!doctype html><html lang="en"><title>README</title><img alt="">${markup}</html>`,
    "/page.js": script!,
  });
  const browser = await launch();
  try {
    const page = await browser.newPage();
    const said = page.waitForEvent("console", (message) => message.text().includes("answers"));
    await page.goto(`${site.url}/readme.html`);
    await page.getByRole("status").filter({ hasText: "Paint" }).waitFor();
    await page.getByRole("button", { name: "Invert the mask" }).click();
    await page.getByRole("button", { name: "Complete", exact: true }).click();
    expect((await said).text()).toMatch(/^4 answers; shown: [0-3]$/);
    await page.locator("img[src^=blob]").waitFor({ state: "attached" });
  } finally {
    await browser.close();
    await site.close();
  }
});
