/** An average that follows values: average ← average + rate·(values − average). */
export function movingAverage(average: ArrayLike<number>, values: ArrayLike<number>, rate: number): Float64Array {
  return Float64Array.from(average, (old, i) => old + rate * (values[i]! - old));
}
