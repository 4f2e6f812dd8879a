/** Real images and fakes pass D as one batch of two groups: what that gives is what two passes give. */
import { add, bceWithLogits, concat, constant, grad, input, mean, sum, type Tensor } from "@kintsugi/autodiff";
import { type Plan, WebGpuBackend } from "@kintsugi/backend-webgpu";
import { openNodeDevice } from "@kintsugi/gpu/node";
import {
  createVariables,
  initialValues,
  PURPOSE,
  State,
  type Statistics,
  uniform,
  updateStatistics,
  writeAll,
} from "@kintsugi/nn";
import { expect, it } from "vitest";
import "../../kernels/test/close.js";
import { type DcganConfig, discriminator, discriminatorSpecs, modelSpecs } from "../src/index.js";

const CONFIG: DcganConfig = { size: 16, channels: 3, nz: 6, ngf: 4, ndf: 4, kernel: 5 };
const BATCH = 4;
const SHAPE = [BATCH, 16, 16, 3] as const;
const NAMES = discriminatorSpecs(CONFIG).flatMap(({ name, trainable }) => (trainable ? [name] : []));

it("gives the gradients and running statistics of two passes, in fewer dispatches", async () => {
  const device = await openNodeDevice();
  const pass = async (together: boolean) => {
    const backend = new WebGpuBackend(device);
    const specs = modelSpecs(CONFIG);
    const variables = createVariables(specs);
    const values = initialValues(specs, 3);
    // Larger weights than a run begins with: the two halves must differ, for one's statistics not to pass for the other's.
    const larger = [...values].map(
      ([name, x]) => [name, /\/(w|Matrix)$/.test(name) ? x.map((w) => 5 * w) : x] as const,
    );
    writeAll(backend, variables, new Map(larger));
    const state = new State(variables);
    const statistics: Statistics[] = [];
    const judge = (seen: Tensor, groups: number) =>
      discriminator(state, CONFIG, seen, { training: true, groups, onStatistics: (one) => statistics.push(one) });
    const loss = (logits: Tensor, targets: Float32Array) => bceWithLogits(logits, constant(targets, logits.shape));
    const [real, fake] = [input("real", SHAPE), input("fake", SHAPE)];
    const [ones, zeros] = [new Float32Array(BATCH).fill(1), new Float32Array(BATCH)];
    const dLoss = together
      ? sum(mean(loss(judge(concat(real, fake), 2), Float32Array.of(...ones, ...zeros)), 2))
      : add(mean(loss(judge(real, 1), ones)), mean(loss(judge(fake, 1), zeros)));
    const gradients = grad(
      dLoss,
      NAMES.map((name) => variables.get(name)!),
    );
    updateStatistics(state, statistics);
    const moved = state.updates();
    const outputs = { dLoss, ...Object.fromEntries(NAMES.map((name, i) => [name, gradients[i]!])) };
    const plan: Plan = await backend.compile({ name: "D", outputs, updates: moved });
    const images = (index: number, factor: number) =>
      uniform({ seed: 9, purpose: PURPOSE.samples, index }, BATCH * 16 * 16 * 3).map((value) => factor * value);
    await plan.run({ real: images(0, 1), fake: images(1, 0.3) });
    const read = await plan.read("dLoss", ...NAMES);
    for (const { variable } of moved) read[`moved ${variable.node.id}`] = await backend.read(variable);
    return { values: Object.values(read), dispatches: plan.recording.dispatches.length };
  };
  const [one, two] = [await pass(true), await pass(false)];
  expect(one.values.length).toBe(two.values.length);
  expect(one.dispatches).toBeLessThan(two.dispatches);
  // Sums over 8 images, or over 4 and 4, associate differently.
  for (const [i, values] of one.values.entries())
    expect(values).toBeAllClose(two.values[i]!, { rel: 1e-5, atol: 1e-7 });
  device.destroy();
});
