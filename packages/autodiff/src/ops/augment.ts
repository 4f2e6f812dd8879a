/**
 * Ops that distort images, each image by numbers of its own. All are linear in x, and the adjoint of each is an op of the same
 * kind, so that they differentiate as often as one likes. They have no gradient in those numbers.
 */
import { recordOne, type Shape, ShapeError, show, type Tensor } from "../graph.js";
import { scale } from "./pointwise.js";

/**
 * y[n,h,w,c] = shares[n,0]·x[n,h,w,c] + shares[n,1]·mean over c of x[n,h,w,c]. With (s, 1 − s), saturation s: 0 is grey. Its own
 * adjoint.
 *
 * @param x [N, H, W, C]
 * @param shares [N, 2]
 */
export function saturate(x: Tensor, shares: Tensor): Tensor {
  expectPairs("saturate", x.shape, "shares", shares.shape);
  return recordOne("saturate", [x, shares], {}, x.shape, [([dy]) => saturate(dy!, shares)]);
}

/**
 * y[n,h,w,c] = x[n, h − offsets[n,0], w − offsets[n,1], c], and 0 where that lies outside of the image: down and to the right.
 *
 * @param x [N, H, W, C]
 * @param offsets [N, 2], whole numbers
 */
export function translate(x: Tensor, offsets: Tensor): Tensor {
  expectPairs("translate", x.shape, "offsets", offsets.shape);
  return recordOne("translate", [x, offsets], {}, x.shape, [([dy]) => translate(dy!, scale(offsets, -1))]);
}

/**
 * y = x, and 0 in a box of each image, which may lie outside of it, in part or altogether (DeVries and Taylor 2017). Its own
 * adjoint.
 *
 * @param x [N, H, W, C]
 * @param corners [N, 2], whole numbers: the first row and the first column of each box
 * @param box its height and width
 */
export function cutout(x: Tensor, corners: Tensor, box: readonly [number, number]): Tensor {
  expectPairs("cutout", x.shape, "corners", corners.shape);
  if (box.some((side) => !Number.isInteger(side) || side < 1)) {
    throw new ShapeError(`cutout: a box of ${box.join("×")} has a side that is not a positive integer`);
  }
  return recordOne("cutout", [x, corners], { box }, x.shape, [([dy]) => cutout(dy!, corners, box)]);
}

function expectPairs(op: string, x: Shape, name: string, pairs: Shape): void {
  if (x.length !== 4) throw new ShapeError(`${op}: x ${show(x)} is not [N, H, W, C]`);
  if (pairs.join() !== `${x[0]},2`) throw new ShapeError(`${op}: ${name} is ${show(pairs)}, not [${x[0]}, 2]`);
}
