/**
 * −Δ over the missing pixels of a domain, zero at known ones and natural at the border of the picture, inverted approximately by a
 * V-cycle: one symmetric red-black sweep at each level, bilinear prolongation and its transpose. As a preconditioner of
 * conjugate gradients it makes the work proportional to the number of pixels. Source: Trottenberg, Oosterlee, Schüller,
 * Multigrid, 2001, sections 2 and 7.8.
 */
import { createDomain, type Domain, KNOWN, MISSING } from "./domain.js";

interface Level {
  readonly domain: Domain;
  /** [cells, 4]: the places of the next level that each cell is interpolated from, nearest first. */
  readonly parents?: Int32Array;
  readonly e: Float64Array;
  readonly r: Float64Array;
}

/** Of the values at the four parents: 3/4 and 1/4 in each direction. */
const [NEAREST, BESIDE, ACROSS] = [9 / 16, 3 / 16, 1 / 16];

/** Sweeps at the coarsest level, where a few cells are left. */
const LAST_SWEEPS = 12;

export interface Multigrid {
  /** e ≈ A⁻¹ r on the cells of the domain; both are [height, width]. e is overwritten. */
  solve(r: Float64Array, e: Float64Array): void;
}

export function createMultigrid(finest: Domain): Multigrid {
  const levels: Level[] = [];
  for (let domain: Domain | undefined = finest; domain; ) {
    const coarse: Domain | undefined = domain.cells.length > 16 ? coarser(domain) : undefined;
    const places = domain.height * domain.width;
    const own = { e: new Float64Array(places), r: new Float64Array(places) };
    levels.push({ domain, ...own, ...(coarse ? { parents: parentsOf(domain, coarse) } : {}) });
    domain = coarse;
  }
  return { solve: (r, e) => cycle(levels, 0, r, e) };
}

/** Half the side; a pixel is missing where all of its four are, so that nothing known is moved. */
export function coarser({ height, width, state, top, left }: Domain): Domain | undefined {
  const [rows, columns] = [((height + 1) >> 1) + 2, ((width + 1) >> 1) + 2];
  const coarse = new Uint8Array(rows * columns);
  let any = false;
  for (let i = 0; i < height; i += 2) {
    for (let j = 0; j < width; j += 2) {
      let all = 0;
      for (let p = i * width + j, k = 0; k < 4; k++) {
        const [down, right] = [k >> 1, k & 1];
        if (i + down < height && j + right < width) all |= 1 << state[p + down * width + right]!;
      }
      const known = (all & (1 << KNOWN)) !== 0;
      const missing = (all & (1 << MISSING)) !== 0;
      coarse[((i >> 1) + 1) * columns + (j >> 1) + 1] = known ? KNOWN : missing ? MISSING : 0;
      any ||= missing && !known;
    }
  }
  // One more pixel around, so that every level has a rim.
  return any ? createDomain(coarse, rows, columns, { top: top / 2 - 1, left: left / 2 - 1 }) : undefined;
}

/** The place of a coarser domain that a place lies in. */
export const parentOf = (place: number, width: number, coarseWidth: number): number => {
  const i = Math.floor(place / width);
  return ((i >> 1) + 1) * coarseWidth + ((place - i * width) >> 1) + 1;
};

/** Beyond the border of the picture its own pixels go on. */
export function parentsOf({ cells, width }: Domain, coarse: Domain): Int32Array {
  const parents = new Int32Array(4 * cells.length);
  for (let k = 0; k < cells.length; k++) {
    const i = Math.floor(cells[k]! / width);
    const j = cells[k]! - i * width;
    const own = parentOf(cells[k]!, width, coarse.width);
    const [down, right] = [(i & 1) === 0 ? -coarse.width : coarse.width, (j & 1) === 0 ? -1 : 1];
    const [v, h] = [coarse.state[own + down] === 0 ? 0 : down, coarse.state[own + right] === 0 ? 0 : right];
    const corner = coarse.state[own + v + h] === 0 ? own : own + v + h;
    parents[4 * k] = own;
    parents[4 * k + 1] = own + v;
    parents[4 * k + 2] = own + h;
    parents[4 * k + 3] = corner;
  }
  return parents;
}

/** Adds what the coarser level says to `e`. */
export function prolong({ cells }: Domain, parents: Int32Array, coarse: Float64Array, e: Float64Array): void {
  for (let k = 0; k < cells.length; k++) {
    const p = cells[k]!;
    const near = coarse[parents[4 * k + 1]!]! + coarse[parents[4 * k + 2]!]!;
    e[p] = e[p]! + NEAREST * coarse[parents[4 * k]!]! + BESIDE * near + ACROSS * coarse[parents[4 * k + 3]!]!;
  }
}

function cycle(levels: readonly Level[], at: number, r: Float64Array, e: Float64Array): void {
  const { domain, parents } = levels[at]!;
  e.fill(0);
  const coarse = levels[at + 1];
  if (!coarse || !parents) {
    for (let n = 0; n < LAST_SWEEPS; n++) {
      sweep(domain, r, e, false);
      sweep(domain, r, e, true);
    }
    return;
  }
  sweep(domain, r, e, false);
  restrict(domain, parents, r, e, coarse.r);
  cycle(levels, at + 1, coarse.r, coarse.e);
  prolong(domain, parents, coarse.e, e);
  sweep(domain, r, e, true);
}

/** Gauss and Seidel, one colour after the other; `back` takes them the other way round, which makes the cycle symmetric. */
function sweep({ cells, first, share, width }: Domain, r: Float64Array, e: Float64Array, back: boolean): void {
  const half = (from: number, to: number) => {
    for (let k = from; k < to; k++) {
      const p = cells[k]!;
      e[p] = (r[p]! + e[p - 1]! + e[p + 1]! + e[p - width]! + e[p + width]!) * share[p]!;
    }
  };
  if (back) half(first, cells.length);
  half(0, first);
  if (!back) half(first, cells.length);
}

/** The transpose of `prolong`, of r − A·e. */
function restrict(domain: Domain, parents: Int32Array, r: Float64Array, e: Float64Array, coarse: Float64Array): void {
  const { cells, share, width } = domain;
  coarse.fill(0);
  for (let k = 0; k < cells.length; k++) {
    const p = cells[k]!;
    const near = e[p - 1]! + e[p + 1]! + e[p - width]! + e[p + width]!;
    const left = r[p]! - (share[p] === 0 ? 0 : e[p]! / share[p]!) + near;
    coarse[parents[4 * k]!]! += NEAREST * left;
    coarse[parents[4 * k + 1]!]! += BESIDE * left;
    coarse[parents[4 * k + 2]!]! += BESIDE * left;
    coarse[parents[4 * k + 3]!]! += ACROSS * left;
  }
}
