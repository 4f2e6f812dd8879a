import { sameGeometry } from "@kintsugi/geometry";
import { profile, UnsupportedError } from "@kintsugi/gpu";
import { openNodeDevice } from "@kintsugi/gpu/node";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import "../../kernels/test/close.js";
import * as ops from "@kintsugi/autodiff";
import { WebGpuBackend } from "../src/index.js";
import { inputsOf, openBackend, valuesFor } from "./bench.js";

let f32: WebGpuBackend;
let f16: WebGpuBackend;
beforeAll(async () => {
  f32 = await openBackend();
  f16 = new WebGpuBackend(await openNodeDevice([], ["shader-f16"]), { precision: "f16" });
});
afterAll(() => {
  f32.destroy();
  f16.destroy();
});

// A convolution, a linear layer to one logit, and the gradients of both: all four kinds of product.
const geometry = sameGeometry([8, 8, 8, 16], [5, 5, 16, 32], 2);
const leaves = inputsOf({ x: [8, 8, 8, 16], weight: [5, 5, 16, 32], bias: [32], linear: [512, 1] });
// No activation: at a kink, the last bits of a sum decide about its gradient.
const hidden = ops.addBias(ops.conv2d(leaves.x, leaves.weight, geometry), leaves.bias);
const logits = ops.matmul(ops.reshape(hidden, [8, 512]), leaves.linear);
// Small, as gradients are: its square is not in float16's range.
const loss = ops.scale(ops.sum(ops.multiply(logits, logits)), 1e-9);
const [dx, dweight, dlinear] = ops.grad(loss, [leaves.x, leaves.weight, leaves.linear]);
const outputs = { loss, dx: dx!, dweight: dweight!, dlinear: dlinear! };
const values = valuesFor(leaves);

async function run(backend: WebGpuBackend) {
  const plan = await backend.compile({ name: "precision", outputs });
  await plan.run(values);
  const read = await plan.read(...Object.keys(outputs));
  const shaders = plan.recording.dispatches.map(({ shader }) => shader.name);
  plan.destroy();
  return { read, shaders };
}

describe("products of float16 operands", () => {
  test("give what float32 gives to three digits, gradients too small for float16 included", async () => {
    const [exact, near] = [await run(f32), await run(f16)];
    for (const name of Object.keys(outputs)) {
      expect(near.read[name]!, name).toBeAllClose(exact.read[name]!, { rel: 2e-3 });
      expect(near.read[name], name).not.toEqual(exact.read[name]);
    }
    expect(Math.max(...exact.read.dx!.map(Math.abs))).toBeLessThan(2 ** -14);
  });

  test("are made of one copy of each value, where there is enough to do", async () => {
    const { shaders } = await run(f16);
    const count = (pattern: RegExp) => shaders.filter((name) => pattern.test(name)).length;
    // x, weight, and the gradient of the convolution: three products of three values.
    expect([count(/^half$/), count(/^half_max$/), count(/^conv.*_f16$/)]).toEqual([3, 3, 3]);
    // One logit for 512 weights: it is over before the weights are copied.
    expect([count(/^matmul_/), count(/^matmul_.*_f16$/)]).toEqual([3, 0]);
  });

  test("read copies of weights that are made once, and anew when somebody has replaced the weights", async () => {
    const half = new WebGpuBackend(f16.device, { precision: "f16", intensity: 0 });
    const x = ops.input("x", [4, 8]);
    const weight = ops.variable("weight", [8, 4]);
    const y = ops.matmul(x, weight);
    const read = await half.compile({ name: "read", outputs: { y } });
    const grow = await half.compile({
      name: "grow",
      outputs: { y },
      updates: [{ variable: weight, value: ops.scale(weight, 2) }],
    });
    const halves = ({ recording }: typeof read) =>
      recording.dispatches.filter(({ shader }) => shader.name === "half").length;
    // Only x where the weights stay as they are; both where each run replaces them.
    expect([halves(read), halves(grow)]).toEqual([1, 2]);

    const given = { x: new Float32Array(32).fill(1) };
    const submits = () => f16.device.counters.submits;
    const sum = async () => {
      const before = submits();
      await read.run(given);
      const made = submits() - before;
      return [made, (await read.read("y")).y![0]];
    };
    half.write(weight, new Float32Array(32).fill(0.5));
    expect(await sum()).toEqual([2, 4]);
    expect(await sum()).toEqual([1, 4]);
    half.write(weight, new Float32Array(32).fill(0.25));
    expect(await sum()).toEqual([2, 2]);
    await grow.run(given);
    expect(await sum()).toEqual([2, 4]);
    expect(await sum()).toEqual([1, 4]);

    // A profiled run is a run: others see what it replaced, and copies are made before it, not in it.
    await grow.runBy(profile);
    expect(await sum()).toEqual([2, 8]);
    half.write(weight, new Float32Array(32).fill(0.25));
    const spans = await read.runBy(profile);
    expect(spans.map(({ dispatch }) => dispatch)).toEqual(read.recording.dispatches);
    expect((await read.read("y")).y![0]).toBe(2);
    expect(await sum()).toEqual([1, 2]);
    for (const plan of [read, grow]) plan.destroy();
  });

  test("have the same bits in every run", async () => {
    const [first, second] = [await run(f16), await run(f16)];
    expect(second.read).toEqual(first.read);
  });

  test("are not in a back end that did not ask for them", async () => {
    const { shaders } = await run(f32);
    expect(shaders.filter((name) => /half|f16/.test(name))).toEqual([]);
    expect(f32.device.handle.features.has("shader-f16")).toBe(false);
  });
});

describe("a precision that a device cannot have", () => {
  test("is refused by name", async () => {
    expect(() => new WebGpuBackend(f32.device, { precision: "f16" })).toThrow(UnsupportedError);
    expect(() => new WebGpuBackend(f32.device, { precision: "f16" })).toThrow(/precision f16 needs .* with shader-f16/);
    await expect(openNodeDevice([], ["no-such-feature"])).rejects.toThrow(/ has no no-such-feature$/);
  });
});
