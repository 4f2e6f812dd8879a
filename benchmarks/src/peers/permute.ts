/** The values of a tensor with its axes in another order: axis i of the result is axis order[i] of what is given. */
export function permute(
  values: Float32Array,
  shape: readonly number[],
  order: readonly number[],
): Float32Array<ArrayBuffer> {
  const strides = shape.map((_, axis) => shape.slice(axis + 1).reduce((product, side) => product * side, 1));
  const sides = order.map((axis) => shape[axis]!);
  const steps = order.map((axis) => strides[axis]!);
  const permuted = new Float32Array(values.length);
  const at = sides.map(() => 0);
  for (let i = 0; i < permuted.length; i++) {
    permuted[i] = values[at.reduce((sum, position, axis) => sum + position * steps[axis]!, 0)]!;
    for (let axis = sides.length - 1; axis >= 0; axis--) {
      at[axis]!++;
      if (at[axis]! < sides[axis]!) break;
      at[axis] = 0;
    }
  }
  return permuted;
}
