import { add, bceWithLogits, grad, input, matmul, mean, variable } from "@kintsugi/autodiff";
import { expect, test } from "vitest";
import { toOnnx } from "../src/index.js";
import { openNodeBackend } from "../src/node.js";
import { decodeModel } from "./decode.js";

test("does what the README shows", async () => {
  const weight = variable("weight", [2, 1]);
  const logits = matmul(input("x", [4, 2]), weight);
  const loss = mean(bceWithLogits(logits, input("target", [4, 1])));
  const [dweight] = grad(loss, [weight]);

  const backend = await openNodeBackend();
  const step = await backend.compile({
    name: "step",
    records: { loss },
    updates: [{ variable: weight, value: add(weight, dweight!, 1, -0.5) }],
  });
  await step.run({ x: Float32Array.of(1, 0, 0, 1, -1, 0, 0, -1), target: Float32Array.of(1, 0, 0, 1) });
  for (let i = 0; i < 49; i++) await step.run();
  const losses = (await step.fetchRecords()).map((record) => record.loss![0]!);
  expect(losses[0]).toBeCloseTo(Math.log(2), 6);
  expect(losses[49]).toBeLessThan(0.2);

  const trained = new Map([[weight, await backend.read(weight)]]);
  const { graph } = decodeModel(toOnnx({ name: "classifier", outputs: { logits } }, trained).bytes);
  expect(graph.input.map(({ name }) => name)).toEqual(["x"]);
  expect(graph.output.map(({ name }) => name)).toEqual(["logits"]);
  expect(graph.initializer.map(({ name }) => name)).toContain("weight");
  backend.destroy();
});
