/**
 * Class-conditional training. G gets the class as a one-hot vector after z (as DCGAN-tensorflow has it for MNIST). D adds to
 * its logit the product of its features with a vector of the class (the projection of Miyato and Koyama 2018), instead of a
 * constant map for each class beside the image: it costs one row of weights a class, whatever the size of the images.
 */
import { add, constant, matmul, multiply, reshape, sum, type Tensor } from "@kintsugi/autodiff";
import type { Named, ParameterSpec } from "@kintsugi/nn";
import { type DcganConfig, latentLength } from "./config.js";

const NAME = "discriminator/d_classes/Matrix";

/** A vector for each class, [classes, features]. */
export function classSpecs(features: number, classes: number): ParameterSpec[] {
  return [{ name: NAME, shape: [classes, features], initial: { kind: "normal", sigma: 0.02 }, trainable: true }];
}

/** The one-hot part of what G begins from: [N, nz + classes] → [N, classes]; nothing where there are no classes. */
export function classesOf(config: DcganConfig, z: Tensor): Tensor | undefined {
  const count = config.classes?.length;
  if (count === undefined) return undefined;
  const pick = new Float32Array(latentLength(config) * count);
  for (let k = 0; k < count; k++) pick[(config.nz + k) * count + k] = 1;
  return matmul(z, constant(pick, [latentLength(config), count]));
}

/**
 * logit[n] + Σ_a features[n,a]·vector[class of n, a].
 *
 * @param logits [N, 1]
 * @param features [N, A]
 * @param classes one-hot [N, classes]
 */
export function addProjection(state: Named, logits: Tensor, features: Tensor, classes: Tensor): Tensor {
  const along = multiply(features, matmul(classes, state.get(NAME)));
  return add(logits, reshape(sum(along, features.shape[0]!), logits.shape));
}
