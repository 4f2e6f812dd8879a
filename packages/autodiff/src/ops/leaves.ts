/** Where values come from. */
import { recordOne, type Shape, ShapeError, show, sizeOf, type Tensor } from "../graph.js";

/** A value that the caller writes before each run. */
export function input(name: string, shape: Shape): Tensor {
  return recordOne("input", [], { name }, shape);
}

/** State that outlives a run. Its values live in the back end, under this very tensor. */
export function variable(name: string, shape: Shape): Tensor {
  return recordOne("variable", [], { name }, shape);
}

/** Fixed values: an array, or one number for all elements. */
export function constant(values: Float32Array | number, shape: Shape): Tensor {
  const filled = typeof values === "number" ? new Float32Array(sizeOf(shape)).fill(values) : values;
  if (filled.length !== sizeOf(shape)) {
    throw new ShapeError(`constant: ${filled.length} values do not fill the shape ${show(shape)}`);
  }
  return recordOne("constant", [], { values: filled }, shape);
}
