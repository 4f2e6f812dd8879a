/**
 * Hamiltonian Monte Carlo on z: samples from exp(−β·loss) instead of descending. Each iteration draws a velocity for every
 * image, follows it for some leapfrog steps on the GPU, and keeps where it came to or goes back, image by image.
 * Sources: Amos' program (`--approach hmc`); Neal 2011, "MCMC using Hamiltonian dynamics", section 5.5.1 on walls.
 */
import {
  add,
  constant,
  grad,
  input,
  multiply,
  type Program,
  relu,
  scale,
  spread,
  sum,
  type Tensor,
  variable,
} from "@kintsugi/autodiff";
import { normal, PURPOSE, uniform } from "@kintsugi/nn";
import { type Losses, type Problem, padded } from "./problem.js";
import type { IterateOptions, Search } from "./search.js";

export interface HmcSearch {
  readonly kind: "hmc";
  /** Inverse temperature: how much a loss of 1 counts. Default 0.2. */
  readonly beta?: number;
  /** β is multiplied by it after each iteration, anew for each batch. Default 1. */
  readonly anneal?: number;
  /** Length of a leapfrog step. Default 0.001. */
  readonly eps?: number;
  /** Leapfrog steps of an iteration. Default 100. */
  readonly steps?: number;
  /**
   * As Amos' program has it: z stops at the walls while the velocity goes on, and the mean of the batch's perceptual losses
   * stands in each image's energy. Neither samples from exp(−β·loss); by default z reflects and images keep apart.
   */
  readonly original?: boolean;
  /** Fixes the random numbers. Default 0. */
  readonly seed?: number;
  /** Random numbers of one's own for an iteration, for tests: momenta [n, nz], and one uniform in [0, 1) per image. */
  readonly draw?: (iteration: number) => { readonly momenta: Float32Array; readonly uniforms: Float32Array };
}

/** What a decision was made of, per image. */
export interface Decision {
  readonly energyBefore: Float64Array;
  readonly energyAfter: Float64Array;
  /** Accepted with probability min(1, exp(logAccept)). */
  readonly logAccept: Float64Array;
  readonly accepted: readonly boolean[];
}

export interface HmcLosses extends Losses, Decision {}

export interface Hmc extends Search {
  iterate(count: number, options?: IterateOptions): Promise<HmcLosses[]>;
}

export async function createHmc(problem: Problem, options: HmcSearch): Promise<Hmc> {
  const { beta = 0.2, anneal = 1, eps = 1e-3, steps = 100, original = false, seed = 0 } = options;
  const { backend, z } = problem;
  const { nz } = problem.config;
  const [v, dz] = [variable("velocity of z", z.shape), variable("gradient of z", z.shape)];
  const { images: _, loss, ...parts } = problem.trace(z);
  const look = await backend.compile({
    name: "hmc start",
    outputs: parts,
    updates: [{ variable: dz, value: grad(loss, [z])[0]! }],
  });
  const leap = await backend.compile(leapfrog(problem, v, dz, eps, original));
  let iteration = 0;
  let present: Losses | undefined;

  const draw = (at: number) =>
    options.draw?.(at) ?? {
      momenta: normal({ seed, purpose: PURPOSE.momenta, index: 2 * at }, problem.count * nz),
      uniforms: uniform({ seed, purpose: PURPOSE.momenta, index: 2 * at + 1 }, problem.count).map((u) => (u + 1) / 2),
    };

  async function atStart(): Promise<Losses> {
    await look.run();
    return problem.losses(0, await look.read(...problem.measured));
  }

  async function once(): Promise<HmcLosses> {
    const before = present ?? (await atStart());
    const temper = beta * anneal ** iteration;
    const { momenta, uniforms } = draw(iteration);
    const state = [z, dz] as const;
    const old = await Promise.all(state.map((tensor) => backend.read(tensor)));
    backend.write(v, padded(momenta, v));
    const half = new Float32Array([(eps / 2) * temper]);
    for (let step = 0; step < steps; step++) await leap.run(step === 0 ? { half } : {});
    const values = await leap.read(...problem.measured, "kinetic");
    const after = problem.losses(iteration + 1, values);
    const [energyBefore, energyAfter] = [before, after].map((losses) => energies(losses, problem, original)) as [
      Float64Array,
      Float64Array,
    ];
    const logAccept = energyBefore.map(
      (energy, i) => temper * (energy - energyAfter[i]!) + kineticEnergy(momenta, nz, i) - values.kinetic![i]!,
    );
    const accepted = Array.from(logAccept, (log, i) => log >= 0 || uniforms[i]! <= Math.exp(log));
    if (accepted.includes(false)) {
      const now = await Promise.all(state.map((tensor) => backend.read(tensor)));
      state.forEach((tensor, which) => {
        backend.write(tensor, withRejected(now[which]!, old[which]!, accepted, nz));
      });
    }
    const pick = (yes: Float32Array, no: Float32Array) => yes.map((value, i) => (accepted[i] ? value : no[i]!));
    present = {
      iteration: ++iteration,
      contextual: pick(after.contextual, before.contextual),
      perceptual: pick(after.perceptual, before.perceptual),
      total: pick(after.total, before.total),
    };
    return { ...before, energyBefore, energyAfter, logAccept, accepted };
  }

  return {
    get iteration() {
      return iteration;
    },
    start(start) {
      problem.start(start);
      iteration = 0;
      present = undefined;
    },
    async iterate(count, { signal, onIteration } = {}) {
      const made: HmcLosses[] = [];
      for (let i = 0; i < count && !signal?.aborted; i++) {
        made.push(await once());
        onIteration?.(iteration);
      }
      return made;
    },
    evaluate: () => problem.evaluate(iteration),
    readZ: () => problem.readZ(),
    destroy() {
      look.destroy();
      leap.destroy();
      backend.free([v, dz]);
      problem.destroy();
    },
  };
}

