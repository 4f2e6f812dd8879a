/**
 * Fills of a picture's hole on the host, for pictures of any size. The GPU has a kernel of its own for batches of the model's size;
 * as a graph for a CPU runtime it would be hundreds of passes over all pixels, here it is a few over those that are missing.
 */
import type { Known } from "../polarity.js";
import { biharmonicSolver } from "./biharmonic.js";
import { type Domain, domainOf, pixelAt, planeOf } from "./domain.js";
import { harmonicSolver } from "./harmonic.js";

/** Sizes of a picture: [height, width, channels]. */
export type PictureShape = readonly [height: number, width: number, channels: number];

/** How a hole is filled without any model. */
export type Fill = "harmonic" | "biharmonic";

export const FILLS: readonly Fill[] = ["harmonic", "biharmonic"];

/**
 * The picture with its hole filled from what is around it; where nothing is known, mid-grey. The biharmonic fill is kept between the
 * least and the greatest known value beside the hole: plates overshoot.
 *
 * @param y [height, width, channels]; what is missing may hold anything
 * @param mask [height, width]
 */
export function fill(
  kind: Fill,
  y: Float32Array,
  mask: Known<ArrayLike<number>>,
  shape: PictureShape,
): Float32Array<ArrayBuffer> {
  return kind === "harmonic"
    ? poissonBlend(y, undefined, mask, shape)
    : solve(y, mask, shape, (domain) => {
        const inner = biharmonicSolver(domain);
        return (plane) => {
          const [least, greatest] = range(plane, domain);
          // Nothing known beside the hole: nothing to go by.
          if (least > greatest) return;
          inner(plane);
          for (const p of domain.cells) plane[p] = Math.min(greatest, Math.max(least, plane[p]!));
        };
      });
}

/**
 * x = y where mask ≠ 0; elsewhere Σ_q (x_p − x_q) − (g_p − g_q) = 0 over the 4-neighbours q of p inside the image (natural
 * borders). What is solved for is x − g, which is harmonic in the hole. Where no known pixel can be reached, x = g. Not clipped.
 * Source: Pérez et al. 2003; borders as they should be, unlike the authors' program of Yeh et al., which lets rows run into each
 * other.
 *
 * @param y [height, width, channels]; what is missing may hold anything
 * @param g the same shape; undefined stands for a constant, and x is the harmonic fill
 * @param mask [height, width], 0 = missing
 * @returns to 1e-5 up to 20,000 missing pixels, within half a level of 256 beyond
 */
export function poissonBlend(
  y: Float32Array,
  g: Float32Array | undefined,
  mask: Known<ArrayLike<number>>,
  shape: PictureShape,
): Float32Array<ArrayBuffer> {
  return solve(y, mask, shape, harmonicSolver, g);
}

function solve(
  y: Float32Array,
  mask: Known<ArrayLike<number>>,
  [height, width, channels]: PictureShape,
  solver: (domain: Domain) => (plane: Float64Array) => void,
  g?: Float32Array,
): Float32Array<ArrayBuffer> {
  const x = y.slice();
  const domain = domainOf(mask, height, width);
  if (!domain) return x;
  const run = solver(domain);
  for (let c = 0; c < channels; c++) {
    const gap = (p: number) => y[p * channels + c]! - (g ? g[p * channels + c]! : 0);
    const plane = planeOf(domain, gap, width);
    run(plane);
    for (const place of domain.cells) {
      const at = pixelAt(domain, place, width) * channels + c;
      x[at] = plane[place]! + (g ? g[at]! : 0);
    }
  }
  return x;
}

/** The least and the greatest known value in the box. */
function range(plane: Float64Array, { state }: Domain): [number, number] {
  let [least, greatest] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (let p = 0; p < plane.length; p++) {
    if (state[p] !== 2) continue;
    least = Math.min(least, plane[p]!);
    greatest = Math.max(greatest, plane[p]!);
  }
  return [least, greatest];
}
