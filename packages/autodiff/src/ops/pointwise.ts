/** Ops that treat each element by itself. */
import { expectSame, record, recordOne, type Tensor } from "../graph.js";

/** y = max(x, slope·x) for slope < 1; the derivative at 0 is 1 for slope > 0, and 0 for ReLU (slope 0). */
export function leakyRelu(x: Tensor, slope = 0.2): Tensor {
  return recordOne("leakyRelu", [x], { slope }, x.shape, [
    // The sign of y is the sign of x, so that x need not be kept.
    ([dy], node) => leakyReluGrad(dy!, node.outputs[0]!, slope),
  ]);
}

/** A factor for each element, 1 or the slope: linear in dy, its own adjoint, and flat in y. */
function leakyReluGrad(dy: Tensor, y: Tensor, slope: number): Tensor {
  return recordOne("leakyReluGrad", [dy, y], { slope }, y.shape, [([ddx]) => leakyReluGrad(ddx!, y, slope), null]);
}

/** y = max(x, 0), derivative 0 at 0. */
export function relu(x: Tensor): Tensor {
  return leakyRelu(x, 0);
}

export function tanh(x: Tensor): Tensor {
  return recordOne("tanh", [x], {}, x.shape, [([dy], node) => tanhGrad(dy!, node.outputs[0]!)]);
}

/** dy·(1 − y²). */
function tanhGrad(dy: Tensor, y: Tensor): Tensor {
  return recordOne("tanhGrad", [dy, y], {}, y.shape, [
    ([ddx]) => tanhGrad(ddx!, y),
    ([ddx]) => scale(multiply(multiply(ddx!, dy), y), -2),
  ]);
}

/** y = 1/(1 + e^(−x)). */
export function sigmoid(x: Tensor): Tensor {
  return recordOne("sigmoid", [x], {}, x.shape, [([dy], node) => sigmoidGrad(dy!, node.outputs[0]!)]);
}

/** dy·y·(1 − y). */
function sigmoidGrad(dy: Tensor, y: Tensor): Tensor {
  return recordOne("sigmoidGrad", [dy, y], {}, y.shape, [
    ([ddx]) => sigmoidGrad(ddx!, y),
    ([ddx]) => {
      const both = multiply(ddx!, dy);
      return add(both, multiply(both, y), 1, -2);
    },
  ]);
}

/** y = 1/√x. */
export function rsqrt(x: Tensor): Tensor {
  return recordOne("rsqrt", [x], {}, x.shape, [
    ([dy], node) => {
      const y = node.outputs[0]!;
      return scale(multiply(dy!, multiply(y, multiply(y, y))), -0.5);
    },
  ]);
}

/**
 * Sigmoid cross-entropy on logits, element by element: max(x, 0) − x·target + log(1 + e^(−|x|)). With target 1 it is
 * softplus(−x) = −log D, with target 0 softplus(x) = −log(1 − D). Not differentiated in the target.
 */
export function bceWithLogits(x: Tensor, target: Tensor): Tensor {
  expectSame("bceWithLogits", "x", x.shape, "target", target.shape);
  return recordOne("bceWithLogits", [x, target], {}, x.shape, [([dy]) => bceWithLogitsGrad(dy!, x, target)]);
}

/** dy·(sigmoid(x) − target). */
function bceWithLogitsGrad(dy: Tensor, x: Tensor, target: Tensor): Tensor {
  return recordOne("bceWithLogitsGrad", [dy, x, target], {}, x.shape, [
    ([ddx]) => bceWithLogitsGrad(ddx!, x, target),
    ([ddx]) => sigmoidGrad(multiply(ddx!, dy), sigmoid(x)),
  ]);
}

/** alpha·a + beta·b. */
export function add(a: Tensor, b: Tensor, alpha = 1, beta = 1): Tensor {
  expectSame("add", "a", a.shape, "b", b.shape);
  return recordOne("add", [a, b], { alpha, beta }, a.shape, [([dy]) => scale(dy!, alpha), ([dy]) => scale(dy!, beta)]);
}

export function multiply(a: Tensor, b: Tensor): Tensor {
  expectSame("multiply", "a", a.shape, "b", b.shape);
  return recordOne("multiply", [a, b], {}, a.shape, [([dy]) => multiply(dy!, b), ([dy]) => multiply(dy!, a)]);
}

/** x, as a constant for differentiation. */
export function detach(x: Tensor): Tensor {
  return record("scale", [x], { factor: 1 }, [x.shape], null)[0]!;
}

/** factor·x. */
export function scale(x: Tensor, factor: number): Tensor {
  return factor === 1 ? x : recordOne("scale", [x], { factor }, x.shape, [([dy]) => scale(dy!, factor)]);
}
