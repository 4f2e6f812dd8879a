/** What a person does with the element, in a real browser: real pointers, keys and files, and the GPU's software adapter. */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { Backend } from "@kintsugi/autodiff";
import { WebGpuBackend } from "@kintsugi/backend-webgpu";
import { type Completion, createCompleter, type Mask } from "@kintsugi/completion";
import { decodeModel } from "@kintsugi/dcgan";
import { openNodeDevice } from "@kintsugi/gpu/node";
import { bytesToValues } from "@kintsugi/images";
import { toyFace } from "@kintsugi/images/toy";
import { openNodeBackend } from "@kintsugi/onnx/node";
import type { Browser, Page } from "playwright-core";
import { PNG } from "pngjs";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type {} from "../src/element.js";
import { knownPixels } from "../src/mask.js";
import { STRINGS } from "../src/strings.js";
import { hasChromium, launch } from "./browser.js";
import { face, MODEL, openSite, type Site } from "./site.js";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const MODEL_URL = 'model="/toy-16.safetensors"';

let site: Site;
let browser: Browser;
let page: Page;

/** Opens a page with one element and waits for its status line. */
async function open(attributes: string, status: string = STRINGS.paint): Promise<void> {
  page = await browser.newPage({ viewport: { width: 700, height: 900 } });
  // Software draws, on a machine that others may use too.
  page.setDefaultTimeout(120_000);
  page.on("pageerror", (error) => expect.fail(error.message));
  await page.goto(`${site.url}/?attributes=${encodeURIComponent(attributes)}`);
  if (status) await says(status);
}

const says = (text: string) => page.getByRole("status").filter({ hasText: text }).waitFor();
const press = (name: string) => page.getByRole("button", { name, exact: true }).click();
/** The next event of that name: its detail, as far as it survives JSON. */
const event = (name: string) =>
  page.evaluate(
    (type) =>
      new Promise<unknown>((resolve) => {
        document
          .querySelector("image-completer")
          ?.addEventListener(type, (happened) => resolve((happened as CustomEvent<unknown>).detail), { once: true });
      }),
    name,
  );
const painted = () =>
  page.evaluate(() => {
    const { side = 0, cells = new Uint8Array() } = document.querySelector("image-completer")?.mask ?? {};
    return { side, cells: [...cells], count: cells.filter((cell) => cell === 1).length };
  });

/** Drags over the stage, in shares of its width and height. */
async function drag(...points: [x: number, y: number][]): Promise<void> {
  const stage = page.locator(".stage");
  // Buttons below it may have scrolled its top away.
  await stage.evaluate((element) => element.scrollIntoView({ block: "start" }));
  const box = (await stage.boundingBox())!;
  const at = ([x, y]: [number, number]) => [box.x + x * box.width, box.y + y * box.height] as const;
  await page.mouse.move(...at(points[0]!));
  await page.mouse.down();
  for (const point of points.slice(1)) await page.mouse.move(...at(point), { steps: 4 });
  await page.mouse.up();
}

const png = async (): Promise<PNG> =>
  PNG.sync.read(
    Buffer.from(
      await page.evaluate(async () => {
        const blob = await document.querySelector("image-completer")?.toBlob();
        return [...new Uint8Array(await blob!.arrayBuffer())];
      }),
    ),
  );

/** What the page is to find in its first picture, found in Node: three candidates, best first. */
async function searched(
  device: Backend,
  known: Mask,
  seed: number,
  iterations: number,
): Promise<readonly Completion[]> {
  const values = bytesToValues(toyFace(5, 1, 16));
  const completer = createCompleter({ device, model: decodeModel(MODEL) });
  const { others, ...best } = await completer.complete(values, known, { candidates: 3, seed, iterations, starts: 1 });
  return [best, ...others];
}

