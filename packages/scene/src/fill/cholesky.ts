/**
 * A symmetric positive definite matrix whose rows begin late, factorised and solved: only what lies between the first non-zero of a
 * row and the diagonal is kept (the envelope), which fills no further. Source: George and Liu 1981, chapter 4.
 */
export interface Envelope {
  /** Row k holds the columns begin[k] … k. */
  readonly begin: Int32Array;
  /** Where each row starts in `values`; one more than rows. */
  readonly start: Float64Array;
  readonly values: Float64Array;
}

export function createEnvelope(begin: Int32Array): Envelope {
  const start = new Float64Array(begin.length + 1);
  for (let k = 0; k < begin.length; k++) start[k + 1] = start[k]! + k - begin[k]! + 1;
  return { begin, start, values: new Float64Array(start[begin.length]!) };
}

/** Multiplications that `factorise` takes, at most. */
export function work(begin: Int32Array): number {
  let total = 0;
  for (let k = 0; k < begin.length; k++) total += (k - begin[k]!) ** 2 / 2;
  return total;
}

/** A = L·Lᵀ, in place. */
export function factorise({ begin, start, values }: Envelope): void {
  for (let i = 0; i < begin.length; i++) {
    const row = start[i]! - begin[i]!;
    for (let j = begin[i]!; j <= i; j++) {
      const other = start[j]! - begin[j]!;
      let sum = values[row + j]!;
      for (let k = Math.max(begin[i]!, begin[j]!); k < j; k++) sum -= values[row + k]! * values[other + k]!;
      values[row + j] = j === i ? Math.sqrt(sum) : sum / values[other + j]!;
    }
  }
}

/** x of L·Lᵀ·x = b, in place of b. */
export function substitute({ begin, start, values }: Envelope, b: Float64Array): void {
  for (let i = 0; i < begin.length; i++) {
    const row = start[i]! - begin[i]!;
    let sum = b[i]!;
    for (let k = begin[i]!; k < i; k++) sum -= values[row + k]! * b[k]!;
    b[i] = sum / values[row + i]!;
  }
  for (let i = begin.length - 1; i >= 0; i--) {
    const row = start[i]! - begin[i]!;
    b[i] = b[i]! / values[row + i]!;
    for (let k = begin[i]!; k < i; k++) b[k] = b[k]! - values[row + k]! * b[i]!;
  }
}
