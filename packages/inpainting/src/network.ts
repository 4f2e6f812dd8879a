/**
 * A network that fills holes in one pass: an encoder and a decoder of convolutions, with a skip connection at each level that
 * adds what the encoder saw to what the decoder makes. Pathak et al. 2016, "Context Encoders", for the task and the masked
 * input; Ronneberger et al. 2015, "U-Net", for the skips, added here as in Chaurasia and Culurciello 2017, "LinkNet"; He et
 * al. 2016 for the residual blocks. There is no batch norm: what a pixel becomes must not depend on how large the hole is.
 */
import {
  add,
  addBias,
  conv2d,
  convTranspose2d,
  leakyRelu,
  multiply,
  reshape,
  spread,
  type Tensor,
} from "@kintsugi/autodiff";
import { sameGeometry, sameTransposedGeometry } from "@kintsugi/geometry";
import type { State } from "@kintsugi/nn";
import { type InpainterConfig, SLOPE } from "./config.js";

type Image = readonly [number, number, number, number];

/**
 * F(M·y, M): the whole picture, known pixels included.
 *
 * @param images y [N, H, W, C] in [−1, 1]; what is missing may hold any finite value
 * @param known M [N, H, W], 1 = known
 * @returns [N, H, W, C]; about in [−1, 1], not clipped
 */
export function inpainter(state: State, { widths }: InpainterConfig, images: Tensor, known: Tensor): Tensor {
  const seen = multiply(images, spread(known, images.shape));
  const mask = product(state, "inpainter/mask", reshape(known, [...known.shape, 1]), 1);
  let x = leakyRelu(add(conv(state, "inpainter/in", seen, 1), mask), SLOPE);
  x = block(state, "inpainter/encoder0", x);
  const skips: Tensor[] = [];
  for (let i = 1; i < widths.length; i++) {
    skips.push(x);
    x = leakyRelu(conv(state, `inpainter/down${i}`, x, 2), SLOPE);
    x = block(state, `inpainter/encoder${i}`, x);
  }
  for (let i = widths.length - 1; i > 0; i--) {
    const skip = skips[i - 1]!;
    x = leakyRelu(add(convTranspose(state, `inpainter/up${i}`, x, skip.shape as Image), skip), SLOPE);
    x = block(state, `inpainter/decoder${i - 1}`, x);
  }
  return conv(state, "inpainter/out", x, 1);
}

/** x + conv(leaky(conv(x))), leaky. */
function block(state: State, name: string, x: Tensor): Tensor {
  const inner = leakyRelu(conv(state, `${name}/1`, x, 1), SLOPE);
  return leakyRelu(add(conv(state, `${name}/2`, inner, 1), x), SLOPE);
}

function conv(state: State, name: string, x: Tensor, stride: number): Tensor {
  return addBias(product(state, name, x, stride), state.get(`${name}/biases`));
}

/** A convolution without a bias, padded as TensorFlow's SAME. */
function product(state: State, name: string, x: Tensor, stride: number): Tensor {
  const w = state.get(`${name}/w`);
  return conv2d(x, w, sameGeometry(x.shape as Image, w.shape as Image, stride));
}

function convTranspose(state: State, name: string, x: Tensor, [, height, width]: Image): Tensor {
  const w = state.get(`${name}/w`);
  const geometry = sameTransposedGeometry(x.shape as Image, w.shape as Image, 2, [height, width]);
  return addBias(convTranspose2d(x, w, geometry), state.get(`${name}/biases`));
}