/**
 * v −= half·∇; z += eps·v; wall; new ∇; v −= half·∇, where half = (eps/2)·β. The gradient is kept from step to step, so that
 * each costs one pass through the networks.
 */
function leapfrog(problem: Problem, v: Tensor, dz: Tensor, eps: number, clip: boolean): Program {
  const { z } = problem;
  const half = spread(input("half", [1]), z.shape);
  const kicked = add(v, multiply(half, dz), 1, -1);
  const free = add(z, kicked, 1, eps);
  const moved = walled(free, clip ? 1 : 2);
  // Behind the mirror the coordinate runs backwards: the velocity times the derivative of the reflection, −1 there.
  const turned = clip ? kicked : grad(sum(multiply(moved, kicked)), [free])[0]!;
  const { images: _, loss, ...parts } = problem.trace(moved);
  const gradient = grad(loss, [moved])[0]!;
  const velocity = add(turned, multiply(half, gradient), 1, -1);
  const kinetic = scale(sum(multiply(velocity, velocity), z.shape[0]!), 0.5);
  return {
    name: "hmc leapfrog",
    outputs: { ...parts, kinetic },
    updates: [
      { variable: z, value: moved },
      { variable: v, value: velocity },
      { variable: dz, value: gradient },
    ],
  };
}

/** Brings z beyond ±1 back by `factor` times what it is beyond: 1 stops at the wall, 2 reflects. */
function walled(z: Tensor, factor: 1 | 2): Tensor {
  const one = constant(1, z.shape);
  const above = relu(add(z, one, 1, -1));
  const below = relu(add(z, one, -1, -1));
  return add(add(z, above, 1, -factor), below, 1, factor);
}

/** The loss of each image; in the original with the mean of the batch in place of its perceptual loss. */
function energies({ perceptual, total }: Losses, { options }: Problem, original: boolean): Float64Array {
  const mean = perceptual.reduce((sum, value) => sum + value, 0) / perceptual.length;
  return Float64Array.from(total, (value, i) => value + (original ? options.lambda * (mean - perceptual[i]!) : 0));
}

/** ½|v|² of one image. */
function kineticEnergy(momenta: Float32Array, nz: number, image: number): number {
  return momenta.subarray(image * nz, (image + 1) * nz).reduce((total, value) => total + value * value, 0) / 2;
}

/** The rows of `now`, but those of `old` for images that were not accepted. */
function withRejected(now: Float32Array, old: Float32Array, accepted: readonly boolean[], row: number): Float32Array {
  const rows = now.slice();
  accepted.forEach((yes, i) => {
    if (!yes) rows.set(old.subarray(i * row, (i + 1) * row), i * row);
  });
  return rows;
}
