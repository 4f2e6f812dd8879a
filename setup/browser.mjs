/** The browser step of `npm test`: Debian's Chromium, for the tests of the pages. Without it they are skipped, and say so. */
import { existsSync } from "node:fs";
import { installPackages, privilege } from "./apt.mjs";
import { servedSystem } from "./driver.mjs";
import { SetupError, say, step } from "./progress.mjs";

/** Where the tests look for it. */
const executable = "/usr/bin/chromium";

/** Makes sure that there is a browser where one can be had. Never ends the set-up. */
export async function ensureBrowser(environment) {
  if (existsSync(executable)) return;
  const skipped = `there is no ${executable}: the tests of the pages will be skipped`;
  const { codename } = servedSystem();
  // Ubuntu's package is a snap, which containers cannot run.
  if (codename === undefined || !/^(bookworm|trixie)$/.test(codename)) return say(`${skipped}.`);
  const asRoot = await privilege(environment);
  if (!asRoot) return say(`${skipped}; installing chromium needs root.`);
  say("installing Chromium, in which the pages are tested.");
  try {
    await step("installing the browser", () => installPackages(["chromium"], { codename }, asRoot, environment));
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
    say(`${skipped}; chromium could not be installed.`);
  }
}
