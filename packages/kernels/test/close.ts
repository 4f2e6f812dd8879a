/**
 * The one numeric matcher: importing this file registers `expect(received).toBeAllClose(expected, options)`. An element
 * matches when |received − expected| ≤ atol + rtol·|expected| + rel·max|expected|; NaN matches nothing.
 */
import { expect } from "vitest";

export interface CloseOptions {
  /** Absolute tolerance. */
  readonly atol?: number;
  /** Relative to the element itself. */
  readonly rtol?: number;
  /** Relative to the largest expected magnitude of the whole array: the `rel` of the golden files. */
  readonly rel?: number;
  /** Row-major shape by which a mismatch's index is written out; the flat index otherwise. */
  readonly shape?: readonly number[];
  /** One name per axis; n, h, w, c for four axes unless given. */
  readonly labels?: readonly string[];
}

declare module "vitest" {
  interface Matchers<T> {
    /** Every element within atol + rtol·|expected| + rel·max|expected|; without tolerances, equal. */
    toBeAllClose(expected: ArrayLike<number>, options?: CloseOptions): T;
  }
}

expect.extend({
  toBeAllClose(received: ArrayLike<number>, expected: ArrayLike<number>, options: CloseOptions = {}) {
    const mismatch = firstMismatch(received, expected, options);
    return { pass: mismatch === undefined, message: () => mismatch ?? "every element is within the tolerance" };
  },
});

/** One line about what differs, or undefined when everything matches. */
export function firstMismatch(
  received: ArrayLike<number>,
  expected: ArrayLike<number>,
  { atol = 0, rtol = 0, rel = 0, shape, labels }: CloseOptions = {},
): string | undefined {
  const size = shape?.reduce((product, side) => product * side, 1) ?? expected.length;
  if (received.length !== expected.length) return `received ${received.length} elements, expected ${expected.length}`;
  if (size !== expected.length) return `shape [${shape}] has ${size} elements, expected has ${expected.length}`;
  const floor = atol + rel * largest(expected);

  let count = 0;
  let first = -1;
  let worst = -1;
  for (let at = 0; at < expected.length; at++) {
    if (matches(received[at]!, expected[at]!, floor + rtol * Math.abs(expected[at]!))) continue;
    if (count++ === 0) first = at;
    if (worst < 0 || difference(received, expected, at) > difference(received, expected, worst)) worst = at;
  }
  if (count === 0) return undefined;
  const where = (at: number) => position(at, shape, labels);
  const allowed = floor + rtol * Math.abs(expected[first]!);
  return (
    `first of ${count} mismatches (of ${size}) at ${where(first)}: received ${received[first]}, ` +
    `expected ${expected[first]}, allowed ±${allowed}; largest difference ${difference(received, expected, worst)} at ${where(worst)}`
  );
}

function matches(received: number, expected: number, allowed: number): boolean {
  return received === expected || (Number.isFinite(expected) && Math.abs(received - expected) <= allowed);
}

/** NaN counts as the largest difference of all. */
function difference(received: ArrayLike<number>, expected: ArrayLike<number>, at: number): number {
  const size = Math.abs(received[at]! - expected[at]!);
  return Number.isNaN(size) ? Number.POSITIVE_INFINITY : size;
}

/** Over the finite values, so that one infinity does not excuse the rest. */
function largest(values: ArrayLike<number>): number {
  let max = 0;
  for (let at = 0; at < values.length; at++) {
    const size = Math.abs(values[at]!);
    if (Number.isFinite(size) && size > max) max = size;
  }
  return max;
}

function position(at: number, shape: readonly number[] | undefined, labels: readonly string[] | undefined): string {
  if (shape === undefined || shape.length === 0) return `[${at}]`;
  const names = labels ?? (shape.length === 4 ? ["n", "h", "w", "c"] : []);
  let rest = at;
  const parts: string[] = [];
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    const side = shape[axis]!;
    const index = rest % side;
    rest = (rest - index) / side;
    parts.unshift(names[axis] === undefined ? `${index}` : `${names[axis]} ${index}`);
  }
  return `[${parts.join(", ")}]`;
}
