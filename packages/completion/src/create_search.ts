/** The search over z: one compiled program per step, nothing read back between steps. */
import { type Backend, grad } from "@kintsugi/autodiff";
import { type AdamSearch, descent, type MomentumSearch } from "./descent.js";
import { createHmc, type HmcSearch } from "./hmc.js";
import { createLbfgs, type LbfgsSearch } from "./lbfgs.js";
import { type Losses, type Networks, Problem, type ProblemOptions, padded } from "./problem.js";
import type { Search } from "./search.js";

export type Optimizer = AdamSearch | MomentumSearch | HmcSearch | LbfgsSearch;

export interface SearchOptions extends ProblemOptions {
  /** Default: Adam. */
  readonly optimizer?: Optimizer;
}

/** Builds a search for a model on a back end. It serves any number of batches, one after the other. */
export async function createSearch(backend: Backend, networks: Networks, options: SearchOptions): Promise<Search> {
  const { optimizer = { kind: "adam" } } = options;
  // The other rules have no step size that fits both z and what strays from it.
  const stray = optimizer.kind === "lbfgs" ? {} : { stray: 0 };
  const problem = await Problem.create(backend, networks, { ...options, ...stray });
  if (optimizer.kind === "lbfgs") return createLbfgs(problem, optimizer);
  return optimizer.kind === "hmc" ? createHmc(problem, optimizer) : createDescent(problem, optimizer);
}

/** Losses wait on the GPU for this many iterations at most; a back end keeps 1024. */
const FETCH_EVERY = 512;

async function createDescent(problem: Problem, rule: AdamSearch | MomentumSearch): Promise<Search> {
  const { backend, z } = problem;
  const { images: _, loss, ...records } = problem.trace(z);
  const [dz] = grad(loss, [z]);
  const { updates, moments, inputs } = descent(rule, z, dz!);
  const step = await backend.compile({ name: `${rule.kind} search`, records, updates });
  let iteration = 0;

  const fetch = async (): Promise<Losses[]> => {
    const rows = await step.fetchRecords();
    const first = iteration - rows.length;
    return rows.map((row, i) => problem.losses(first + i, row));
  };
  return {
    get iteration() {
      return iteration;
    },
    start(start) {
      problem.start(start);
      for (const moment of moments) backend.write(moment, padded(new Float32Array(), moment));
      iteration = 0;
    },
    async iterate(count, { signal, onIteration } = {}) {
      const losses: Losses[] = [];
      for (let i = 1; i <= count && !signal?.aborted; i++) {
        await step.run(inputs(iteration + 1));
        iteration++;
        onIteration?.(iteration);
        if (i % FETCH_EVERY === 0) losses.push(...(await fetch()));
      }
      losses.push(...(await fetch()));
      return losses;
    },
    evaluate: () => problem.evaluate(iteration),
    readZ: () => problem.readZ(),
    destroy() {
      step.destroy();
      backend.free(moments);
      problem.destroy();
    },
  };
}
