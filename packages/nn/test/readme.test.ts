import { bceWithLogits, grad, input, mean } from "@kintsugi/autodiff";
import { expect, test } from "vitest";
import { openBackend } from "../../backend-webgpu/test/bench.js";
import {
  adamRate,
  adamSpecs,
  applyAdam,
  createVariables,
  initialValues,
  linear,
  linearSpecs,
  State,
  writeAll,
} from "../src/index.js";

test("does what the README shows", async () => {
  const parameters = linearSpecs("logit", 2, 1);
  const specs = [...parameters, ...adamSpecs(parameters)];
  const variables = createVariables(specs);
  // The room does not know the GPU; the README's line does what this does.
  const backend = await openBackend();
  writeAll(backend, variables, initialValues(specs, 7));

  const state = new State(variables);
  const logits = linear(state, "logit", input("x", [4, 2]));
  const loss = mean(bceWithLogits(logits, input("target", [4, 1])));
  const names = parameters.map(({ name }) => name);
  const gradients = grad(
    loss,
    names.map((name) => state.get(name)),
  );
  applyAdam(state, names, gradients, input("rate", [2]));
  const step = await backend.compile({ name: "step", records: { loss }, updates: state.updates() });

  const x = Float32Array.of(1, 0, 0, 1, -1, 0, 0, -1);
  const target = Float32Array.of(1, 0, 0, 1);
  for (let t = 1; t <= 50; t++) {
    await step.run({ x, target, rate: adamRate({ lr: 0.1, beta1: 0.5, beta2: 0.999, eps: 1e-8 }, t) });
  }
  const losses = (await step.fetchRecords()).map((record) => record.loss![0]!);
  expect(losses[0]).toBeCloseTo(Math.log(2), 1);
  expect(losses.at(-1)).toBeLessThan(0.1);
  backend.destroy();
});
