/** Recipes and what they are made of, by the real command. */
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { NO_AUGMENT } from "@kintsugi/dcgan";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parseAugment, printAugment } from "../src/recipe_options.js";
import { bytesOf, kintsugi, metadataOf, TINY, TOY, temporary } from "./command.js";

let at: Awaited<ReturnType<typeof temporary>>;
const path = (...names: string[]) => join(at.path, ...names);
beforeAll(async () => {
  at = await temporary();
});
afterAll(() => at.remove());

const printed = async (...args: string[]) =>
  JSON.parse((await kintsugi("train", ...args, "--print-config")).stdout) as Record<string, unknown>;

describe("--recipe", () => {
  it("blog is what the options are by themselves", async () => {
    expect(await printed("--recipe", "blog")).toEqual(await printed());
  });

  it("sets what no flag sets, and is printed in full", async () => {
    const found = await printed("--recipe", "small-data", "--set", "beta1=0.5", "--no-spectral-norm");
    expect(found).toMatchObject({
      ...{ recipe: "small-data", beta1: 0.5, spectralNorm: false, dNorm: "none", dSteps: 2, gSteps: 1 },
      ...{ augment: "color,translation", loss: "bce", lr: 3e-4, lrD: 5e-4, ema: 0.999, batch: 64 },
    });
  });

  it("a run remembers it, and goes on without being told, to the same bytes", async () => {
    const recipe = ["--recipe", "small-data", "--augment", "color,translation=0.5,cutout", "--device", "cpu"];
    const train = (...args: string[]) => kintsugi("train", ...TINY, "--quiet", ...args);
    expect((await train(...TOY, ...recipe, "--steps", "4", "--out", path("whole"))).code).toBe(0);
    expect((await train(...TOY, ...recipe, "--steps", "2", "--out", path("half"))).code).toBe(0);
    const rest = await kintsugi(
      "train",
      "--resume",
      "--out",
      path("half"),
      "--steps",
      "4",
      "--device",
      "cpu",
      "--quiet",
    );
    expect(rest).toMatchObject({ code: 0, stderr: "" });
    expect(await bytesOf(path("half"))).toEqual(await bytesOf(path("whole")));
    const settings = JSON.parse((await metadataOf(path("half", "checkpoint.safetensors")))["kintsugi.training"]!);
    expect(settings).toMatchObject({ recipe: "small-data", augment: "color,translation=0.5,cutout", dNorm: "none" });
    const other = await kintsugi("train", "--resume", "--out", path("half"), "--set", "loss=hinge");
    expect([other.code, other.stderr]).toEqual([5, expect.stringContaining("began with loss bce, not hinge")]);
    await rm(path("half"), { recursive: true });
  });
});

it.each([
  [["--set", "loss=hinge", "--set", "realLabel=0.9"], "realLabel belongs to the loss bce"],
  [["--augment", "colour,blur"], "Give none, or color, translation, cutout"],
  [["--augment", "color=2"], "Give none, or color, translation, cutout"],
  [["--recipe", "large"], "Give one of: blog, small-data"],
])("%j is wrong usage", async (args, words) => {
  const ended = await kintsugi("train", ...TOY, ...TINY, "--out", path("never"), ...args);
  expect([ended.code, ended.stderr]).toEqual([2, expect.stringContaining(words)]);
});

it("policies are read and printed alike", () => {
  expect(parseAugment("translation=0.5, colour")).toEqual({ ...NO_AUGMENT, colour: 1, translation: 0.5 });
  for (const text of ["none", "color", "color,translation=0.25,cutout", "cutout"]) {
    expect(printAugment(parseAugment(text))).toBe(text);
  }
});
