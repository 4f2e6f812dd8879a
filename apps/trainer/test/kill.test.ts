/** A run that dies at any moment leaves a checkpoint to go on from. */
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { decodeModel, trainingSpecs } from "@kintsugi/dcgan";
import { afterAll, beforeAll, expect, it } from "vitest";
import { emitted, rows, start, TINY, TOY, temporary, trained } from "./command.js";

let at: Awaited<ReturnType<typeof temporary>>;
beforeAll(async () => {
  at = await temporary();
});
afterAll(() => at.remove());

/** Kills a run again and again, each time between its first new checkpoint and 0.3 s after it. */
async function killRepeatedly(run: string, times: number): Promise<void> {
  let reached = 0;
  for (let time = 0; time < times; time++) {
    const args = [...TOY, ...TINY, "--out", run, "--steps", "1000000", "--checkpoint-every", "1", "--json"];
    const started = start("train", ...args, ...(time > 0 ? ["--resume"] : []));
    await emitted(started, "checkpoint");
    await wait(Math.random() * 300);
    started.child.kill("SIGKILL");
    expect((await started.ended).code).toBeNull();
    const { metadata, values } = decodeModel(await readFile(join(run, "checkpoint.safetensors")), (config) =>
      trainingSpecs(config),
    );
    expect(Number(metadata.step)).toBeGreaterThan(reached);
    expect([...values.values()].every((tensor) => tensor.every(Number.isFinite))).toBe(true);
    decodeModel(await readFile(join(run, "model.safetensors")));
    reached = Number(metadata.step);
  }
  const last = `${reached + 2}`;
  await trained(...TOY, ...TINY, "--out", run, "--steps", last, "--resume");
  const table = await rows(join(run, "metrics.csv"));
  expect(table.map(({ step }) => Number(step))).toEqual(Array.from({ length: reached + 2 }, (_, i) => i + 1));
  const left = await readdir(run);
  expect(left.filter((name) => name.includes("tmp"))).toEqual([]);
}

it("survives kill −9 at twenty random moments", async () => {
  await Promise.all([killRepeatedly(join(at.path, "one"), 10), killRepeatedly(join(at.path, "two"), 10)]);
}, 120_000);
