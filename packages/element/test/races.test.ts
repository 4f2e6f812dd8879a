/** Pictures and models that are replaced while they are on their way: what is late is silent. */
import type { Browser, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type {} from "../src/element.js";
import { STRINGS } from "../src/strings.js";
import { hasChromium, launch } from "./browser.js";
import { openSite, type Site } from "./site.js";

const MODEL = 'model="/toy-16.safetensors" iterations="4" candidates="1"';

let site: Site;
let browser: Browser;
let page: Page;

/** Opens a page that notes every event of the element. */
async function open(attributes: string, status: string = STRINGS.paint): Promise<void> {
  page = await browser.newPage();
  page.setDefaultTimeout(120_000);
  await page.addInitScript(() => {
    const heard: string[] = [];
    Object.assign(globalThis, { heard });
    for (const name of ["picture", "model", "complete", "cancel", "error"])
      addEventListener(`ic-${name}`, ({ detail }: CustomEventInit) =>
        heard.push(detail?.message ? `${name}: ${detail.message}` : name),
      );
  });
  await page.goto(`${site.url}/?attributes=${encodeURIComponent(attributes)}`);
  if (status) await says(status);
}

const says = (text: string) => page.getByRole("status").filter({ hasText: text }).waitFor();
const heard = () => page.evaluate(() => (globalThis as unknown as { heard: string[] }).heard);
const set = (attributes: Readonly<Record<string, string>>) =>
  page.locator("image-completer").evaluate((element, given) => {
    for (const [name, value] of Object.entries(given)) element.setAttribute(name, value);
  }, attributes);

describe.skipIf(!hasChromium)("a completer whose", () => {
  beforeAll(async () => {
    site = await openSite();
    Object.assign(site, { wasm: true });
    browser = await launch({ webgpu: false });
  });
  afterEach(async () => {
    await page?.close();
  });
  afterAll(async () => {
    await browser?.close();
    await site?.close();
  });

  it("model never comes takes another", async () => {
    await open('src="/face.png" model="/never.safetensors" iterations="4" candidates="1"', "Loading the model");
    await set({ model: "/toy-16.safetensors" });
    await says(STRINGS.onCpu);
    expect(await heard()).toEqual(["picture", "model"]);
  });

  it("next picture is on its way does not complete the one before", async () => {
    let arrive = () => {};
    site.gate = new Promise<void>((resolve) => {
      arrive = resolve;
    });
    await open(`src="/face.png" ${MODEL}`, STRINGS.onCpu);
    const answer = page.locator("image-completer").evaluate((element: HTMLElementTagNameMap["image-completer"]) => {
      element.invert();
      element.src = "/slow.png";
      return element.complete();
    });
    expect(await answer).toBeUndefined();
    await says(STRINGS.openingPicture);
    expect(await page.getByRole("button", { name: STRINGS.complete, exact: true }).isDisabled()).toBe(true);
    arrive();
    await says(STRINGS.paint);
    expect(await heard()).toEqual(["picture", "model", "picture"]);
  });

  it("search runs while another picture comes cancels it, and says nothing late", async () => {
    await open(`src="/face.png" ${MODEL}`, STRINGS.onCpu);
    await set({ iterations: "100000" });
    await page.locator("image-completer").evaluate((element: HTMLElementTagNameMap["image-completer"]) => {
      element.invert();
      void element.complete();
    });
    await says("Searching");
    await set({ src: "/large.png" });
    await says(STRINGS.paint);
    expect(await heard()).toEqual(["picture", "model", "cancel", "picture"]);
  });

  it("picture is overtaken speaks of the latest alone", async () => {
    await open(`src="/face.png" ${MODEL}`, STRINGS.onCpu);
    await page.locator("image-completer").evaluate((element: HTMLElementTagNameMap["image-completer"]) => {
      for (const address of ["/nowhere.png", "/text.png", "/large.png"]) element.src = address;
    });
    await expect.poll(heard).toEqual(["picture", "model", "picture"]);
  });

  it("address is cleared shows no picture", async () => {
    await open(`src="/face.png" ${MODEL}`, STRINGS.onCpu);
    await page.locator("image-completer").evaluate((element) => element.removeAttribute("src"));
    await page.getByText(STRINGS.empty).waitFor();
  });

  it("place in the page changes goes on searching", async () => {
    await open(`src="/face.png" ${MODEL}`, STRINGS.onCpu);
    await set({ iterations: "40" });
    await page.locator("image-completer").evaluate((element: HTMLElementTagNameMap["image-completer"]) => {
      element.invert();
      void element.complete();
      document.body.append(element);
    });
    await says("Done in");
    expect(await heard()).toEqual(["picture", "model", "complete"]);
  });
});
