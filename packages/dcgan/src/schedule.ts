/** Numbers that change over a run by plan. They are inputs of a step, so that the compiled step stays the same. */

/** A learning rate that stays, then falls linearly to 0. */
export interface RateDecay {
  /** Steps at the full rate. */
  readonly from: number;
  /** The step after the last, where the rate would be 0. */
  readonly to: number;
}

/** The share of the full rate for the step after `done` steps (Radford et al.'s code: constant, then linear to 0). */
export function rateShare(decay: RateDecay | undefined, done: number): number {
  if (!decay || done < decay.from) return 1;
  return Math.max(0, (decay.to - done) / (decay.to - decay.from));
}

/**
 * The share of the latest weights in their average, after `done` steps and one more: 1 − decay, and more while the run is
 * young, 1 − (1 + done)/(10 + done), as TensorFlow's ExponentialMovingAverage has it with `num_updates`: the average spans
 * about the latest tenth of all steps, until some 9/(1 − decay) are done. Without that a decay of 0.999 leaves a quarter of the
 * first weights in the average after 1,400 steps, and samples are grey.
 */
export function averageRate(decay: number, done: number): number {
  return 1 - Math.min(decay, (1 + done) / (10 + done));
}

/** The deviation of instance noise for the step after `done` steps: linear to 0 within `steps`, constant for 0 steps. */
export function noiseDeviation(sigma: number, steps: number, done: number): number {
  return steps === 0 ? sigma : sigma * Math.max(0, 1 - done / steps);
}
