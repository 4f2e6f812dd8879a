import { record, recordOne, ShapeError, show, type Tensor } from "../graph.js";

/** y = x + bias, one bias per channel (the last axis). */
export function addBias(x: Tensor, bias: Tensor): Tensor {
  if (bias.shape.length !== 1 || bias.shape[0] !== x.shape.at(-1)) {
    throw new ShapeError(`addBias: x ${show(x.shape)} has ${x.shape.at(-1)} channels, bias is ${show(bias.shape)}`);
  }
  return recordOne("addBias", [x, bias], {}, x.shape, [([dy]) => dy!, ([dy]) => sumRows(dy!)]);
}

/** The sum over all axes but the last: [..., C] → [C]. */
export function sumRows(x: Tensor): Tensor {
  const channels = x.shape.at(-1);
  if (channels === undefined) throw new ShapeError("sumRows: x is a scalar");
  return recordOne("sumRows", [x], {}, [channels], [([dy]) => spreadRows(dy!, x)]);
}

/** The adjoint of `sumRows`: a row, [C], as every row of a tensor shaped like x. */
export function spreadRows(row: Tensor, x: Tensor): Tensor {
  return addBias(scale0(x), row);
}

/** Zeros of the shape of x, to which a row can be added. A constant, so that differentiation stops here. */
function scale0(x: Tensor): Tensor {
  return record("scale", [x], { factor: 0 }, [x.shape], null)[0]!;
}