describe.skipIf(!hasChromium)("<image-completer>", () => {
  beforeAll(async () => {
    site = await openSite();
    browser = await launch();
  });
  afterEach(async () => {
    Object.assign(site, { offline: false, wasm: false, delay: 0 });
    await page?.close();
  });
  afterAll(async () => {
    await browser?.close();
    await site?.close();
  });

  it("paints with a pointer, completes, compares, goes back", async () => {
    await open(`src="/face.png" ${MODEL_URL} iterations="12" candidates="2"`);
    await drag([0.4, 0.5], [0.6, 0.55]);
    const { count } = await painted();
    expect(count).toBeGreaterThan(10);
    await press("Complete");
    await says("Done in");
    expect(await page.getByRole("radio").count()).toBe(2);
    await page.getByRole("radio").nth(1).check();
    const compare = page.getByRole("slider", { name: STRINGS.compare });
    await compare.fill("500");
    expect(await page.locator(".after").evaluate((element) => (element as HTMLElement).style.clipPath)).toBe(
      "inset(0px 0px 0px 50%)",
    );
    const download = page.waitForEvent("download");
    await press("Download");
    expect((await download).suggestedFilename()).toBe("completed.png");
    await drag([0.1, 0.1], [0.15, 0.1]);
    await says(STRINGS.paint);
    expect((await painted()).count).toBeGreaterThan(count);
    await press("Undo");
    expect((await painted()).count).toBe(count);
    await press("Redo");
    await press("Invert the mask");
    expect((await painted()).count).toBeLessThan(256 - count);
    await press("Clear the mask");
    expect((await painted()).count).toBe(0);
    await press("Complete");
    await says(STRINGS.nothingPainted);
  });

  it("completes as Node does, and leaves the rest of the picture alone", async () => {
    await open(`src="/face.png" ${MODEL_URL} iterations="15" candidates="3" seed="7"`);
    await drag([0.35, 0.6], [0.65, 0.6]);
    const mask = await painted();
    const done = event("ic-complete") as Promise<{ candidates: { total: number }[]; chosen: number }>;
    await press("Complete");
    const { candidates, chosen } = await done;
    const backend = new WebGpuBackend(await openNodeDevice());
    const known = { size: 16, pixels: knownPixels({ side: 16, cells: Uint8Array.from(mask.cells) }, 16) };
    const found = await searched(backend, known, 7, 15);
    // Losses of some hundreds, summed in float32 by two drivers that round otherwise.
    candidates.forEach((candidate, i) => {
      expect(candidate.total / found[i]!.total[0]!).toBeCloseTo(1, 3);
    });
    expect(chosen).toBe(0);
    const best = found[0]!.image;
    const { data } = await png();
    for (let pixel = 0; pixel < 256; pixel++) {
      for (let c = 0; c < 3; c++) {
        const byte = data[4 * pixel + c]!;
        if (known.pixels[pixel] === 1) expect(byte).toBe(toyFace(5, 1, 16)[3 * pixel + c]);
        else expect(Math.abs(byte / 127.5 - 1 - best[3 * pixel + c]!)).toBeLessThan(0.01);
      }
    }
    backend.destroy();
    // What the processor would need was not loaded.
    expect(site.log.filter((path) => path.includes("cpu"))).toEqual([]);
  });

  it("completes a square of a larger picture, and keeps every pixel outside the hole", async () => {
    await open(`src="/large.png" ${MODEL_URL} iterations="5" candidates="1"`, "The marked square");
    await page.getByRole("slider", { name: STRINGS.position }).fill("75");
    await drag([0.4, 0.6], [0.6, 0.6]);
    const mask = await painted();
    expect(mask.side).toBe(96);
    await press("Complete");
    await says("Done in");
    expect(await page.getByRole("radio").count()).toBe(0);
    const [made, original] = [await png(), PNG.sync.read(face(2, 96, 128))];
    expect([made.width, made.height]).toEqual([96, 128]);
    let changed = 0;
    for (let pixel = 0; pixel < 96 * 128; pixel++) {
      const [row, column] = [Math.floor(pixel / 96) - 24, pixel % 96];
      const hole = row >= 0 && row < 96 && mask.cells[row * 96 + column] === 1;
      const differs = !made.data
        .subarray(4 * pixel, 4 * pixel + 4)
        .equals(original.data.subarray(4 * pixel, 4 * pixel + 4));
      if (!hole && differs) expect.fail(`pixel ${column}, ${row} has changed`);
      if (differs) changed++;
    }
    expect(changed).toBeGreaterThan(100);
  });

  it("can be used with keys alone", async () => {
    await open(`src="/face.png" ${MODEL_URL} iterations="5" candidates="1"`);
    await page.keyboard.press("Tab");
    await page.keyboard.press("]");
    await page.keyboard.down(" ");
    for (let i = 0; i < 6; i++) await page.keyboard.press("ArrowRight");
    await page.keyboard.up(" ");
    const { count } = await painted();
    expect(count).toBeGreaterThan(10);
    await page.keyboard.press("e");
    await page.keyboard.press(" ");
    expect((await painted()).count).toBeLessThan(count);
    await page.keyboard.press("Control+z");
    expect((await painted()).count).toBe(count);
    for (const key of ["+", "+", "Shift+ArrowLeft", "-", "0"]) await page.keyboard.press(key);
    await page.keyboard.press("Enter");
    await says("Done in");
  });

  it("paints with one finger, and zooms and moves with two", async () => {
    const context = await browser.newContext({ hasTouch: true, viewport: { width: 700, height: 900 } });
    page = await context.newPage();
    await page.goto(`${site.url}/?attributes=${encodeURIComponent('src="/large.png"')}`);
    await says(STRINGS.paint);
    const box = (await page.locator(".stage").boundingBox())!;
    const client = await context.newCDPSession(page);
    const touch = (type: "touchStart" | "touchMove" | "touchEnd", ...shares: number[]) =>
      client.send("Input.dispatchTouchEvent", {
        type,
        touchPoints: shares.map((share, id) => ({ id, x: box.x + share * box.width, y: box.y + box.height / 2 })),
      });
    await touch("touchStart", 0.4);
    await touch("touchMove", 0.6);
    await touch("touchEnd");
    const { count } = await painted();
    expect(count).toBeGreaterThan(100);
    await touch("touchStart", 0.45);
    await touch("touchStart", 0.45, 0.55);
    await touch("touchMove", 0.3, 0.7);
    await touch("touchEnd");
    expect((await painted()).count).toBe(count);
    const scale = /scale\(([\d.]+)\)/.exec(await page.locator(".layers").evaluate((layers) => layers.style.transform))!;
    expect(Number(scale[1])).toBeGreaterThan(2);
    await context.close();
  });

  it("takes a dropped picture and a dropped model, and copies the answer", async () => {
    await open('iterations="3" candidates="1"', "");
    await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
    const drop = (path: string) =>
      page.locator(".frame").evaluate(async (frame, address) => {
        const dataTransfer = new DataTransfer();
        const blob = await (await fetch(address)).blob();
        dataTransfer.items.add(new File([blob], address, { type: blob.type }));
        frame.dispatchEvent(new DragEvent("drop", { dataTransfer, bubbles: true, cancelable: true }));
      }, path);
    await drop("/face.png");
    await says(STRINGS.paint);
    const ready = event("ic-model");
    await drop("/toy-16.safetensors");
    expect(await ready).toMatchObject({ size: 16, machine: "software", gpu: false, offline: false });
    await drag([0.4, 0.5], [0.6, 0.55]);
    await press("Complete");
    await says("Done in");
    await press("Copy");
    await says(STRINGS.copied);
    const types = await page.evaluate(async () => (await navigator.clipboard.read()).flatMap((item) => item.types));
    expect(types).toContain("image/png");
  });

  it("zooms, and then the brush is finer", async () => {
    await open('src="/large.png"', STRINGS.paint);
    await drag([0.5, 0.5], [0.5, 0.5]);
    const coarse = (await painted()).count;
    await press("Undo");
    for (let i = 0; i < 4; i++) await press("Zoom in");
    await drag([0.5, 0.5], [0.5, 0.5]);
    expect((await painted()).count).toBeLessThan(coarse / 3);
  });

  it("takes a mask file and a pasted picture", async () => {
    await open("", "");
    await page.evaluate(async () => {
      const blob = await (await fetch("/face.png")).blob();
      const clipboardData = new DataTransfer();
      clipboardData.items.add(new File([blob], "pasted.png", { type: "image/png" }));
      document.dispatchEvent(new ClipboardEvent("paste", { clipboardData }));
    });
    await says(STRINGS.paint);
    const half = new PNG({ width: 4, height: 4 });
    half.data.fill(255, 0, 32);
    for (let at = 3; at < 64; at += 4) half.data[at] = 255;
    const chooser = page.waitForEvent("filechooser");
    await press(STRINGS.loadMask);
    await (await chooser).setFiles({ name: "mask.png", mimeType: "image/png", buffer: PNG.sync.write(half) });
    await expect.poll(async () => (await painted()).count).toBe(128);
    expect((await painted()).cells.slice(0, 128).every((cell) => cell === 1)).toBe(true);
  });

  // Times are those of a machine that others may use too: the best of three counts.
  it("cancels at once, and then works again", { retry: 2 }, async () => {
    await open(`src="/face.png" ${MODEL_URL} iterations="100000"`);
    await drag([0.4, 0.5], [0.6, 0.55]);
    await press("Complete");
    await says("Searching");
    const milliseconds = await page.evaluate(
      () =>
        new Promise<number>((resolve) => {
          const element = document.querySelector("image-completer")!;
          const began = performance.now();
          element.addEventListener("ic-cancel", () => resolve(performance.now() - began), { once: true });
          element.cancel();
        }),
    );
    expect(milliseconds).toBeLessThan(100);
    await says(STRINGS.cancelled);
    await page.locator("image-completer").evaluate((element) => element.setAttribute("iterations", "5"));
    await press("Complete");
    await says("Done in");
  });

  it("lets a page stop it before it begins", async () => {
    await open(`src="/face.png" ${MODEL_URL}`);
    await drag([0.4, 0.5], [0.6, 0.55]);
    await page.evaluate(() => addEventListener("ic-start", (start) => start.preventDefault()));
    await press("Complete");
    expect(await page.locator("image-completer").getAttribute("busy")).toBeNull();
  });

  // Between two steps, and within a readback, where operations fail before the browser says that the device is lost.
  it.each(["createCommandEncoder", "createBuffer"] as const)(
    "opens the GPU anew when it is lost in %s",
    async (call) => {
      await open(`src="/face.png" ${MODEL_URL} iterations="40" candidates="1"`);
      await drag([0.4, 0.5], [0.6, 0.55]);
      await page.workers()[0]!.evaluate((name) => {
        const prototype = GPUDevice.prototype as unknown as Record<string, (...given: unknown[]) => unknown>;
        const original = prototype[name]!;
        let calls = 0;
        prototype[name] = function (this: GPUDevice, ...given) {
          if (++calls === 6) this.destroy();
          return original.apply(this, given);
        };
      }, call);
      const phases = page.evaluate(
        () =>
          new Promise<string[]>((resolve) => {
            const seen: string[] = [];
            addEventListener("ic-progress", (progress) =>
              seen.push((progress as CustomEvent<{ phase: string }>).detail.phase),
            );
            for (const last of ["ic-complete", "ic-error"]) addEventListener(last, () => resolve([...seen, last]));
          }),
      );
      await press("Complete");
      const seen = await phases;
      expect(seen).toContain("reopened");
      expect(seen.at(-1)).toBe("ic-complete");
    },
  );

  it("goes on with the processor when the GPU does not come back", async () => {
    site.wasm = true;
    await open(`src="/face.png" ${MODEL_URL} iterations="20" candidates="1"`);
    await drag([0.4, 0.5], [0.6, 0.55]);
    await page.workers()[0]!.evaluate(() => {
      GPU.prototype.requestAdapter = async () => null;
      const original = GPUDevice.prototype.createCommandEncoder;
      GPUDevice.prototype.createCommandEncoder = function (...given) {
        this.destroy();
        return original.apply(this, given);
      };
    });
    await press("Complete");
    await says("Done in");
    expect(site.log).toContain("/image-completer.cpu.wasm");
  });

  it("works without network on a second visit", async () => {
    const context = await browser.newContext();
    const attributes = `src="/face.png" ${MODEL_URL} iterations="3" candidates="1"`;
    page = await context.newPage();
    await page.goto(`${site.url}/?attributes=${encodeURIComponent(attributes)}`);
    // The picture may be there before the model, which is kept only once it was found to be one.
    const kept = () => page.evaluate(async () => (await (await caches.open("kintsugi-models")).keys()).length);
    await expect.poll(kept, { timeout: 120_000 }).toBe(1);
    site.offline = true;
    await page.reload();
    await says(STRINGS.offline);
    await drag([0.4, 0.5], [0.6, 0.55]);
    await press("Complete");
    await says("Done in");
    await context.close();
  });

  it("checks a model's hash", async () => {
    const hash = await crypto.subtle.digest("SHA-256", new Uint8Array(MODEL));
    const integrity = `sha256-${Buffer.from(hash).toString("base64")}`;
    await open(`src="/face.png" ${MODEL_URL} integrity="${integrity}"`, STRINGS.paint);
    await page.close();
    const strong = await crypto.subtle.digest("SHA-512", new Uint8Array(MODEL));
    const both = `sha256-AAAA sha512-${Buffer.from(strong).toString("base64")}`;
    await open(`src="/face.png" ${MODEL_URL} integrity="${both}"`, STRINGS.paint);
    await page.close();
    await open(`src="/face.png" ${MODEL_URL} integrity="sha256-${"A".repeat(43)}="`, STRINGS["model-integrity"]);
  });

  it.each([
    ["model-format", 'src="/face.png" model="/broken.safetensors"'],
    ["model-format", 'src="/face.png" model="/text.png"'],
    ["model-fetch", 'src="/face.png" model="/nowhere.safetensors"'],
    ["picture-fetch", 'src="/nowhere.png"'],
    ["picture-format", 'src="/text.png"'],
    ["picture-cors", 'src="FOREIGN/face.png"'],
  ] as const)("says what is wrong: %s", async (code, attributes) => {
    await open(attributes.replace("FOREIGN", site.foreign), STRINGS[code]);
  });

  it("takes a model as bytes, and other words", async () => {
    await open('src="/face.png" iterations="3"');
    await page.evaluate(async () => {
      const element = document.querySelector("image-completer")!;
      element.strings = { complete: "Vervollständigen" };
      element.model = await (await fetch("/toy-16.safetensors")).arrayBuffer();
    });
    await says(STRINGS.paint);
    await drag([0.4, 0.5], [0.6, 0.55]);
    await press("Vervollständigen");
    await says("Done in");
  });

  it("takes properties that were set before its script was there", async () => {
    page = await browser.newPage();
    await page.route("**/image-completer.js", async (route) => {
      await page.waitForFunction(
        () => Object.assign(document.querySelector("image-completer") ?? {}, { seed: 9 }).seed,
      );
      await route.continue();
    });
    await page.goto(site.url);
    await expect.poll(() => page.locator("image-completer").getAttribute("seed")).toBe("9");
  });

  it("has nothing that axe objects to, before a picture, while painting and with answers", async () => {
    await open(`${MODEL_URL} iterations="3"`, "");
    // Through the debugger: the page's own policy would refuse it.
    const check = async () => {
      await page.evaluate(AXE);
      return page.evaluate(async () => {
        const { axe } = globalThis as unknown as { axe: { run(): Promise<{ violations: { id: string }[] }> } };
        return (await axe.run()).violations.map(({ id }) => id);
      });
    };
    expect(await check()).toEqual([]);
    await page.locator("image-completer").evaluate((element) => element.setAttribute("src", "/large.png"));
    await says("The marked square");
    await drag([0.4, 0.5], [0.6, 0.55]);
    expect(await check()).toEqual([]);
    await press("Complete");
    await says("Done in");
    expect(await check()).toEqual([]);
  });

  it("reads from right to left where the page does", async () => {
    await open(`src="/face.png" ${MODEL_URL} iterations="3" dir="rtl"`);
    await drag([0.4, 0.5], [0.6, 0.55]);
    await press("Complete");
    await says("Done in");
    await page.getByRole("slider", { name: STRINGS.compare }).fill("250");
    expect(await page.locator(".after").evaluate((element) => (element as HTMLElement).style.clipPath)).toBe(
      "inset(0px 25% 0px 0px)",
    );
    const [brush, complete] = await Promise.all(
      ["Brush", "Complete"].map(
        async (name) => (await page.getByRole("button", { name, exact: true }).boundingBox())!.x,
      ),
    );
    expect(brush!).toBeGreaterThan(complete!);
  });

  it("never holds the page up for 50 ms", { retry: 2 }, async () => {
    await open("", "");
    await page.evaluate(() => {
      const seen: number[] = [];
      Object.assign(globalThis, { longTasks: seen });
      new PerformanceObserver((list) => seen.push(...list.getEntries().map(({ duration }) => duration))).observe({
        type: "longtask",
      });
      const element = document.querySelector("image-completer")!;
      element.setAttribute("iterations", "20");
      element.setAttribute("model", "/toy-16.safetensors");
      element.setAttribute("src", "/large.png");
    });
    await says("The marked square");
    await drag([0.4, 0.5], [0.6, 0.55], [0.3, 0.3]);
    await press("Complete");
    await says("Done in");
    expect(await page.evaluate(() => (globalThis as unknown as { longTasks: number[] }).longTasks)).toEqual([]);
  });
});

