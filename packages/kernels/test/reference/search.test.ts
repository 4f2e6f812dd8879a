import { describe, expect, it } from "vitest";
import { type AdamState, adam, adamClipped } from "../../reference/adam.js";
import { hmcDrift, hmcKick, kineticEnergy, logAccept } from "../../reference/hmc.js";
import { type MomentumState, momentumClipped } from "../../reference/momentum.js";
import { poissonBlend } from "../../reference/poisson.js";
import "../close.js";
import { goldens } from "../goldens.js";
import { ROUNDED } from "./tolerance.js";

const completion = goldens("completion");

/** Row t of a golden whose first axis is time. */
function row(file: typeof completion, name: string, t: number): ArrayLike<number> {
  const { shape, values } = file.tensor(name);
  const size = values.length / shape[0]!;
  return values.slice(t * size, (t + 1) * size);
}

describe("adam", () => {
  const file = goldens("adam");

  it.each(file.cases)("five steps = golden, %s", (name) => {
    const { lr, beta1, beta2, eps, clip } = file.config<{
      lr: number;
      beta1: number;
      beta2: number;
      eps: number;
      clip: boolean;
    }>(name);
    const p0 = file.values(`${name}/p0`);
    let state: AdamState = {
      param: Float64Array.from(p0),
      m: new Float64Array(p0.length),
      v: new Float64Array(p0.length),
    };
    for (let t = 1; t <= 5; t++) {
      state = (clip ? adamClipped : adam)(state, row(file, `${name}/grads`, t - 1), t, { lr, beta1, beta2, eps });
      expect(state.param).toBeAllClose(row(file, `${name}/p`, t - 1), ROUNDED);
      expect(state.m).toBeAllClose(row(file, `${name}/m`, t - 1), ROUNDED);
      expect(state.v).toBeAllClose(row(file, `${name}/v`, t - 1), ROUNDED);
    }
  });
});

describe("the search over z, from the goldens' own gradients", () => {
  const {
    momentum,
    momentum_default,
    adam: options,
  } = completion.config<{
    momentum: { lr: number; mu: number };
    momentum_default: { lr: number; mu: number };
    adam: { lr: number; beta1: number; beta2: number; eps: number };
  }>("config");

  // Here the gradients are rounded too: 2⁻²⁴ of steps that sum to less than 1 over the run.
  const tolerance = { atol: 1e-6 };

  it.each([
    ["momentum_center", momentum],
    ["momentum_random", momentum],
    ["momentum_lowres", momentum],
    ["momentum_default_center", momentum_default],
  ])("%s", (name, { lr, mu }) => {
    const z0 = row(completion, `${name}/z`, 0);
    let state: MomentumState = { z: Float64Array.from(z0), v: new Float64Array(z0.length) };
    const { shape } = completion.tensor(`${name}/z`);
    for (let i = 0; i + 1 < shape[0]!; i++) {
      state = momentumClipped(state, row(completion, `${name}/grad`, i), { lr, momentum: mu });
      expect(state.z).toBeAllClose(row(completion, `${name}/z`, i + 1), tolerance);
    }
  });

  it.each([
    "adam_center",
    "adam_random",
    "adam_lowres",
    "adam_log1md_center",
    "adam_weighted_center",
    "adam_lam50_center",
  ])("%s", (name) => {
    const z0 = row(completion, `${name}/z`, 0);
    let state: AdamState = {
      param: Float64Array.from(z0),
      m: new Float64Array(z0.length),
      v: new Float64Array(z0.length),
    };
    const { shape } = completion.tensor(`${name}/z`);
    for (let i = 0; i + 1 < shape[0]!; i++) {
      state = adamClipped(state, row(completion, `${name}/grad`, i), i + 1, options);
      expect(state.param).toBeAllClose(row(completion, `${name}/z`, i + 1), tolerance);
    }
  });
});

describe("hmc", () => {
  // A quadratic energy ½|z|², whose gradient is z.
  const leapfrog = (z: Float64Array, v: Float64Array, wall: "clip" | "reflect") => {
    const half = hmcKick(v, z, 0.3, 0.7);
    const moved = hmcDrift(z, half, 0.3, wall);
    return { z: moved.z, v: hmcKick(moved.v, moved.z, 0.3, 0.7) };
  };
  const start = { z: Float64Array.of(0.2, 0.95, -0.9), v: Float64Array.of(0.5, 1.2, -1.5) };

  it("reflects z and v at the walls, so that the way back leads to the start", () => {
    const there = leapfrog(start.z, start.v, "reflect");
    expect(there.z[1]).toBeLessThan(1);
    expect(there.v[1]).toBeLessThan(0);
    const back = leapfrog(
      there.z,
      there.v.map((value) => -value),
      "reflect",
    );
    expect(back.z).toBeAllClose(start.z, { atol: 1e-15 });
    expect(back.v.map((value) => -value)).toBeAllClose(start.v, { atol: 1e-15 });
  });

  it("stops z alone when it clips", () => {
    const { z, v } = hmcDrift(start.z, start.v, 0.3, "clip");
    expect(z).toBeAllClose([0.35, 1, -1], { atol: 1e-15 });
    expect(v).toBeAllClose(start.v);
  });

  it("accepts by the change of beta·energy + kinetic", () => {
    expect(kineticEnergy([3, 4])).toBe(12.5);
    expect(logAccept(0.5, { energy: 4, kinetic: 1 }, { energy: 3, kinetic: 1.25 })).toBe(0.25);
  });
});

describe("poissonBlend", () => {
  it.each(["center", "border", "random80", "corner_column"])("blend_%s = the direct solution", (name) => {
    const [y, g, mask] = ["y", "g", "mask"].map((key) => completion.values(`blend_${name}/${key}`)) as [
      Float32Array,
      Float32Array,
      Float32Array,
    ];
    const shape = completion.tensor(`blend_${name}/y`).shape as unknown as readonly [number, number, number];
    // Rounding, and what sweeps that stop at a move of 1e-13 leave of a slow error: some hundred times that.
    const tolerance = { rtol: 6e-8, atol: 1e-10, shape, labels: ["h", "w", "c"] };
    expect(poissonBlend(y, g, mask, shape)).toBeAllClose(completion.values(`blend_${name}/x`), tolerance);
  });

  it("has no answer without a known pixel", () => {
    expect(() => poissonBlend([1, 2], [1, 2], [0, 0], [1, 2, 1])).toThrow("no pixel is known");
  });
});
