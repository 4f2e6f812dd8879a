/**
 * Limited-memory BFGS on z: steps along what the last gradients tell of the curvature, each image with a step of its own. A z
 * has some hundred numbers, so the host keeps the directions; the networks stay where they are. Source: Nocedal and Wright,
 * "Numerical Optimization", algorithm 7.4; walls as in Byrd et al. 1995, but simply by holding coordinates that press on them.
 */
import { grad } from "@kintsugi/autodiff";
import { type Losses, type Problem, padded } from "./problem.js";
import type { Search } from "./search.js";

export interface LbfgsSearch {
  readonly kind: "lbfgs";
  /** Steps that are remembered. Default 10. */
  readonly memory?: number;
  /** Length of the first step in z, before anything is known of the curvature. Default 0.5. */
  readonly first?: number;
}

type Vector = Float64Array;

/** What one step told: s = change of z, y = change of the gradient, rho = 1/(s·y). */
interface Pair {
  readonly s: Vector;
  readonly y: Vector;
  readonly rho: number;
}

/** A shorter step is not worth trying: the direction is forgotten, and the next begins anew. */
const SHORTEST = 1e-3;

/** The search of one image: where it stands, and where it goes. */
class Walk {
  #pairs: Pair[] = [];
  #direction: Vector | undefined;
  #share = 1;

  constructor(
    public z: Vector,
    public loss: { readonly contextual: number; readonly perceptual: number; readonly total: number },
    public gradient: Vector,
    readonly memory: number,
    readonly first: number,
  ) {}

  /** The next z to look at. */
  propose(): Vector {
    this.#direction ??= this.#turn();
    return this.z.map((at, k) => Math.min(1, Math.max(-1, at + this.#share * this.#direction![k]!)));
  }

  /** What the proposed z is worth: it goes there if that is better, and tries half as far if not. */
  hear(z: Vector, loss: Walk["loss"], gradient: Vector): void {
    if (!(loss.total < this.loss.total)) {
      this.#share /= 2;
      if (this.#share >= SHORTEST) return;
      [this.#pairs, this.#direction, this.#share] = [[], undefined, 1];
      return;
    }
    const s = z.map((value, k) => value - this.z[k]!);
    const y = gradient.map((value, k) => value - this.gradient[k]!);
    const curvature = dot(s, y);
    // Only where the slope rises along the step is there a curvature to learn.
    if (curvature > 1e-8 * dot(y, y)) this.#pairs = [...this.#pairs, { s, y, rho: 1 / curvature }].slice(-this.memory);
    [this.z, this.loss, this.gradient, this.#direction, this.#share] = [z, loss, gradient, undefined, 1];
  }

  /** −H·gradient by the two loops, without the coordinates that press on a wall. */
  #turn(): Vector {
    const slope = this.gradient.slice();
    const held = [...this.z.keys()].filter((k) => Math.abs(this.z[k]!) >= 1 && this.z[k]! * slope[k]! < 0);
    for (const k of held) slope[k] = 0;
    const steepest = () => scaled(slope, -this.first / Math.max(Math.sqrt(dot(slope, slope)), 1e-30));
    const last = this.#pairs.at(-1);
    if (!last) return steepest();
    const q = slope.slice();
    const alphas = this.#pairs.toReversed().map(({ s, y, rho }) => {
      const alpha = rho * dot(s, q);
      add(q, -alpha, y);
      return alpha;
    });
    const direction = scaled(q, -1 / (last.rho * dot(last.y, last.y)));
    for (const [i, { s, y, rho }] of this.#pairs.entries()) {
      add(direction, -alphas[this.#pairs.length - 1 - i]! - rho * dot(y, direction), s);
    }
    for (const k of held) direction[k] = 0;
    if (dot(direction, slope) < 0) return direction;
    this.#pairs = [];
    return steepest();
  }
}

export async function createLbfgs(problem: Problem, { memory = 10, first = 0.5 }: LbfgsSearch): Promise<Search> {
  const { backend, z, d } = problem;
  const { images: _, loss, ...parts } = problem.trace(z);
  const moved = d ? [z, d] : [z];
  const slopes = Object.fromEntries(grad(loss, moved).map((slope, i) => [`slope${i}`, slope]));
  const look = await backend.compile({ name: "lbfgs search", outputs: { ...parts, ...slopes } });
  let walks: Walk[] = [];
  let iteration = 0;

  const lengths = moved.map(({ shape }) => shape[1]!);
  const length = lengths.reduce((sum, one) => sum + one, 0);
  /** A row for each image of what lies in several arrays. */
  const rows = (arrays: readonly Float32Array[]): Vector[] =>
    Array.from({ length: problem.count }, (_, i) => {
      const row = new Float64Array(length);
      let at = 0;
      arrays.forEach((values, part) => {
        row.set(values.subarray(i * lengths[part]!, (i + 1) * lengths[part]!), at);
        at += lengths[part]!;
      });
      return row;
    });
  const write = (all: readonly Vector[]) => {
    let at = 0;
    moved.forEach((variable, part) => {
      const end = at + lengths[part]!;
      const values = padded(new Float32Array(), variable);
      for (const [i, row] of all.entries()) values.set(row.subarray(at, end), i * lengths[part]!);
      backend.write(variable, values);
      at = end;
    });
  };
  const see = async () => {
    await look.run();
    const values = await look.read(...problem.measured, ...Object.keys(slopes));
    const gradients = rows(Object.keys(slopes).map((name) => values[name]!));
    return gradients.map((gradient, i) => {
      const [contextual, perceptual] = [values.contextual![i]!, values.perceptual![i]!];
      return { loss: { contextual, perceptual, total: problem.total(values, i) }, gradient };
    });
  };
  const losses = (): Losses => {
    const of = (name: "contextual" | "perceptual" | "total") => Float32Array.from(walks, (walk) => walk.loss[name]);
    return { iteration, contextual: of("contextual"), perceptual: of("perceptual"), total: of("total") };
  };
  return {
    get iteration() {
      return iteration;
    },
    start(start) {
      problem.start(start);
      walks = [];
      iteration = 0;
    },
    async iterate(count, { signal, onIteration } = {}) {
      if (walks.length === 0) {
        const here = rows(await Promise.all(moved.map((variable) => backend.read(variable))));
        const seen = await see();
        walks = here.map((at, i) => new Walk(at, seen[i]!.loss, seen[i]!.gradient, memory, first));
      }
      const made: Losses[] = [];
      for (let i = 0; i < count && !signal?.aborted; i++) {
        made.push(losses());
        // As the networks see it: rounded.
        const proposed = walks.map((walk) => walk.propose().map(Math.fround));
        write(proposed);
        const seen = await see();
        walks.forEach((walk, n) => {
          walk.hear(proposed[n]!, seen[n]!.loss, seen[n]!.gradient);
        });
        iteration++;
        onIteration?.(iteration);
      }
      write(walks.map((walk) => walk.z));
      return made;
    },
    evaluate: () => problem.evaluate(iteration),
    readZ: () => problem.readZ(),
    destroy() {
      look.destroy();
      problem.destroy();
    },
  };
}

function dot(a: Vector, b: Vector): number {
  let sum = 0;
  for (let k = 0; k < a.length; k++) sum += a[k]! * b[k]!;
  return sum;
}

/** a ← a + factor·b */
function add(a: Vector, factor: number, b: Vector): void {
  for (let k = 0; k < a.length; k++) a[k]! += factor * b[k]!;
}

function scaled(a: Vector, factor: number): Vector {
  return a.map((value) => value * factor);
}
