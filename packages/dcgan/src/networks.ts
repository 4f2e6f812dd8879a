/** The two networks of Radford et al. 2016, as the blog "Image Completion with Deep Learning in TensorFlow" has them. */
import { add, addBias, leakyRelu, matmul, reshape, slice, type Tensor, tanh } from "@kintsugi/autodiff";
import { batchNormLayer, convLayer, convTransposeLayer, linear, type Mode, type Named, type State } from "@kintsugi/nn";
import { addProjection } from "./classes.js";
import { type DcganConfig, depthOf, generatorWidths } from "./config.js";
import { minibatchFeatures } from "./minibatch.js";
import { discriminatorSpecs } from "./specs.js";
import { normalised } from "./spectral.js";

const SLOPE = 0.2;

/**
 * G(z): linear to 4×4, then transposed convolutions that double the side, batch norm and ReLU between them, tanh last.
 *
 * @param z [N, nz], with the one-hot class behind it where the model has classes
 * @param stray [N, 16·widths[0]]: added to what the linear layer makes of z, for who looks beyond the pictures that z can give
 * @returns images [N, size, size, channels] in [−1, 1]
 */
export function generator(state: State, config: DcganConfig, z: Tensor, mode: Mode, stray?: Tensor): Tensor {
  const depth = depthOf(config);
  const first = linear(state, "generator/g_h0_lin", z);
  let x = reshape(stray ? add(first, stray) : first, [z.shape[0]!, 4, 4, generatorWidths(config)[0]!]);
  for (let i = 0; i < depth; i++) {
    x = batchNormLayer(state, `generator/g_bn${i}`, x, 0, mode);
    x = convTransposeLayer(state, `generator/g_h${i + 1}`, x);
  }
  return tanh(x);
}

/**
 * The logit of D: its features, and beside them how close the images of the batch are where it looks at that, then linear.
 *
 * @param images [N, size, size, channels] in [−1, 1]
 * @param classes one-hot [N, classes], of a model that has classes
 * @returns logits [N, 1]
 */
export function discriminator(state: State, config: DcganConfig, images: Tensor, mode: Mode, classes?: Tensor): Tensor {
  const weights = weightsOf(state, config);
  const features = featuresBy(weights, config, images, mode);
  const logits = judge(weights, config, features, mode);
  if (config.classes === undefined) return logits;
  if (!classes) throw new Error("discriminator: this model has classes; say of which each image is to be judged");
  return addProjection(weights, logits, features, classes);
}

/** The logit as the features and the closeness give it. */
function judge(state: Named, config: DcganConfig, features: Tensor, mode: Mode): Tensor {
  const head = `discriminator/d_h${depthOf(config) - 1}_lin`;
  const { minibatchKernels } = config;
  if (minibatchKernels === undefined) return linear(state, head, features);
  const closeness = minibatchFeatures(state, minibatchKernels, features, mode);
  // [features, closeness]·Matrix, without putting the two side by side.
  const matrix = state.get(`${head}/Matrix`);
  const width = features.shape[1]!;
  const logits = add(
    matmul(features, slice(matrix, 0, width)),
    matmul(closeness, slice(matrix, width, width + minibatchKernels)),
  );
  return addBias(logits, state.get(`${head}/bias`));
}

/**
 * What D sees before it judges: convolutions that halve the side, batch norm on all but the first, leaky ReLU.
 *
 * @returns [N, 4·4·channels of the last layer]
 */
export function discriminatorFeatures(state: State, config: DcganConfig, images: Tensor, mode: Mode): Tensor {
  return featuresBy(weightsOf(state, config), config, images, mode);
}

/** D's weights as its layers see them. */
function weightsOf(state: State, config: DcganConfig): Named {
  return config.spectralNorm ? normalised(state, discriminatorSpecs(config)) : state;
}

function featuresBy(weights: Named, config: DcganConfig, images: Tensor, mode: Mode): Tensor {
  const depth = depthOf(config);
  let x = leakyRelu(convLayer(weights, "discriminator/d_h0_conv", images), SLOPE);
  for (let i = 1; i < depth; i++) {
    x = convLayer(weights, `discriminator/d_h${i}_conv`, x);
    const normed = config.dNorm !== "none";
    x = normed ? batchNormLayer(weights, `discriminator/d_bn${i}`, x, SLOPE, mode) : leakyRelu(x, SLOPE);
  }
  const [n, h, w, c] = x.shape as readonly [number, number, number, number];
  return reshape(x, [n, h * w * c]);
}
