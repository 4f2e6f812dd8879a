/**
 * The two ways to write a mask down, as types that cannot be mistaken for one another: what is known, as the networks and the
 * blending want it (Yeh et al.'s M), and what is missing, as people paint it. A plain array may become either.
 */
declare const polarity: unique symbol;

/** 1 = known, 0 = missing. */
export type Known<A extends ArrayLike<number> = Uint8Array> = A & { readonly [polarity]?: "1 = known" };

/** 1 = missing, 0 = known. */
export type Missing<A extends ArrayLike<number> = Uint8Array> = A & { readonly [polarity]?: "1 = missing" };

/** Bytes of the other kind. */
export const knownOf = (missing: Missing): Known => missing.map((hole) => 1 - hole);

/** How many are missing. */
export function countMissing(missing: Missing): number {
  let count = 0;
  for (let p = 0; p < missing.length; p++) count += missing[p]!;
  return count;
}
