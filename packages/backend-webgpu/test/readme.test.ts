import { add, bceWithLogits, grad, input, matmul, mean, variable } from "@kintsugi/autodiff";
import { openNodeDevice } from "@kintsugi/gpu/node";
import { expect, test } from "vitest";
import { WebGpuBackend } from "../src/index.js";

test("does what the README shows", async () => {
  const weight = variable("weight", [2, 1]);
  const loss = mean(bceWithLogits(matmul(input("x", [4, 2]), weight), input("target", [4, 1])));
  const [dweight] = grad(loss, [weight]);

  const backend = new WebGpuBackend(await openNodeDevice());
  const step = await backend.compile({
    name: "step",
    records: { loss },
    updates: [{ variable: weight, value: add(weight, dweight!, 1, -0.5) }],
  });
  await step.run({ x: Float32Array.of(1, 0, 0, 1, -1, 0, 0, -1), target: Float32Array.of(1, 0, 0, 1) });
  for (let i = 0; i < 49; i++) await step.run();
  const losses = (await step.fetchRecords()).map((record) => record.loss![0]!);
  expect(losses).toHaveLength(50);
  expect(losses[0]).toBeCloseTo(Math.log(2), 6);
  expect(losses[49]).toBeLessThan(0.2);
  const [first, second] = await backend.read(weight);
  expect(first).toBeGreaterThan(1);
  expect(second).toBeLessThan(-1);
  backend.destroy();
});
