/** Float64 twins of the pointwise kernels, one number at a time, and of the sums and means over them. */

/** x ≥ 0 ? x : slope · x; slope 0 is ReLU, 1 the identity. */
export function leakyRelu(x: number, slope: number): number {
  return x >= 0 ? x : slope * x;
}

export function tanh(x: number): number {
  return Math.tanh(x);
}

/** 1 / √x */
export function rsqrt(x: number): number {
  return 1 / Math.sqrt(x);
}

/** 1 / (1 + e^−x), from e^−|x| so that nothing overflows. */
export function sigmoid(x: number): number {
  const e = Math.exp(-Math.abs(x));
  return (x >= 0 ? 1 : e) / (1 + e);
}

/** log(1 + e^x) = max(x, 0) + log(1 + e^−|x|) */
export function softplus(x: number): number {
  return Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
}

/** −target · log σ(x) − (1 − target) · log(1 − σ(x)) = softplus(x) − x · target */
export function bceWithLogits(x: number, target: number): number {
  return Math.max(x, 0) - x * target + Math.log1p(Math.exp(-Math.abs(x)));
}

/** y[…,c] = x[…,c] + bias[c] */
export function addBias(x: ArrayLike<number>, bias: ArrayLike<number>): Float64Array {
  return Float64Array.from(x, (value, at) => value + bias[at % bias.length]!);
}

/** y[at] = f(x[at], at) */
export function map(x: ArrayLike<number>, f: (value: number, at: number) => number): Float64Array {
  return Float64Array.from(x, f);
}

export function sum(x: ArrayLike<number>): number {
  let total = 0;
  for (let at = 0; at < x.length; at++) total += x[at]!;
  return total;
}

export function mean(x: ArrayLike<number>): number {
  return sum(x) / x.length;
}

/** y[c] = Σ x[…,c] over all axes but the last; what a bias receives from backward. */
export function sumRows(x: ArrayLike<number>, channels: number): Float64Array {
  const y = new Float64Array(channels);
  for (let at = 0; at < x.length; at++) y[at % channels] = y[at % channels]! + x[at]!;
  return y;
}
