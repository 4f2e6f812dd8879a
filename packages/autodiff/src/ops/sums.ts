/** Sums over stretches of a tensor, and their adjoints. */
import { expectSame, recordOne, type Shape, ShapeError, show, sizeOf, type Tensor } from "../graph.js";
import { constant } from "./leaves.js";
import { multiply, scale } from "./pointwise.js";

/**
 * The sums of `groups` equal contiguous stretches of x: [groups]. One group sums everything; as many as the batch has
 * images sums each image.
 */
export function sum(x: Tensor, groups = 1): Tensor {
  if (sizeOf(x.shape) % groups !== 0) throw new ShapeError(`sum: x ${show(x.shape)} has no ${groups} equal groups`);
  return recordOne("sum", [x], { groups }, [groups], [([dy]) => spread(dy!, x.shape)]);
}

/** Σx/n over `groups` equal contiguous stretches: [groups]. */
export function mean(x: Tensor, groups = 1): Tensor {
  return scale(sum(x, groups), groups / sizeOf(x.shape));
}

/** Σ x² over all elements of all tensors: [1]. */
export function squaredNorm(tensors: readonly Tensor[]): Tensor {
  if (tensors.length === 0) throw new ShapeError("squaredNorm: there is no tensor");
  const vjps = tensors.map(
    (x) =>
      ([dy]: readonly (Tensor | undefined)[]) =>
        multiply(spread(dy!, x.shape), scale(x, 2)),
  );
  return recordOne("squaredNorm", tensors, {}, [1], vjps);
}

/** The adjoint of `sum`: each value fills its stretch of `shape`. */
export function spread(x: Tensor, shape: Shape): Tensor {
  const groups = sizeOf(x.shape);
  if (sizeOf(shape) % groups !== 0) throw new ShapeError(`spread: ${groups} values cannot fill ${show(shape)} equally`);
  return recordOne("spread", [x], { groups }, shape, [([dy]) => sum(dy!, groups)]);
}

/**
 * The weighted L1 distance of each image, the contextual loss of Yeh et al.: loss[n] = Σ_{h,w,c} weight[n,h,w]·|x − target|.
 * Differentiated in x alone; the derivative of |·| at 0 is 0.
 *
 * @param x [N, H, W, C]
 * @param target [N, H, W, C]
 * @param weight [N, H, W]
 * @returns [N]
 */
export function maskedL1(x: Tensor, target: Tensor, weight: Tensor): Tensor {
  expectSame("maskedL1", "x", x.shape, "target", target.shape);
  expectSame("maskedL1", "x without its channels", x.shape.slice(0, -1), "weight", weight.shape);
  return recordOne(
    "maskedL1",
    [x, target, weight],
    {},
    [x.shape[0]!],
    [([dy]) => maskedL1Grad(dy!, x, target, weight)],
  );
}

/** dy[n]·weight·sign(x − target): linear in dy, flat in x. */
function maskedL1Grad(dy: Tensor, x: Tensor, target: Tensor, weight: Tensor): Tensor {
  return recordOne("maskedL1Grad", [dy, x, target, weight], {}, x.shape, [
    ([ddx]) => sum(multiply(maskedL1Grad(constant(1, dy.shape), x, target, weight), ddx!), dy.shape[0]!),
    null,
  ]);
}

/** The mean of each side×side block: [N, H, W, C] → [N, H/side, W/side, C]. */
export function blockMean(x: Tensor, side: number): Tensor {
  const [n, h, w, c] = x.shape;
  if (x.shape.length !== 4 || h! % side !== 0 || w! % side !== 0) {
    throw new ShapeError(`blockMean: x ${show(x.shape)} has no whole blocks of ${side}×${side}`);
  }
  return recordOne("blockMean", [x], { side }, [n!, h! / side, w! / side, c!], [([dy]) => blockMeanGrad(dy!, side)]);
}

/** The adjoint of `blockMean`: each value over side², repeated over its block. */
function blockMeanGrad(dy: Tensor, side: number): Tensor {
  const [n, h, w, c] = dy.shape;
  const shape = [n!, h! * side, w! * side, c!];
  return recordOne("blockMeanGrad", [dy], { side }, shape, [([ddx]) => blockMean(ddx!, side)]);
}
