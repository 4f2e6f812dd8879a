/** What growth curves say: the exponent e of time ∝ workᵉ, over a whole curve and between neighbours. 1 is linear growth. */
import { spread } from "./stats.js";
import type { GrowthPoint } from "./suite.js";

export interface Slope {
  readonly exponent: number;
  /** By how much the exponent may be off, as far as the runs of its points lie apart. */
  readonly uncertainty: number;
}

/** The slope between two neighbouring points of a curve. */
export interface GrowthStep extends Slope {
  readonly from: number;
  readonly to: number;
}

/** The slope of a curve by least squares on logarithms, and those of its parts. */
export interface GrowthFit extends Slope {
  readonly curve: string;
  readonly steps: readonly GrowthStep[];
}

/** One fit per curve that has two points or more, in the order of their first points. */
export function fitGrowth(points: readonly GrowthPoint[]): GrowthFit[] {
  return [...new Set(points.map(({ curve }) => curve))].flatMap((curve) => {
    const own = points.filter((point) => point.curve === curve);
    if (own.length < 2) return [];
    const steps = own.slice(1).map((point, i) => ({ from: own[i]!.at, to: point.at, ...slope([own[i]!, point]) }));
    return [{ curve, ...slope(own), steps }];
  });
}

/** Whether time grows no worse than its arithmetic, as far as the runs can tell. */
export function isAtMostLinear({ exponent, uncertainty }: Slope): boolean {
  return exponent - uncertainty <= 1;
}

/** The step of a curve that grows fastest. */
export function steepest({ steps }: GrowthFit): GrowthStep {
  return steps.reduce((a, b) => (b.exponent > a.exponent ? b : a));
}

/**
 * e = Σ(x − x̄)·y / Σ(x − x̄)² of x = ln work, y = ln seconds, which is linear in y: the points' own spreads, taken as
 * independent, add up as squares.
 */
function slope(points: readonly GrowthPoint[]): Slope {
  const xs = points.map(({ work }) => Math.log(work));
  const middle = xs.reduce((sum, x) => sum + x, 0) / xs.length;
  const squares = xs.reduce((sum, x) => sum + (x - middle) ** 2, 0);
  const shares = xs.map((x) => (x - middle) / squares);
  return {
    exponent: shares.reduce((sum, share, i) => sum + share * Math.log(points[i]!.time.median), 0),
    uncertainty: Math.hypot(...shares.map((share, i) => share * spread(points[i]!.time))),
  };
}
