/** How a picture meets the model: where its pixels go, and both ways of resampling. */
import type { Affine, Picture } from "@kintsugi/images";
import type { Cutting } from "./cutting.js";

export interface View {
  /** From the picture's pixels to the model's. */
  readonly map: Affine;
  /** Pixels of the picture to one of the model. */
  readonly scale: number;
  /** [size, size, channels of the picture] of a whole picture. */
  shrink(picture: Picture): Promise<Uint8Array>;
  /** G(z) as bytes [size, size, channels of the picture] at the pixels of a cutting, in [−1, 1]. */
  enlarge(small: Uint8Array, cutting: Cutting): Promise<Float32Array>;
}
