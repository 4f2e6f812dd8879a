/** Whatever keeps the GPU from computing, the processor does it instead, and the page is told why. */
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type {} from "../src/element.js";
import type { Machine } from "../src/index.js";
import { STRINGS } from "../src/strings.js";
import { hasChromium, launch } from "./browser.js";
import { openSite, type Site } from "./site.js";

const gpu = (members: string) => `Object.defineProperty(navigator, "gpu", { value: { ${members} } })`;
const onDevice = (members: string) => `Object.assign(GPUDevice.prototype, { ${members} })`;

const CASES: readonly [name: string, prelude: string, machine: Machine["machine"], reason: RegExp | undefined][] = [
  ["no WebGPU", gpu("requestAdapter: async () => null"), "processor", /no WebGPU adapter/],
  ["an adapter refused", gpu("requestAdapter: async () => { throw new Error('blocked'); }"), "processor", /blocked/],
  [
    "a device refused",
    "GPUAdapter.prototype.requestDevice = async () => { throw new Error('no device today'); }",
    "processor",
    /no device today/,
  ],
  ["an adapter that never answers", gpu("requestAdapter: () => new Promise(() => {})"), "processor", /20 seconds/],
  [
    "kernels refused",
    onDevice("createComputePipelineAsync: async () => { throw new Error('no pipelines'); }"),
    "processor",
    /no pipelines/,
  ],
  [
    "a kernel of the model refused",
    `const make = GPUDevice.prototype.createComputePipelineAsync; let made = 0;
     ${onDevice("createComputePipelineAsync(given) { return ++made > 3 ? Promise.reject(new Error('too many')) : make.call(this, given); }")}`,
    "processor",
    /too many/,
  ],
  [
    "a device that is always lost",
    `const make = GPUDevice.prototype.createComputePipelineAsync;
     ${onDevice("createComputePipelineAsync(given) { if (!/mul|pointwise/.test(given.label)) this.destroy(); return make.call(this, given); }")}`,
    "processor",
    /lost|closed|taken away|destroyed/,
  ],
  [
    "an adapter that says nothing of itself",
    'Object.defineProperty(GPUAdapter.prototype, "info", { value: undefined })',
    "gpu",
    undefined,
  ],
  ["WebGPU made of software", "0", "software", undefined],
];

describe.skipIf(!hasChromium)("a completer that meets", () => {
  let site: Site;
  let browser: Browser;
  beforeAll(async () => {
    site = await openSite();
    browser = await launch();
  });
  afterAll(async () => {
    await browser?.close();
    await site?.close();
  });

  it.each(CASES)("%s completes, and says on what", async (_, prelude, machine, reason) => {
    Object.assign(site, { wasm: true, prelude });
    const page: Page = await browser.newPage();
    page.setDefaultTimeout(240_000);
    await page.addInitScript(() => {
      const heard: Machine[] = [];
      Object.assign(globalThis, { heard });
      addEventListener("ic-ready", (event) => heard.push((event as CustomEvent<Machine>).detail));
    });
    const attributes = 'src="/face.png" model="/toy-16.safetensors" iterations="3" candidates="1"';
    await page.goto(`${site.url}/?attributes=${encodeURIComponent(attributes)}`);
    const said = { gpu: STRINGS.onGpu, software: STRINGS.onSoftware, processor: STRINGS.onCpu }[machine];
    await page.getByRole("status").filter({ hasText: said }).waitFor();
    const last = await page.evaluate(() => (globalThis as unknown as { heard: Machine[] }).heard.at(-1)!);
    expect(last).toMatchObject({ machine, gpu: machine === "gpu" });
    if (reason) expect(last.reason).toMatch(reason);
    else expect(last.reason).toBeUndefined();
    await page.getByRole("button", { name: STRINGS.invert }).click();
    await page.getByRole("button", { name: STRINGS.complete, exact: true }).click();
    await page.getByRole("status").filter({ hasText: "Done in" }).waitFor();
    await page.close();
  });
});
