/** Spectral normalisation: the singular value, its gradient, and what a training makes of its vectors. */
import { type Backend, grad, input, multiply, sum, variable } from "@kintsugi/autodiff";
import { type NamedValues, type ParameterSpec, State } from "@kintsugi/nn";
import { openNodeBackend } from "@kintsugi/onnx/node";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { random } from "../../kernels/test/harness.js";
import "../../kernels/test/close.js";
import { type DcganConfig, DEFAULT_TRAINING, discriminatorSpecs, modelSpecs, Trainer } from "../src/index.js";
import { iteratePower, normalised } from "../src/spectral.js";

let backend: Backend;
beforeAll(async () => {
  backend = await openNodeBackend();
});
afterAll(() => backend.destroy());

const SPEC: ParameterSpec = { name: "d/w", shape: [2, 2, 3, 5], initial: 0, trainable: true };
const [ROWS, COLUMNS] = [12, 5];
const W = random(ROWS * COLUMNS, 1);
const U = random(COLUMNS, 2);

/** What `steps` of the power iteration make of u in float64, and σ = ‖W·u‖ with v = W·u/σ. */
function iterate(w: ArrayLike<number>, first: ArrayLike<number>, steps: number) {
  const times = (u: readonly number[]) =>
    Array.from({ length: ROWS }, (_, i) => u.reduce((all, value, j) => all + w[i * COLUMNS + j]! * value, 0));
  const back = (v: readonly number[]) =>
    Array.from({ length: COLUMNS }, (_, j) => v.reduce((all, value, i) => all + w[i * COLUMNS + j]! * value, 0));
  const unit = (x: readonly number[]) => x.map((value) => value / Math.hypot(...x));
  let u = Array.from(first);
  for (let step = 0; step < steps; step++) u = unit(back(times(u)));
  const sigma = Math.hypot(...times(u));
  return { u, sigma, v: times(u).map((value) => value / sigma) };
}

describe("of one weight", () => {
  it("divides by ‖W·u‖, whose gradient goes through σ with u as a constant", async () => {
    const variables = new Map([
      ["d/w", variable("d/w", SPEC.shape)],
      ["d/w/u", variable("d/w/u", [COLUMNS])],
    ]);
    backend.write(variables.get("d/w")!, W);
    backend.write(variables.get("d/w/u")!, U);
    const state = new State(variables);
    iteratePower(state, [SPEC]);
    const seen = normalised(state, [SPEC]).get("d/w");
    const [dw] = grad(sum(multiply(seen, input("dy", SPEC.shape))), [state.get("d/w")]);
    const program = await backend.compile({ name: "sn", outputs: { seen, dw: dw! }, updates: state.updates() });
    const dy = random(W.length, 3);
    await program.run({ dy });
    const { seen: received, dw: gradient } = await program.read("seen", "dw");

    const { u, v, sigma } = iterate(W, U, 1);
    expect(await backend.read(variables.get("d/w/u")!)).toBeAllClose(u, { atol: 1e-6 });
    expect(received).toBeAllClose(
      Array.from(W, (value) => value / sigma),
      { rel: 1e-6 },
    );
    const along = dy.reduce((all, value, i) => all + value * W[i]!, 0) / sigma ** 2;
    const expected = Array.from(
      dy,
      (value, i) => value / sigma - along * v[Math.floor(i / COLUMNS)]! * u[i % COLUMNS]!,
    );
    expect(gradient).toBeAllClose(expected, { rel: 3e-6 });
  });
});

const CONFIG: DcganConfig = { size: 16, channels: 3, nz: 6, ngf: 4, ndf: 4, kernel: 5, spectralNorm: true };
const OPTIONS = { ...DEFAULT_TRAINING, batch: 4, lr: 2e-4, seed: 3 };
const imagesOf = (index: number, count = 4) => random(count * 16 * 16 * 3, index);

describe("of a discriminator", () => {
  it("has a vector for each filter and matrix, and leaves the measures of minibatch discrimination alone", () => {
    const all: DcganConfig = { ...CONFIG, dNorm: "none", minibatchKernels: 3, classes: ["a", "b"] };
    const names = discriminatorSpecs(all).map(({ name }) => name.replace("discriminator/", ""));
    expect(names.filter((name) => name.endsWith("/u"))).toEqual([
      "d_h0_conv/w/u",
      "d_h1_conv/w/u",
      "d_h1_lin/Matrix/u",
      "d_classes/Matrix/u",
    ]);
    expect(names.filter((name) => name.includes("_bn"))).toEqual([]);
    // What is not asked for leaves nothing behind.
    const { spectralNorm: _, ...plain } = CONFIG;
    expect(modelSpecs({ ...plain, dNorm: "batch", spectralNorm: false })).toEqual(modelSpecs(plain));
  });

  it("without batch norm trains its biases", () => {
    const trained = (config: DcganConfig) =>
      discriminatorSpecs(config).find(({ name }) => name === "discriminator/d_h1_conv/biases")!.trainable;
    expect([trained(CONFIG), trained({ ...CONFIG, dNorm: "none" })]).toEqual([false, true]);
  });

  it("takes one step of the iteration an update of D, however many batches that has, and finds σ", async () => {
    const once = await Trainer.create(backend, CONFIG, { ...OPTIONS, accumulate: 2 });
    const name = "discriminator/d_h1_conv/w";
    const matrix = (values: NamedValues) => ({ w: values.get(name)!, u: values.get(`${name}/u`)! });
    const first = matrix(await once.values());
    await once.train(imagesOf(1, 8));
    const step = (w: Float32Array, u: Float32Array) => {
      const columns = u.length;
      const rows = w.length / columns;
      const wu = Array.from({ length: rows }, (_, i) =>
        u.reduce((all, value, j) => all + w[i * columns + j]! * value, 0),
      );
      const next = Array.from(u, (_, j) => wu.reduce((all, value, i) => all + w[i * columns + j]! * value, 0));
      return { sigma: Math.hypot(...wu), next: next.map((value) => value / Math.hypot(...next)) };
    };
    expect(matrix(await once.values()).u).toBeAllClose(step(first.w, first.u).next, { atol: 1e-5 });

    // At rate 0 the weights stay, and u becomes the singular vector.
    const still = await Trainer.create(backend, CONFIG, { ...OPTIONS, lr: 0, dSteps: 2 });
    for (let i = 0; i < 60; i++) await still.train(imagesOf(1, 8));
    const last = matrix(await still.values());
    const { sigma, next } = step(last.w, last.u);
    expect(next).toBeAllClose(last.u, { atol: 1e-4 });
    for (let seed = 0; seed < 20; seed++) {
      const probe = random(last.u.length, seed);
      expect(step(last.w, probe).sigma / Math.hypot(...probe)).toBeLessThanOrEqual(sigma * 1.00001);
    }
  });
});
