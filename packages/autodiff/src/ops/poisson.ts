/** Blending a generated picture into the hole of a real one. */
import { expectSame, recordOne, ShapeError, show, type Tensor } from "../graph.js";

/**
 * Poisson blending (Pérez et al. 2003): y where mask ≠ 0; elsewhere the picture with the gradients of g that meets y at the
 * edge of the hole, Σ_q (x_p − x_q) − (g_p − g_q) = 0 over the 4-neighbours q of p inside the image. g where no known pixel
 * can be reached. It ends a computation: it has no gradient.
 *
 * @param y [N, H, W, C]; what is missing may hold anything
 * @param g [N, H, W, C]
 * @param mask [N, H, W], 0 = missing
 * @returns [N, H, W, C], to about 1e-5 of the contrast
 */
export function poissonBlend(y: Tensor, g: Tensor, mask: Tensor): Tensor {
  if (y.shape.length !== 4) throw new ShapeError(`poissonBlend: y ${show(y.shape)} is not [N, H, W, C]`);
  expectSame("poissonBlend", "y", y.shape, "g", g.shape);
  expectSame("poissonBlend", "y without its channels", y.shape.slice(0, -1), "mask", mask.shape);
  return recordOne("poissonBlend", [y, g, mask], {}, y.shape);
}
