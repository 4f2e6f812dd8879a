/** Where a run's options come from, and what its data options do to it, by the real command. */
import { mkdir, readdir, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { decodeModel } from "@kintsugi/dcgan";
import { fromBytes } from "@kintsugi/images";
import { writePng } from "@kintsugi/images/node";
import { toyFace } from "@kintsugi/images/toy";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { bytesOf, kintsugi, lines, metadataOf, rows, TINY, TOY, temporary, trained } from "./command.js";

let at: Awaited<ReturnType<typeof temporary>>;
const path = (...names: string[]) => join(at.path, ...names);
beforeAll(async () => {
  at = await temporary();
});
afterAll(() => at.remove());

const settingsOf = async (run: string) =>
  JSON.parse((await metadataOf(path(run, "checkpoint.safetensors")))["kintsugi.training"]!);

describe("--config", () => {
  it("goes after flags and before defaults, and takes what --print-config prints", async () => {
    await writeFile(path("mine.json"), JSON.stringify({ batch: 8, ngf: 16, realLabel: 0.9, flip: true, steps: null }));
    const printed = await kintsugi("train", "--config", path("mine.json"), "--ngf", "4", "--print-config");
    expect(printed).toMatchObject({ code: 0, stderr: "" });
    const config = JSON.parse(printed.stdout);
    expect(config).toMatchObject({
      batch: 8,
      ngf: 4,
      realLabel: 0.9,
      flip: true,
      ndf: 64,
      crop: "center",
      steps: null,
    });
    await writeFile(path("all.json"), printed.stdout);
    const again = await kintsugi("train", "--config", path("all.json"), "--print-config");
    expect(JSON.parse(again.stdout)).toEqual(config);
  });

  it("knows --size by its other name, --resize", async () => {
    const printed = await kintsugi("train", "--resize", "32", "--print-config");
    expect(JSON.parse(printed.stdout)).toMatchObject({ size: 32 });
  });

  it.each([
    ["no JSON", "{", "must be one JSON object"],
    ["an unknown name", '{"bach": 8}', "there is no option called bach; did you mean batch?"],
    ["a wrong number", '{"batch": -1}', "wrong.json: batch is -1: give a whole number of images, at least 1"],
    ["a wrong kind", '{"flip": 1}', "flip is 1: give true or false"],
  ])("with %s ends in 2 and says where", async (_, text, words) => {
    await writeFile(path("wrong.json"), text);
    const ended = await kintsugi("train", ...TOY, "--out", path("never"), "--config", path("wrong.json"));
    expect(ended.code).toBe(2);
    expect(ended.stderr).toContain(words);
  });
});

it("--resume refuses what run.json cannot mean", async () => {
  const run = path("spoilt");
  await trained(...TOY, ...TINY, "--out", run, "--steps", "1");
  const facts = JSON.parse(await readFile(join(run, "run.json"), "utf8"));
  for (const [remembered, words] of [
    [{ ...facts.remembered, steps: "abc" }, 'run.json: steps is "abc": give a whole number of steps, at least 1'],
    [[], "does not hold what a run writes there"],
  ] as const) {
    await writeFile(join(run, "run.json"), JSON.stringify({ ...facts, remembered }));
    const ended = await kintsugi("train", "--out", run, "--resume", "--json");
    expect(ended).toMatchObject({ code: 5, stdout: "" });
    expect(ended.stderr).toContain(words);
  }
});

it("--dry-run does one step and writes nothing", async () => {
  const ended = await kintsugi("train", ...TOY, ...TINY, "--out", path("dry"), "--dry-run", "--json");
  expect(ended.code).toBe(0);
  expect(lines(ended)).toMatchObject([{ t: "dry-run", step: 1 }]);
  expect(await readdir(at.path)).not.toContain("dry");
});

it.each([
  [["--out", "x"], "--data is missing"],
  [["--data", "toy"], "--out is missing"],
  [[...TOY, "--out", "x", "--gray", "--channels", "3"], "--channels 3 and --gray contradict each other"],
  [[...TOY, "--out", "x", "--crop", "left"], "center, none, or a whole number"],
  [[...TOY, "--out", "/tmp/kintsugi-never", ...TINY, "--steps", "5", "--lr-decay", "5", "--dry-run"], "--lr-decay 5"],
])("%j is wrong usage", async (args, words) => {
  const ended = await kintsugi("train", ...args);
  expect(ended.code).toBe(2);
  expect(ended.stderr).toContain(words);
});

describe("a run with every knob", () => {
  const KNOBS = ["--flip", "--gray", "--z", "normal", "--accumulate", "2", "--real-label", "0.9", "--noise", "0.1"];
  const MORE = [
    "--noise-steps",
    "6",
    "--ema",
    "0.9",
    "--g-loss",
    "features",
    "--minibatch-discrimination",
    "3",
    "--validation",
    "4",
    "--limit",
    "24",
    "--d-steps",
    "2",
  ];
  const EVERY = ["--score-every", "2", "--checkpoint-every", "2", "--keep", "1"];
  const all = (run: string) => ["--data", "toy", "--out", path(run), ...TINY, ...KNOBS, ...MORE, ...EVERY];

  it("scores, keeps the best, and remembers every setting", async () => {
    const ended = await trained(...all("one"), "--steps", "8", "--json");
    const scores = lines(ended).filter(({ t }) => t === "score") as unknown as {
      step: number;
      swd: number;
      best: boolean;
    }[];
    expect(scores.map(({ step }) => step)).toEqual([2, 4, 6, 8]);
    const least = Math.min(...scores.map(({ swd }) => swd));
    const best = decodeModel(await readFile(path("one", "best.safetensors")));
    expect(JSON.parse(best.metadata["kintsugi.best"]!)).toEqual({
      step: scores.find(({ swd }) => swd === least)!.step,
      score: least,
    });
    const table = await rows(path("one", "metrics.csv"));
    expect(table.map(({ swd }) => swd !== "")).toEqual([false, true, false, true, false, true, false, true]);
    for (const { d_gradient, g_gradient, lr, gpu_wait } of table) {
      expect(Number(d_gradient)).toBeGreaterThan(0);
      expect(Number(g_gradient)).toBeGreaterThan(0);
      expect(lr).toBe("0.0002");
      expect(Number(gpu_wait)).toBeGreaterThanOrEqual(0);
      expect(Number(gpu_wait)).toBeLessThanOrEqual(1);
    }
    expect(await settingsOf("one")).toMatchObject({
      flip: true,
      channels: 1,
      z: "normal",
      accumulate: 2,
      dSteps: 2,
      realLabel: 0.9,
      noise: 0.1,
      noiseSteps: 6,
      ema: 0.9,
      minibatchDiscrimination: 3,
      gLoss: "features",
      validation: 4,
      images: 20,
      data: "toy",
    });
    const metadata = await metadataOf(path("one", "model.safetensors"));
    expect(metadata).toMatchObject({ step: "8", "kintsugi.version": expect.any(String), backend: expect.any(String) });
    expect(await readdir(path("one", "checkpoints"))).toEqual(["000006.safetensors", "000008.safetensors"]);
  });

  it("goes on without being told its settings again, to the same bytes, watched as before", async () => {
    await trained(...all("two"), "--steps", "4", "--dashboard", "0");
    const ended = await trained("--out", path("two"), "--resume", "--steps", "8", "--json");
    expect(lines(ended)[0]).toMatchObject({ t: "dashboard", url: expect.stringContaining("http://127.0.0.1:") });
    expect(await bytesOf(path("two"))).toEqual(await bytesOf(path("one")));
    expect(await readFile(path("two", "best.safetensors"))).toEqual(await readFile(path("one", "best.safetensors")));
  });

  it("goes back to a kept checkpoint, and forgets what came after it", async () => {
    const kept = path("two", "checkpoints", "000006.safetensors");
    const ended = await trained("--out", path("two"), "--resume", kept, "--steps", "7", "--no-dashboard", "--json");
    expect(lines(ended).filter(({ t }) => t === "dashboard")).toEqual([]);
    expect((await metadataOf(path("two", "checkpoint.safetensors"))).step).toBe("7");
    expect((await rows(path("two", "metrics.csv"))).map(({ step }) => step)).toEqual([
      "1",
      "2",
      "3",
      "4",
      "5",
      "6",
      "7",
    ]);
    expect((await rows(path("two", "judged.csv"))).map(({ step }) => step)).toEqual(["4", "7"]);
    expect(await readdir(path("two", "checkpoints"))).toEqual(["000006.safetensors", "000007.safetensors"]);
  });

  it.each([
    [["--real-label", "1"], "realLabel 0.9, not 1"],
    [["--d-steps", "1"], "dSteps 2, not 1"],
    [["--limit", "20"], "limit 24, not 20"],
    [["--channels", "3"], "channels 1, not 3"],
    [["--lr-decay", "3"], "lrDecay 0, not 3"],
  ])("is not taken up with %j", async (args, words) => {
    const ended = await kintsugi("train", "--out", path("one"), "--resume", ...args);
    expect(ended.code).toBe(5);
    expect(ended.stderr).toContain(words);
  });

  it("goes as far as it was to go where nobody says otherwise", async () => {
    const ended = await trained("--out", path("one"), "--resume", "--json");
    expect(ended.stderr).toContain("8 of 8 steps are done already");
    // A goal in epochs takes the place of one in steps: one step an epoch.
    await trained("--out", path("one"), "--resume", "--epochs", "9", "--json");
    expect((await metadataOf(path("one", "checkpoint.safetensors"))).step).toBe("9");
  });

  it("samples by the average of the weights, with normal z", async () => {
    const ended = await kintsugi(
      "sample",
      "--model",
      path("one", "model.safetensors"),
      "--count",
      "4",
      "--out",
      path("s.png"),
    );
    expect(ended.code).toBe(0);
    const [model, raw] = await Promise.all(
      ["model", "checkpoint"].map(async (name) => decodeModel(await readFile(path("one", `${name}.safetensors`)))),
    );
    expect(model!.values.get("generator/g_h1/w")).not.toEqual(raw!.values.get("generator/g_h1/w"));
    expect(model!.values.get("discriminator/d_h0_conv/w")).toEqual(raw!.values.get("discriminator/d_h0_conv/w"));
  });
});

describe("images of a folder", () => {
  it("that changed since are noticed; the last by name are set aside", async () => {
    await mkdir(path("faces"));
    const put = (name: string, index: number) =>
      writePng(path("faces", name), fromBytes(toyFace(2, index, 16), 16, 16, 3));
    for (let i = 0; i < 8; i++) await put(`${i}.png`, i);
    const common = ["--out", path("faced"), "--validation", "2", ...TINY, "--checkpoint-every", "0"];
    await trained("--data", path("faces"), ...common, "--steps", "1");
    const { fingerprint, images } = await settingsOf("faced");
    expect(images).toBe(6);

    await put("7.png", 70);
    await trained("--out", path("faced"), "--resume", "--steps", "2");
    expect(await settingsOf("faced")).toMatchObject({ fingerprint });

    await rename(path("faces"), path("moved"));
    const gone = await kintsugi("train", "--out", path("faced"), "--resume", "--steps", "3");
    expect(gone).toMatchObject({ code: 4, stderr: expect.stringMatching(/faced began with, .*say with --data where/) });
    const found = ["--data", path("moved"), "--score-every", "1"];
    const ten = await trained("--out", path("faced"), "--resume", "--steps", "3", ...found);
    expect(ten.stderr).toContain("step 3: SWD");
    await rename(path("moved"), path("faces"));

    await put("0.png", 71);
    const ended = await kintsugi("train", "--data", path("faces"), "--out", path("faced"), "--resume", "--steps", "4");
    expect(ended.code).toBe(5);
    expect(ended.stderr).toContain(`fingerprint ${fingerprint}, not`);
    const none = await kintsugi("train", "--data", path("faces"), "--out", path("no"), ...TINY, "--validation", "8");
    expect(none.code).toBe(4);
  });
});
