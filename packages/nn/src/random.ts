/**
 * Random numbers by counter: every number is a function of (seed, stream, index) alone, so that a run can be stopped and
 * resumed anywhere, and the same seed gives the same bits on every machine. Threefry-2x32-20 (Salmon et al. 2011).
 */

/** What a stream of numbers is for; part of the key, so that no two uses share numbers. */
export const PURPOSE = {
  weights: 1,
  z: 2,
  order: 3,
  samples: 4,
  search: 5,
  momenta: 6,
  masks: 7,
  flips: 8,
  noise: 9,
  augment: 10,
} as const;
export type Purpose = (typeof PURPOSE)[keyof typeof PURPOSE];

export interface Stream {
  /** Unsigned 32-bit. */
  readonly seed: number;
  readonly purpose: Purpose;
  /** Which of the purpose's streams: a step, a layer, an image. Unsigned 32-bit. */
  readonly index: number;
}

const ROTATIONS = [
  [13, 15, 26, 6],
  [17, 29, 16, 24],
] as const;

/** One block of Threefry-2x32 with 20 rounds: two words from a key and a counter of two words each. */
export function threefry(key: readonly [number, number], counter: readonly [number, number]): [number, number] {
  const keys = [key[0], key[1], 0x1bd11bda ^ key[0] ^ key[1]];
  let x = (counter[0] + key[0]) | 0;
  let y = (counter[1] + key[1]) | 0;
  for (let round = 0; round < 5; round++) {
    for (const rotation of ROTATIONS[round % 2]!) {
      x = (x + y) | 0;
      y = (y << rotation) | (y >>> (32 - rotation));
      y ^= x;
    }
    x = (x + keys[(round + 1) % 3]!) | 0;
    y = (y + keys[(round + 2) % 3]! + round + 1) | 0;
  }
  return [x >>> 0, y >>> 0];
}

/** `count` unsigned 32-bit words. */
export function words({ seed, purpose, index }: Stream, count: number): Uint32Array<ArrayBuffer> {
  const out = new Uint32Array(count);
  for (let i = 0; i < count; i += 2) {
    const [a, b] = threefry([seed, purpose], [i >>> 1, index]);
    out[i] = a;
    if (i + 1 < count) out[i + 1] = b;
  }
  return out;
}

/** `count` numbers uniform in [−1, 1), exact multiples of 2⁻²³. */
export function uniform(stream: Stream, count: number): Float32Array<ArrayBuffer> {
  return Float32Array.from(words(stream, count), (word) => (word >>> 8) * 2 ** -23 - 1);
}

/** `count` normal numbers of standard deviation `sigma` (Box and Muller). */
export function normal(stream: Stream, count: number, sigma = 1): Float32Array<ArrayBuffer> {
  const out = new Float32Array(count);
  const source = words(stream, 2 * count);
  for (let i = 0; i < count; i++) out[i] = sigma * boxMuller(source[2 * i]!, source[2 * i + 1]!);
  return out;
}

/** `count` normal numbers, redrawn where they are further than 2σ from 0. The real deviation is about 0.88·sigma. */
export function truncatedNormal(stream: Stream, count: number, sigma = 1): Float32Array<ArrayBuffer> {
  const out = new Float32Array(count);
  let made = 0;
  // Each pass draws anew from the counter where the last one ended.
  for (let block = 0; made < count; block++) {
    const [a, b] = threefry([stream.seed, stream.purpose], [block, stream.index]);
    const value = boxMuller(a, b);
    if (Math.abs(value) <= 2) out[made++] = sigma * value;
  }
  return out;
}

/** The numbers 0 … count−1 in random order (Fisher and Yates). */
export function permutation(stream: Stream, count: number): Uint32Array<ArrayBuffer> {
  const order = Uint32Array.from({ length: count }, (_, i) => i);
  const source = words(stream, count);
  for (let i = count - 1; i > 0; i--) {
    // The bias of a 32-bit word over i + 1 places is below 2⁻³² · i.
    const j = Math.floor((source[i]! / 2 ** 32) * (i + 1));
    [order[i], order[j]] = [order[j]!, order[i]!];
  }
  return order;
}

function boxMuller(a: number, b: number): number {
  return Math.sqrt(-2 * Math.log((a + 1) / 2 ** 32)) * Math.cos((2 * Math.PI * b) / 2 ** 32);
}
