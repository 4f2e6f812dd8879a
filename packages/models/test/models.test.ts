import { readdir, readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { isModelName, models } from "@kintsugi/models";
import { modelFile, readModel } from "@kintsugi/models/node";
import { describe, expect, it } from "vitest";

const room = (path: string) => fileURLToPath(new URL(`../${path}`, import.meta.url));

describe.each(Object.entries(models))("%s", (name, { url, size, credit }) => {
  it("is a model of the size it says, at most 6 MB, in half precision", async () => {
    const model = await readModel(name);
    expect(model.config.size).toBe(size);
    const bytes = await readFile(fileURLToPath(url));
    expect(bytes.byteLength).toBeLessThanOrEqual(6_000_000);
    expect(bytes.byteLength).toBeLessThan(
      2.2 * [...model.values.values()].reduce((sum, { length }) => sum + length, 0),
    );
  });

  it("names no folder of the machine that trained it", async () => {
    const { metadata } = await readModel(name);
    const { data } = JSON.parse(metadata["kintsugi.training"] ?? "{}") as { data?: string };
    expect(data ?? "").not.toMatch(/[/\\]/);
  });

  it("has a card with its credit", async () => {
    expect(await readFile(room(`cards/${name}.md`), "utf8")).toContain(credit);
  });
});

it("ships no weights without a name", async () => {
  const files = Object.keys(models).map((name) => `${name}.safetensors`);
  expect((await readdir(room("weights"))).sort()).toEqual(files.sort());
});

describe("a model that is not there", () => {
  it("is named, with the ones that are", async () => {
    await expect(readModel("no-such-model")).rejects.toThrow(
      /^cannot read the model no-such-model: there is no such file, and the models by name are faces-64/,
    );
  });

  it("and is a folder, is told so, with a file to name", async () => {
    const cards = room("cards");
    await expect(readModel(cards)).rejects.toThrow(
      `cannot read the model ${cards}: it is a folder; name the file, such as ${cards}/model.safetensors`,
    );
  });

  it("is looked for as a file where it has no shipped name", () => {
    expect(isModelName("toString")).toBe(false);
    expect(modelFile("runs/model.safetensors")).toBe("runs/model.safetensors");
  });
});
