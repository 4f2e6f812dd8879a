/** D by itself: its probability for each image, alone or among others. */
import type { Backend } from "@kintsugi/autodiff";
import { createVariables, initialValues, PURPOSE, uniform, writeAll } from "@kintsugi/nn";
import { openNodeBackend } from "@kintsugi/onnx/node";
import { afterAll, beforeAll, expect, it } from "vitest";
import "../../kernels/test/close.js";
import { type DcganConfig, Judge, modelSpecs } from "../src/index.js";

const CONFIG: DcganConfig = { size: 16, channels: 3, nz: 4, ngf: 4, ndf: 4, kernel: 5 };
const COUNT = 5;
const images = uniform({ seed: 2, purpose: PURPOSE.samples, index: 0 }, COUNT * 16 * 16 * 3);
const bias = "discriminator/d_h1_lin/bias";

let backend: Backend;
beforeAll(async () => {
  backend = await openNodeBackend();
});
afterAll(() => backend.destroy());

async function judgeOf(scale: number, batch: number): Promise<Judge> {
  const specs = modelSpecs(CONFIG);
  const variables = createVariables(specs);
  const values = new Map(
    [...initialValues(specs, 3)].map(([name, value]) => [
      name,
      name === bias ? value.fill(0.7) : /\/(w|Matrix)$/.test(name) ? value.map((weight) => scale * weight) : value,
    ]),
  );
  writeAll(backend, variables, values);
  return Judge.create(backend, CONFIG, variables, batch);
}

it("gives σ(bias) where no weight says anything", async () => {
  const judge = await judgeOf(0, 2);
  const expected = new Float32Array(COUNT).fill(1 / (1 + Math.exp(-0.7)));
  expect(await judge.judge(images)).toBeAllClose(expected, { atol: 1e-6 });
});

it("judges an image as one of its class", async () => {
  const config: DcganConfig = { ...CONFIG, classes: ["a", "b", "c"] };
  const specs = modelSpecs(config);
  const variables = createVariables(specs);
  writeAll(
    backend,
    variables,
    new Map([...initialValues(specs, 3)].map(([name, value]) => [name, value.map((w) => 10 * w)])),
  );
  const judge = await Judge.create(backend, config, variables, 2);
  const judged: Float32Array[] = [];
  for (const label of [0, 1, 2]) judged.push(await judge.judge(images, new Uint8Array(COUNT).fill(label)));
  const mixed = await judge.judge(images, [2, 1, 0, 1, 2]);
  expect([...mixed]).toEqual([2, 1, 0, 1, 2].map((label, i) => judged[label]![i]));
  expect(new Set(judged.map(([first]) => first)).size).toBe(3);
  await expect(judge.judge(images)).rejects.toThrow("this model has classes");
});

it("judges each image as if it were alone, however many there are", async () => {
  const [few, one] = [await judgeOf(10, 3), await judgeOf(10, 1)];
  const judged = await few.judge(images);
  expect(judged).toHaveLength(COUNT);
  expect(new Set(judged).size).toBe(COUNT);
  expect(judged).toBeAllClose(await one.judge(images), { atol: 1e-6 });
});
