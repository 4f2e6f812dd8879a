/**
 * The biharmonic fill, Δ²u = 0: as smooth as a thin plate that keeps what is known, slopes included. Small holes are solved
 * exactly; large ones from the fill at half the side, by conjugate gradients that multigrid preconditions twice. Borders of
 * the picture are natural. Source: Damelin and Hoang, "On Surface Completion and Image Inpainting by Biharmonic Functions", 2018.
 */
import { createEnvelope, type Envelope, factorise, substitute, work } from "./cholesky.js";
import { type Domain, KNOWN, MISSING } from "./domain.js";
import { conjugateGradients, type System } from "./gradients.js";
import { accuracyOf, laplacian } from "./harmonic.js";
import { coarser, createMultigrid, parentOf, parentsOf, prolong } from "./multigrid.js";

/** The most multiplications of an exact solution: a fraction of a second. */
const MOST_WORK = 2e8;

/** A plate is stiff: conjugate gradients creep beyond this, and nobody sees what is left. */
const ITERATIONS = 30;

/** A solver for planes of a domain: fills what is missing of [height, width] in place. Something must be known. */
export function biharmonicSolver(domain: Domain): (plane: Float64Array) => void {
  const order = ordered(domain);
  const begin = beginnings(domain, order);
  return work(begin) <= MOST_WORK ? direct(domain, order, begin) : iterative(domain);
}

/** Cells line by line along the shorter side, so that rows of the matrix begin late. */
function ordered({ cells, height, width }: Domain): Int32Array {
  const sorted = cells.slice().sort();
  if (width <= height) return sorted;
  const column = (p: number) => p % width;
  return sorted.sort((p, q) => column(p) - column(q) || p - q);
}

/** The first cell, by order, that each cell's equation has to do with. */
function beginnings(domain: Domain, order: Int32Array): Int32Array {
  const place = places(domain, order);
  return order.map((p, k) => {
    let first = k;
    for (const q of reach(p, domain.width)) if (place[q]! >= 0) first = Math.min(first, place[q]!);
    return first;
  });
}

/** Where in the order each place of the box comes; −1 for those that are not missing. */
function places({ height, width }: Domain, order: Int32Array): Int32Array {
  const place = new Int32Array(height * width).fill(-1);
  for (let k = 0; k < order.length; k++) place[order[k]!] = k;
  return place;
}

/** What Δ² at a place has to do with. */
const reach = (p: number, w: number): readonly number[] => [
  ...[p - 2 * w, p - w - 1, p - w, p - w + 1, p - 2, p - 1, p],
  ...[p + 1, p + 2, p + w - 1, p + w, p + w + 1, p + 2 * w],
];

function direct(domain: Domain, order: Int32Array, begin: Int32Array): (plane: Float64Array) => void {
  const { width, share, state } = domain;
  const place = places(domain, order);
  const matrix: Envelope = createEnvelope(begin);
  const degree = (p: number) => Math.round(1 / share[p]!);
  order.forEach((p, k) => {
    const row = matrix.start[k]! - begin[k]!;
    // Δ² = Δ·Δ: through each neighbour s, and through p itself, to each q beside s.
    for (const s of [p, p - 1, p + 1, p - width, p + width]) {
      if (state[s] === 0) continue;
      const through = s === p ? degree(p) : -1;
      for (const q of [s, s - 1, s + 1, s - width, s + width]) {
        const column = place[q]!;
        if (column >= 0 && column <= k) matrix.values[row + column]! += through * (q === s ? degree(s) : -1);
      }
    }
  });
  factorise(matrix);
  const { apply } = plate(domain);
  const right = new Float64Array(domain.height * width);
  return (plane) => {
    for (const p of order) plane[p] = 0;
    apply(plane, right);
    const x = Float64Array.from(order, (p) => -right[p]!);
    substitute(matrix, x);
    order.forEach((p, k) => {
      plane[p] = x[k]!;
    });
  };
}

/** Δ² at the cells of a domain, with what is known around them. */
function plate(domain: Domain): Pick<System, "apply"> {
  const { cells, state, width } = domain;
  const around = new Set<number>(cells);
  for (const p of cells) {
    for (const q of [p - 1, p + 1, p - width, p + width]) if (state[q] === KNOWN) around.add(q);
  }
  const touched = Int32Array.from(around);
  const t = new Float64Array(state.length);
  return {
    apply(u, out) {
      laplacian(domain, touched, u, t);
      laplacian(domain, cells, t, out);
    },
  };
}

function iterative(domain: Domain): (plane: Float64Array) => void {
  const multigrid = createMultigrid(domain);
  const between = new Float64Array(domain.state.length);
  const system: System = {
    ...plate(domain),
    precondition(r, z) {
      multigrid.solve(r, between);
      multigrid.solve(between, z);
    },
  };
  const begin = firstGuess(domain);
  const { tolerance } = accuracyOf(domain);
  return (plane) => {
    begin?.(plane);
    conjugateGradients(domain, system, plane, { tolerance, iterations: ITERATIONS });
  };
}

/** Fills the hole with the solution at half the side, whose known pixels are the means of theirs. */
function firstGuess(domain: Domain): ((plane: Float64Array) => void) | undefined {
  const coarse = coarser(domain);
  if (!coarse) return undefined;
  const solve = biharmonicSolver(coarse);
  const parents = parentsOf(domain, coarse);
  return (plane) => {
    const guess = new Float64Array(coarse.state.length);
    const count = new Uint8Array(coarse.state.length);
    for (let p = 0; p < plane.length; p++) {
      if (domain.state[p] !== KNOWN) continue;
      const at = parentOf(p, domain.width, coarse.width);
      guess[at]! += plane[p]!;
      count[at]! += 1;
    }
    for (let p = 0; p < guess.length; p++) {
      guess[p] = coarse.state[p] === KNOWN && count[p]! > 0 ? guess[p]! / count[p]! : 0;
    }
    if (coarse.state.includes(MISSING)) solve(guess);
    for (const p of domain.cells) plane[p] = 0;
    prolong(domain, parents, guess, plane);
  };
}
