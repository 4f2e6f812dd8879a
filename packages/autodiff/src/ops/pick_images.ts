/** Images out of a set that stays on the device as bytes. */
import { recordOne, type Shape, ShapeError, show, sizeOf, type Tensor } from "../graph.js";

/**
 * y[n] is image picks[n, 0] of the set, mirrored from left to right where picks[n, 1] is 1, each byte replaced by its value.
 * A float32 counts exactly to 2²⁴: no set of images is larger. It begins a computation: it has no gradient.
 *
 * @param images [M, H·W·C/4]: M images of bytes, four in the place of each float
 * @param picks [N, 2]
 * @param values [256], of each byte
 * @param shape [N, H, W, C]
 */
export function pickImages(images: Tensor, picks: Tensor, values: Tensor, shape: Shape): Tensor {
  if (shape.length !== 4) throw new ShapeError(`pickImages: the shape ${show(shape)} is not [N, H, W, C]`);
  const image = sizeOf(shape.slice(1));
  const [count, words] = images.shape;
  if (images.shape.length !== 2 || words! * 4 !== image) {
    throw new ShapeError(`pickImages: images ${show(images.shape)} do not hold ${image} bytes each`);
  }
  if (count! > 2 ** 24) throw new ShapeError(`pickImages: images ${show(images.shape)} are more than 16777216`);
  if (picks.shape.join() !== `${shape[0]},2`) {
    throw new ShapeError(`pickImages: picks is ${show(picks.shape)}, not [${shape[0]}, 2]`);
  }
  if (values.shape.join() !== "256") throw new ShapeError(`pickImages: values is ${show(values.shape)}, not [256]`);
  return recordOne("pickImages", [images, picks, values], {}, shape);
}
