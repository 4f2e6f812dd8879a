/** Numbers of several runs, as one: the median, and how far the runs lie apart. */

export interface Timing {
  /** Seconds. */
  readonly median: number;
  /** The quartiles, in seconds: half of the runs lie between them. */
  readonly low: number;
  readonly high: number;
  /** The fastest run. */
  readonly best: number;
  readonly runs: number;
}

/** The value below which a share of the sorted values lies, interpolated between neighbours. */
export function quantile(values: readonly number[], share: number): number {
  if (values.length === 0) throw new RangeError("quantile: there are no values");
  const sorted = [...values].sort((a, b) => a - b);
  const at = share * (sorted.length - 1);
  const below = sorted[Math.floor(at)]!;
  const above = sorted[Math.ceil(at)]!;
  return below + (above - below) * (at - Math.floor(at));
}

export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

export function summarize(seconds: readonly number[]): Timing {
  return {
    median: median(seconds),
    low: quantile(seconds, 0.25),
    high: quantile(seconds, 0.75),
    best: Math.min(...seconds),
    runs: seconds.length,
  };
}

/** Half the distance between the quartiles, as a share of the median. */
export function spread({ low, high, median }: Timing): number {
  return (high - low) / 2 / median;
}
