/**
 * Convolution, its transpose and their filter gradient: the three derivatives of one trilinear form
 *
 *     T(coarse, fine, weight) = Σ coarse[n,i,j,p] · fine[n, i·S−P+a, j·S−P+b, q] · weight[a,b,q,p],
 *
 * closed under differentiation, so that no other backward kernel is needed.
 */
import { type ConvGeometry, coarseShape, fineShape, weightShape } from "@kintsugi/geometry";
import { recordOne, type Shape, ShapeError, type Tensor } from "../graph.js";

/**
 * y[n,i,j,p] = Σ_{a,b,q} x[n, i·S−P+a, j·S−P+b, q] · weight[a,b,q,p].
 *
 * @param x fine image [N, H, W, C]
 * @param weight [K, K, C, channels of y]
 * @returns coarse image [N, ⌈H/S⌉ …, P]
 */
export function conv2d(x: Tensor, weight: Tensor, geometry: ConvGeometry): Tensor {
  check("conv2d", "x", x.shape, fineShape(geometry));
  check("conv2d", "weight", weight.shape, weightShape(geometry));
  return recordOne("conv2d", [x, weight], { geometry }, coarseShape(geometry), [
    ([dy]) => convTranspose2d(dy!, weight, geometry),
    ([dy]) => conv2dGradWeight(dy!, x, geometry),
  ]);
}

/**
 * y[n, i·S−P+a, j·S−P+b, q] += x[n,i,j,p] · weight[a,b,q,p]; what falls outside is dropped.
 *
 * @param x coarse image
 * @param weight [K, K, channels of y, channels of x], the layout of TensorFlow
 * @returns fine image
 */
export function convTranspose2d(x: Tensor, weight: Tensor, geometry: ConvGeometry): Tensor {
  check("convTranspose2d", "x", x.shape, coarseShape(geometry));
  check("convTranspose2d", "weight", weight.shape, weightShape(geometry));
  return recordOne("convTranspose2d", [x, weight], { geometry }, fineShape(geometry), [
    ([dy]) => conv2d(dy!, weight, geometry),
    ([dy]) => conv2dGradWeight(x, dy!, geometry),
  ]);
}

/** dweight[a,b,q,p] = Σ_{n,i,j} coarse[n,i,j,p] · fine[n, i·S−P+a, j·S−P+b, q]. */
export function conv2dGradWeight(x: Tensor, y: Tensor, geometry: ConvGeometry): Tensor {
  check("conv2dGradWeight", "coarse", x.shape, coarseShape(geometry));
  check("conv2dGradWeight", "fine", y.shape, fineShape(geometry));
  return recordOne("conv2dGradWeight", [x, y], { geometry }, weightShape(geometry), [
    ([dw]) => conv2d(y, dw!, geometry),
    ([dw]) => convTranspose2d(x, dw!, geometry),
  ]);
}

const AXES = ["N", "H", "W", "C"];
const FILTER_AXES = ["K", "K", "fine", "coarse"];

function check(op: string, name: string, received: Shape, expected: Shape): void {
  const wrong = expected.findIndex((side, axis) => received[axis] !== side);
  if (wrong < 0 && received.length === expected.length) return;
  const axes = name === "weight" ? FILTER_AXES : AXES;
  const label = (shape: Shape) => `[${shape.map((side, axis) => `${axes[axis] ?? "?"} ${side}`).join(", ")}]`;
  throw new ShapeError(`${op}: ${name} is ${label(received)}, the geometry needs ${label(expected)}`);
}
