/** A run that dies at any moment leaves a checkpoint to go on from. */
import { mkdir, readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { decodeModel, type Model, trainingSpecs } from "@kintsugi/dcgan";
import { afterAll, beforeAll, expect, it } from "vitest";
import { emitted, rows, type Started, start, startScript, TINY, TOY, temporary, trained } from "./command.js";

const SAVING = fileURLToPath(new URL("fixtures/saving.mjs", import.meta.url));

let at: Awaited<ReturnType<typeof temporary>>;
beforeAll(async () => {
  at = await temporary();
});
afterAll(() => at.remove());

/** Kills a process between its first new checkpoint and 0.3 s after it, and reads what it leaves. */
async function kill(started: Started, run: string): Promise<Model> {
  await emitted(started, "checkpoint");
  await wait(Math.random() * 300);
  started.child.kill("SIGKILL");
  expect((await started.ended).code).toBeNull();
  const read = async (name: string) =>
    decodeModel(
      await readFile(join(run, name)),
      name === "checkpoint.safetensors" ? (c) => trainingSpecs(c) : undefined,
    );
  await read("model.safetensors");
  const left = await readdir(run);
  if (left.includes("best.safetensors")) await read("best.safetensors");
  for (const name of await readdir(join(run, "checkpoints")).catch(() => [])) await read(join("checkpoints", name));
  const checkpoint = await read("checkpoint.safetensors");
  expect([...checkpoint.values.values()].every((tensor) => tensor.every(Number.isFinite))).toBe(true);
  return checkpoint;
}

it("while it writes, twenty times", async () => {
  const runs = ["a", "b"].map((name) => join(at.path, name));
  await Promise.all(
    runs.map(async (run) => {
      await mkdir(run);
      for (let time = 0; time < 10; time++) await kill(startScript(SAVING, [run, `${1000 * time + 1}`]), run);
      // A last process that ends in order has cleaned up what the others left half written.
      const left = (await readdir(run)).filter((name) => name.includes("tmp"));
      expect(left.length).toBeLessThanOrEqual(1);
    }),
  );
});

it("while it trains, and goes on every time", async () => {
  const run = join(at.path, "run");
  const args = [...TOY, ...TINY, "--out", run, "--checkpoint-every", "1", "--keep", "2"];
  let reached = 0;
  for (let time = 0; time < 4; time++) {
    const resume = time > 0 ? ["--resume"] : [];
    const { metadata } = await kill(start("train", ...args, "--steps", "1000000", "--json", ...resume), run);
    expect(Number(metadata.step)).toBeGreaterThan(reached);
    reached = Number(metadata.step);
  }
  await trained(...args, "--steps", `${reached + 2}`, "--resume");
  const table = await rows(join(run, "metrics.csv"));
  expect(table.map(({ step }) => Number(step))).toEqual(Array.from({ length: reached + 2 }, (_, i) => i + 1));
  expect((await readdir(run)).filter((name) => name.includes("tmp"))).toEqual([]);
  expect(await readdir(join(run, "checkpoints"))).toHaveLength(3);
});
