/** Mixes 32 bits so that every input bit moves every output bit: the finaliser of MurmurHash3, a bijection. */
const mix = (x: number): number => {
  let h = x >>> 0;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
};

/** Random choices of one toy face; each call is the next draw. */
export interface Draws {
  /** A real number, uniform in [low, high). */
  between(low: number, high: number): number;
  /** True with the given probability. */
  chance(probability: number): boolean;
  /** One of the items, each as likely as the others. */
  pick<T>(items: readonly T[]): T;
}

/**
 * The random choices of face `index` of `seed`. Counter-based: draw n is a hash of (seed, n, index), so a face can be made
 * alone, in any order, and never depends on the faces before it. For one draw the hash is a bijection of the index, so
 * no two indices of a seed below 2³² share their whole stream.
 */
export const drawsOf = (seed: number, index: number): Draws => {
  // A seed may be any safe integer: both 32-bit halves count.
  const key = mix(mix(seed >>> 0) ^ Math.floor(seed / 2 ** 32));
  let counter = 0;
  const unit = (): number => {
    counter++;
    return mix(mix(mix(Math.imul(counter, 0x9e3779b9)) ^ key) + index) / 2 ** 32;
  };
  return {
    between: (low, high) => low + (high - low) * unit(),
    chance: (probability) => unit() < probability,
    pick: (items) => items[Math.floor(unit() * items.length)]!,
  };
};
