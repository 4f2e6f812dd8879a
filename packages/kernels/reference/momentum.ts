/** Float64 twin of the projected momentum step on z. Source: the search of Amos' 2016 program. */

export interface MomentumState {
  readonly z: ArrayLike<number>;
  readonly v: ArrayLike<number>;
}

/** v⁺ = momentum·v − lr·g; z ← clip(z − momentum·v + (1 + momentum)·v⁺, −1, 1). The clip leaves v⁺ alone; v starts at 0. */
export function momentumClipped(
  { z, v }: MomentumState,
  grad: ArrayLike<number>,
  { lr, momentum }: { readonly lr: number; readonly momentum: number },
): Record<keyof MomentumState, Float64Array> {
  const next = Float64Array.from(v, (value, at) => momentum * value - lr * grad[at]!);
  const moved = Float64Array.from(z, (value, at) => {
    const free = value - momentum * v[at]! + (1 + momentum) * next[at]!;
    return Math.min(Math.max(free, -1), 1);
  });
  return { z: moved, v: next };
}