describe.skipIf(!hasChromium)("without WebGPU", () => {
  beforeAll(async () => {
    site = await openSite();
    browser = await launch({ webgpu: false });
  });
  afterEach(() => page.close());
  afterAll(async () => {
    await browser?.close();
    await site?.close();
  });

  it("says so in one line, and completes on the processor as Node does", async () => {
    site.wasm = true;
    const asked: string[] = [];
    browser.once("context", (context) => context.on("request", (request) => asked.push(request.url())));
    await open(`src="/face.png" ${MODEL_URL} iterations="10" candidates="3" seed="7"`, STRINGS.onCpu);
    expect(asked).toContain(`${site.url}/image-completer.js`);
    expect(asked.filter((url) => !url.startsWith(site.url))).toEqual([]);
    expect(site.log.indexOf("/image-completer.cpu.wasm")).toBeLessThan(site.log.indexOf("/toy-16.safetensors"));
    await drag([0.35, 0.6], [0.65, 0.6]);
    const { cells } = await painted();
    const done = event("ic-complete") as Promise<{ candidates: { total: number }[] }>;
    await press("Complete");
    const { candidates } = await done;
    const backend = await openNodeBackend(1);
    const known = { size: 16, pixels: knownPixels({ side: 16, cells: Uint8Array.from(cells) }, 16) };
    const found = await searched(backend, known, 7, 10);
    candidates.forEach((candidate, i) => {
      expect(candidate.total / found[i]!.total[0]!).toBeCloseTo(1, 3);
    });
    await says("Done in");
    expect((await png()).width).toBe(16);
    await page.locator("image-completer").evaluate((element) => element.setAttribute("iterations", "100000"));
    await press("Undo");
    await press("Redo");
    await press("Complete");
    await says("Searching");
    await press("Cancel");
    await says(STRINGS.cancelled);
  });

  it("completes on a page without https, which has neither WebGPU nor storage", async () => {
    site.wasm = true;
    const plain = await launch({ args: ["--host-resolver-rules=MAP plain.test 127.0.0.1"] });
    page = await plain.newPage();
    const attributes = `src="/face.png" ${MODEL_URL} iterations="3" candidates="1"`;
    const address = site.url.replace("localhost", "plain.test");
    await page.goto(`${address}/?attributes=${encodeURIComponent(attributes)}`);
    await says(STRINGS.onCpu);
    await drag([0.35, 0.6], [0.65, 0.6]);
    await press("Complete");
    await says("Done in");
    await press("Copy");
    await says(STRINGS["copy-refused"]);
    await plain.close();
  });

  it("says what to do where WebAssembly is forbidden too, and loads no model", async () => {
    Object.assign(site, { wasm: false });
    site.log.length = 0;
    await open(`src="/face.png" ${MODEL_URL}`, STRINGS["no-webgpu"]);
    expect(site.log).not.toContain("/toy-16.safetensors");
  });
});
