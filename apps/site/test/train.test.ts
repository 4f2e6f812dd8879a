/** Training in the page: the same numbers as in Node, a run that outlives a reload, and a model that mends. */
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openBackend } from "@kintsugi/backend";
import { decodeModel, type StepRecord } from "@kintsugi/dcgan";
import { fromBytes } from "@kintsugi/images";
import { encodePng } from "@kintsugi/images/node";
import { toyFaces } from "@kintsugi/images/toy";
import type { Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { type Choices, planOf } from "../../trainer/page/plan.js";
import { train } from "../../trainer/src/train.js";
import { type Host, hasChromium, launch, listen, openHost } from "./host.js";

const SIZE = 16;
const FACES = 12;
/** Each face many times over, so that the pictures have more bytes than any other buffer. */
const COUNT = 240;
const CHOICES: Choices = { size: SIZE, width: 8, batch: 8, steps: 10, nz: 6, lr: 0.0004, seed: 3 };
const STRIDE = SIZE * SIZE * 3;
const faces = toyFaces({ seed: 9, count: FACES, size: SIZE });
const bytes = new Uint8Array(COUNT * STRIDE);
for (let i = 0; i < COUNT; i++) bytes.set(faceAt(i), i * STRIDE);

function faceAt(i: number): Uint8Array {
  return faces.subarray((i % FACES) * STRIDE, ((i % FACES) + 1) * STRIDE);
}

async function lossesInNode(): Promise<number[][]> {
  const { config, options } = planOf(CHOICES, COUNT, "");
  const records: StepRecord[] = [];
  const backend = await openBackend("cpu");
  const images = { count: COUNT, size: SIZE, channels: 3, bytes };
  await train(backend, config, images, options, {
    onRecords: (found) => void records.push(...found),
    onSample: async () => {},
    onCheckpoint: async () => {},
  });
  backend.destroy();
  return records.map(({ step, dLossReal, dLossFake, gLoss }) => [step, dLossReal, dLossFake, gLoss.at(-1)!]);
}

const says = (page: Page, text: string) => page.getByRole("status").filter({ hasText: text }).waitFor();

/** Notes which kernels the worker makes, and from now on its GPU takes no buffer of more than so many bytes. */
async function watchGpu(page: Page, largest: number): Promise<() => Promise<string[]>> {
  const worker = page.workers()[0]!;
  await worker.evaluate((most) => {
    const limits = Object.getOwnPropertyDescriptor(GPUDevice.prototype, "limits")!;
    const create = GPUDevice.prototype.createShaderModule;
    const kernels: string[] = [];
    Object.assign(self, { kernels });
    GPUDevice.prototype.createShaderModule = function (given) {
      kernels.push(given.label ?? "");
      return create.call(this, given);
    };
    Object.defineProperty(GPUDevice.prototype, "limits", {
      ...limits,
      get() {
        const own = limits.get!.call(this) as GPUSupportedLimits;
        const of = (name: "maxBufferSize" | "maxStorageBufferBindingSize") => Math.min(own[name], most);
        return { maxBufferSize: of("maxBufferSize"), maxStorageBufferBindingSize: of("maxStorageBufferBindingSize") };
      },
    });
  }, largest);
  return () => worker.evaluate(() => (self as unknown as { kernels: string[] }).kernels.splice(0));
}

async function downloaded(page: Page, button: string): Promise<Buffer> {
  const download = page.waitForEvent("download");
  await page.getByRole("button", { name: button }).click();
  return readFile(await (await download).path());
}

/** Drops a folder onto the pictures, as a person does from their desktop. */
async function drop(page: Page, path: string): Promise<void> {
  const box = (await page.locator("#drop").boundingBox())!;
  const debug = await page.context().newCDPSession(page);
  for (const type of ["dragEnter", "dragOver", "drop"] as const) {
    const data = { items: [], files: [path], dragOperationsMask: 1 };
    await debug.send("Input.dispatchDragEvent", { type, x: box.x + 20, y: box.y + 20, data });
  }
}

describe.skipIf(!hasChromium)("training in the page", () => {
  let host: Host;
  let folder: string;
  beforeAll(async () => {
    host = await openHost();
    folder = await mkdtemp(join(tmpdir(), "faces-"));
    const pictures = Array.from({ length: FACES }, (_, i) => encodePng(fromBytes(faceAt(i), SIZE, SIZE, 3)));
    for (let i = 0; i < COUNT; i++)
      await writeFile(join(folder, `${String(i).padStart(3, "0")}.png`), pictures[i % FACES]!);
    await writeFile(join(folder, "notes.txt"), "no picture");
  });
  // A page that is left alone would train on.
  afterEach(async () => {
    for (const context of host.browser.contexts()) await context.close();
  });
  afterAll(async () => {
    await host?.close();
    if (folder) await rm(folder, { recursive: true });
  });

  it("has the losses of Node, wherever its pictures lie, is there after a reload, and its model completes", async () => {
    const page = await (await host.browser.newContext()).newPage();
    const errors = listen(page);
    await page.goto(`${host.url}train.html`);
    for (const [label, value] of [
      ["Batch", CHOICES.batch],
      ["Steps", CHOICES.steps],
      ["Length of z", CHOICES.nz],
      ["Seed", CHOICES.seed],
    ] as const)
      await page.getByRole("spinbutton", { name: label }).fill(String(value));
    await page.getByLabel("Size").selectOption(String(SIZE));
    await page.getByLabel("Width").selectOption(String(CHOICES.width));
    await page.locator("#folder").setInputFiles(folder);
    await says(page, `${COUNT} pictures of 16×16; skipped 1`);
    const kernels = await watchGpu(page, Number.MAX_SAFE_INTEGER);
    await page.getByRole("button", { name: "Train", exact: true }).click();
    await says(page, "Finished: 10 steps.");
    expect(await kernels()).toContain("pick_images");

    const csv = (await downloaded(page, "Download the losses")).toString();
    const [header, ...rows] = csv.trim().split("\n");
    expect(header).toBe("step,d_loss,d_loss_real,d_loss_fake,g_loss,d_real,d_fake,lr");
    const inPage = rows.map((row) => row.split(",").map(Number)).map((row) => [row[0]!, row[2]!, row[3]!, row[4]!]);
    const inNode = await lossesInNode();
    expect(inPage.map(([step]) => step)).toEqual(inNode.map(([step]) => step));
    // Sums in another order; ten steps of Adam carry the difference on.
    inPage.flat().forEach((loss, i) => {
      expect(Math.abs(loss - inNode.flat()[i]!)).toBeLessThan(1e-4);
    });

    // On a GPU that cannot keep the pictures each step is given its own: the same bits.
    const kernelsThen = await watchGpu(page, bytes.length - 1);
    page.once("dialog", (dialog) => dialog.accept());
    // The click itself replaces what the status said; the steps in between may be over before anybody looks.
    await page.getByRole("button", { name: "Begin anew" }).click();
    await says(page, "Finished: 10 steps.");
    const made = await kernelsThen();
    expect(made).toContain("adam");
    expect(made).not.toContain("pick_images");
    expect((await downloaded(page, "Download the losses")).toString()).toBe(csv);

    await page.reload();
    await says(page, "Finished: 10 steps, kept here.");
    const model = decodeModel(await downloaded(page, "Download model"));
    expect(model.config).toMatchObject({ size: SIZE, nz: CHOICES.nz, ngf: CHOICES.width });
    expect(model.metadata.step).toBe("10");

    await page.getByRole("button", { name: "Open in the completer" }).click();
    await says(page, "Paint over");
    await page.locator("image-completer").evaluate((element) => element.setAttribute("iterations", "5"));
    await page.getByRole("button", { name: "Invert the mask" }).click();
    await page.getByRole("button", { name: "Complete", exact: true }).click();
    await says(page, "Done in");
    expect(errors).toEqual([]);
  });

  it("takes a dropped folder, pauses, goes on after a reload, and after the GPU was lost", async () => {
    const page = await (await host.browser.newContext()).newPage();
    const errors = listen(page);
    await page.goto(`${host.url}train.html`);
    await page.getByLabel("Size").selectOption(String(SIZE));
    await page.getByLabel("Width").selectOption("8");
    await page.getByLabel("Batch").fill("4");
    await page.getByRole("spinbutton", { name: "Steps" }).fill("100000");
    await drop(page, folder);
    await says(page, `${COUNT} pictures of 16×16; skipped 1`);
    await page.getByRole("button", { name: "Train", exact: true }).click();
    await says(page, "Step ");
    await page.getByRole("button", { name: "Pause" }).click();
    await says(page, "Paused at step");
    const step = (await page.locator("#status").textContent())!.match(/\d+/)![0];
    await page.reload();
    await says(page, `Kept from your last visit: step ${step} of 100000`);
    await page.getByRole("button", { name: "Continue" }).click();
    await says(page, "images a second");
    expect(Number((await page.locator("#status").textContent())!.match(/\d+/)![0])).toBeGreaterThan(Number(step));
    await page.workers()[0]!.evaluate(() => {
      const original = GPUDevice.prototype.createCommandEncoder;
      GPUDevice.prototype.createCommandEncoder = function (...given) {
        GPUDevice.prototype.createCommandEncoder = original;
        this.destroy();
        return original.apply(this, given);
      };
    });
    await says(page, "The graphics card went away. Press Continue");
    await page.getByRole("button", { name: "Continue" }).click();
    await says(page, "images a second");
    expect(errors).toEqual([]);
  });

  it("trains on the processor where there is no WebGPU, names a field that is wrong, and asks before it begins anew", async () => {
    const browser = await launch({ webgpu: false });
    const context = await browser.newContext();
    const page = await context.newPage();
    const errors = listen(page);
    const asked: string[] = [];
    page.on("dialog", (dialog) => {
      asked.push(dialog.message());
      return dialog.dismiss();
    });
    await page.goto(`${host.url}train.html`);
    await page.getByLabel("Size").selectOption(String(SIZE));
    await page.getByLabel("Width").selectOption("8");
    await page.getByLabel("Batch").fill("4");
    await page.getByRole("spinbutton", { name: "Steps" }).fill("3");
    await page.locator("#folder").setInputFiles(folder);
    await says(page, `${COUNT} pictures of 16×16`);
    const train = page.getByRole("button", { name: "Train", exact: true });
    for (const wrong of ["", "0", "2.5"]) {
      await page.getByRole("spinbutton", { name: "Length of z" }).fill(wrong);
      await train.click();
      await says(page, "Length of z: ");
    }
    await page.getByRole("spinbutton", { name: "Length of z" }).fill("6");
    await train.click();
    await says(page, "Finished: 3 steps.");
    await page.locator("#backend").filter({ hasText: "On the processor" }).waitFor();
    await page.getByRole("button", { name: "Begin anew" }).click();
    expect(asked).toEqual([expect.stringContaining("3 steps")]);
    await says(page, "Finished: 3 steps.");
    expect(errors).toEqual([]);
    await browser.close();
  });

  it("trains a kept run in one tab at a time", async () => {
    const browser = await launch({ webgpu: false });
    const context = await browser.newContext();
    context.setDefaultTimeout(120_000);
    // One after the other: a tab behind another draws no frames, and whoever waits for them waits for ever.
    const first = await context.newPage();
    await first.goto(`${host.url}train.html`);
    await first.getByLabel("Size").selectOption(String(SIZE));
    await first.getByLabel("Width").selectOption("8");
    await first.getByLabel("Batch").fill("4");
    await first.getByRole("spinbutton", { name: "Steps" }).fill("100000");
    await first.locator("#folder").setInputFiles(folder);
    await says(first, `${COUNT} pictures of 16×16`);
    const train = first.getByRole("button", { name: "Train", exact: true });
    await train.click();
    await says(first, "images a second");
    await first.getByRole("button", { name: "Pause" }).click();
    await says(first, "Paused at step");
    const second = await context.newPage();
    await second.goto(`${host.url}train.html`);
    await says(second, "Kept from your last visit: step");
    await first.bringToFront();
    await first.getByRole("button", { name: "Continue" }).click();
    await says(first, "images a second");
    await second.bringToFront();
    await second.getByRole("button", { name: "Continue" }).click();
    await says(second, "Another tab trains");
    await browser.close();
  });
});
