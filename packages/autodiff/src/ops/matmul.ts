import { recordOne, ShapeError, show, type Tensor } from "../graph.js";

/**
 * y = A·B, where A is `a` or its transpose, and B is `b` or its transpose.
 *
 * @param a [M, K], or [K, M] with `transposeA`
 * @param b [K, N], or [N, K] with `transposeB`
 * @returns [M, N]
 */
export function matmul(a: Tensor, b: Tensor, transposeA = false, transposeB = false): Tensor {
  const [m, k] = sides("a", a, transposeA);
  const [inner, n] = sides("b", b, transposeB);
  if (k !== inner) {
    throw new ShapeError(`matmul: a has ${k} columns, b has ${inner} rows: a ${show(a.shape)}, b ${show(b.shape)}`);
  }
  return recordOne(
    "matmul",
    [a, b],
    { transposeA, transposeB },
    [m, n],
    [
      ([dy]) => (transposeA ? matmul(b, dy!, transposeB, true) : matmul(dy!, b, false, !transposeB)),
      ([dy]) => (transposeB ? matmul(dy!, a, true, transposeA) : matmul(a, dy!, !transposeA, false)),
    ],
  );
}

function sides(name: string, { shape }: Tensor, transpose: boolean): [number, number] {
  const [rows, columns] = shape;
  if (shape.length !== 2 || rows === undefined || columns === undefined) {
    throw new ShapeError(`matmul: ${name} is ${show(shape)}, not a matrix`);
  }
  return transpose ? [columns, rows] : [rows, columns];
}
