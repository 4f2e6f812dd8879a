/**
 * Poisson blending on the host, for pictures of any size. The GPU has a kernel of its own for batches of the model's size; as
 * a graph for a CPU runtime it would be hundreds of passes over all pixels, here it is one over those that are missing.
 */
import type { PictureShape } from "./blend.js";

/** Planes above this side begin from the solution at half the side. */
const COARSEST = 32;

/** One size of the hole. Rows of `near` hold the four neighbours' places; beyond the image stands one that is always 0. */
interface Level {
  readonly height: number;
  readonly width: number;
  readonly missing: Uint8Array;
  /** Missing pixels, those of one colour of the chessboard first. */
  readonly holes: Int32Array;
  readonly near: Int32Array;
  /** 1 / number of neighbours inside the image. */
  readonly share: Float64Array;
  readonly omega: number;
  readonly sweeps: number;
}

/**
 * x = y where mask ≠ 0; elsewhere Σ_q (x_p − x_q) − (g_p − g_q) = 0 over the 4-neighbours q of p inside the image (natural
 * borders). Red-black over-relaxation of x − g, which is harmonic in the hole. Where no known pixel can be reached, x = g.
 * Not clipped. Source: Pérez et al. 2003; borders as they should be, unlike the authors' program of Yeh et al., which lets
 * rows run into each other.
 *
 * @param y [height, width, channels]; what is missing may hold anything
 * @param mask [height, width], 0 = missing
 * @returns to 1e-5 up to some 100 pixels a side, within half a level of 256 beyond
 */
export function poissonBlend(
  y: Float32Array,
  g: Float32Array,
  mask: ArrayLike<number>,
  [height, width, channels]: PictureShape,
): Float32Array {
  const missing = Uint8Array.from({ length: height * width }, (_, p) => (mask[p] === 0 ? 1 : 0));
  const levels = pyramid(missing, height, width);
  const { holes } = levels[0]!;
  const x = y.slice();
  for (let c = 0; c < channels; c++) {
    const gap = new Float64Array(height * width + 1);
    for (let p = 0; p < missing.length; p++) if (missing[p] === 0) gap[p] = y[p * channels + c]! - g[p * channels + c]!;
    solve(levels, 0, gap);
    for (const p of holes) x[p * channels + c] = gap[p]! + g[p * channels + c]!;
  }
  return x;
}

function pyramid(missing: Uint8Array, height: number, width: number): Level[] {
  const levels = [createLevel(missing, height, width)];
  for (let last = levels[0]!; Math.max(last.height, last.width) > COARSEST; last = levels.at(-1)!) {
    const [rows, columns] = [Math.ceil(last.height / 2), Math.ceil(last.width / 2)];
    const coarse = new Uint8Array(rows * columns).fill(1);
    last.missing.forEach((hole, p) => {
      if (hole === 0) coarse[(Math.floor(p / last.width) >> 1) * columns + ((p % last.width) >> 1)] = 0;
    });
    levels.push(createLevel(coarse, rows, columns));
  }
  return levels;
}

function createLevel(missing: Uint8Array, height: number, width: number): Level {
  const found = [[], []] as [number[], number[]];
  let [top, bottom, left, right] = [height, -1, width, -1];
  missing.forEach((hole, p) => {
    if (hole === 0) return;
    const [i, j] = [Math.floor(p / width), p % width];
    found[(i + j) % 2]!.push(p);
    [top, bottom, left, right] = [Math.min(top, i), Math.max(bottom, i), Math.min(left, j), Math.max(right, j)];
  });
  const holes = Int32Array.from(found.flat());
  const near = new Int32Array(4 * holes.length).fill(height * width);
  const share = new Float64Array(holes.length);
  holes.forEach((p, k) => {
    const [i, j] = [Math.floor(p / width), p % width];
    const inside = [i > 0 && p - width, i + 1 < height && p + width, j > 0 && p - 1, j + 1 < width && p + 1];
    const places = inside.filter((q) => q !== false);
    near.set(places, 4 * k);
    share[k] = places.length === 0 ? 0 : 1 / places.length;
  });
  // The widest wave in a hole is two of its sides long; at the border of the image, where nothing holds it, up to six.
  const side = Math.max(bottom - top, right - left) + 2;
  const free = top === 0 || left === 0 || bottom === height - 1 || right === width - 1;
  const omega = 2 / (1 + Math.sin(Math.PI / (free ? 3 * side : side)));
  return { height, width, missing, holes, near, share, omega, sweeps: side > 256 ? 300 : 20 * side + 100 };
}

/** Makes `gap` harmonic where it is missing. It ends when no value moves by more than this, or after a level's sweeps. */
const STILL = 1e-7;

function solve(levels: readonly Level[], at: number, gap: Float64Array): void {
  const level = levels[at]!;
  const coarse = levels[at + 1];
  if (coarse) start(level, coarse, gap, (guess) => solve(levels, at + 1, guess));
  const { holes, near, share, omega } = level;
  for (let sweep = 0; sweep < level.sweeps; sweep++) {
    let moved = 0;
    for (let k = 0; k < holes.length; k++) {
      if (share[k] === 0) continue;
      const p = holes[k]!;
      const [a, b, c, d] = [near[4 * k]!, near[4 * k + 1]!, near[4 * k + 2]!, near[4 * k + 3]!];
      const step = omega * ((gap[a]! + gap[b]! + gap[c]! + gap[d]!) * share[k]! - gap[p]!);
      gap[p] = gap[p]! + step;
      moved = Math.max(moved, Math.abs(step));
    }
    if (moved < STILL) return;
  }
}

/** Fills the hole with the solution at half the side, whose pixels are known where any of their four is. */
function start(level: Level, coarse: Level, gap: Float64Array, solveCoarse: (gap: Float64Array) => void): void {
  const { width, missing } = level;
  const above = (p: number) => (Math.floor(p / width) >> 1) * coarse.width + ((p % width) >> 1);
  const guess = new Float64Array(coarse.missing.length + 1);
  const count = new Float64Array(coarse.missing.length);
  missing.forEach((hole, p) => {
    if (hole === 1) return;
    guess[above(p)]! += gap[p]!;
    count[above(p)]! += 1;
  });
  count.forEach((known, p) => {
    if (known > 0) guess[p] = guess[p]! / known;
  });
  solveCoarse(guess);
  for (const p of level.holes) gap[p] = guess[above(p)]!;
}
