/** Ops that move values and change none. */
import { recordOne, type Shape, ShapeError, sameShape, show, sizeOf, type Tensor } from "../graph.js";

/** The same values under another shape; costs nothing. */
export function reshape(x: Tensor, shape: Shape): Tensor {
  if (sizeOf(shape) !== sizeOf(x.shape)) throw new ShapeError(`reshape: ${show(x.shape)} does not fill ${show(shape)}`);
  if (sameShape(shape, x.shape)) return x;
  return recordOne("reshape", [x], {}, shape, [([dy]) => reshape(dy!, x.shape)]);
}

/** One batch after the other, along the first axis. */
export function concat(a: Tensor, b: Tensor): Tensor {
  if (!sameShape(a.shape.slice(1), b.shape.slice(1))) {
    throw new ShapeError(`concat: a ${show(a.shape)} and b ${show(b.shape)} differ in more than the batch`);
  }
  const [rowsA, rowsB] = [a.shape[0]!, b.shape[0]!];
  return recordOne(
    "concat",
    [a, b],
    {},
    [rowsA + rowsB, ...a.shape.slice(1)],
    [([dy]) => slice(dy!, 0, rowsA), ([dy]) => slice(dy!, rowsA, rowsA + rowsB)],
  );
}

/** Rows start … end−1 of the first axis. */
export function slice(x: Tensor, start: number, end: number): Tensor {
  const rows = x.shape[0]!;
  if (!Number.isInteger(start) || !Number.isInteger(end) || start < 0 || end > rows || start >= end) {
    throw new ShapeError(`slice: rows ${start} to ${end} do not lie in x ${show(x.shape)}`);
  }
  return recordOne("slice", [x], { start }, [end - start, ...x.shape.slice(1)], [([dy]) => padRows(dy!, start, rows)]);
}

/** The adjoint of `slice`: zeros before and after. */
function padRows(x: Tensor, start: number, rows: number): Tensor {
  return recordOne(
    "padRows",
    [x],
    { start },
    [rows, ...x.shape.slice(1)],
    [([dy]) => slice(dy!, start, start + x.shape[0]!)],
  );
}
