/** Kernels that treat each element by itself: every function is one dispatch over `size` elements. */
import { type BufferView, type Dispatch, dispatch } from "@kintsugi/gpu";
import * as shaders from "@kintsugi/shaders";

type Views<N extends string> = Readonly<Record<N, BufferView>>;

/** Invocations in a workgroup of every pointwise kernel. */
const WORKGROUP = 64;

/** The number of workgroups for so many invocations. */
export function workgroupsFor(invocations: number): number {
  return Math.ceil(invocations / WORKGROUP);
}

/** @param each how many neighbours an invocation treats */
function pointwise<B extends string, R extends string, O extends string, S extends string>(
  shader: shaders.Shader<B, R | "SIZE", O, S>,
  size: number,
  bindings: Readonly<Record<B, BufferView>>,
  constants: Readonly<Record<Exclude<R, "SIZE">, number> & Partial<Record<O, number>>>,
  each = 1,
): Dispatch {
  return dispatch(shader as shaders.Shader, {
    label: `${shader.name} ${size}`,
    bindings,
    constants: { SIZE: size, ...constants },
    workgroups: workgroupsFor(Math.ceil(size / each)),
  });
}

/** For kernels of a vec4f. */
const FOUR = 4;

/** y = x + bias; x is [size/channels, channels]. */
export const addBias = (size: number, channels: number, views: Views<"x" | "bias" | "y">) =>
  pointwise(shaders.addBias, size, views, { CHANNELS: channels });

/** y = max(x, slope·x). */
export const leakyRelu = (size: number, slope: number, views: Views<"x" | "y">) =>
  pointwise(shaders.leakyRelu, size, views, { SLOPE: slope }, FOUR);

/** dx = dy·leaky′, from the output y. */
export const leakyReluGrad = (size: number, slope: number, views: Views<"dy" | "y" | "dx">) =>
  pointwise(shaders.leakyReluGrad, size, views, { SLOPE: slope }, FOUR);

export const tanh = (size: number, views: Views<"x" | "y">) => pointwise(shaders.tanh, size, views, {}, FOUR);

/** dx = dy·(1 − y²). */
export const tanhGrad = (size: number, views: Views<"dy" | "y" | "dx">) =>
  pointwise(shaders.tanhGrad, size, views, {}, FOUR);

export const sigmoid = (size: number, views: Views<"x" | "y">) => pointwise(shaders.sigmoid, size, views, {});

/** dx = dy·y·(1 − y). */
export const sigmoidGrad = (size: number, views: Views<"dy" | "y" | "dx">) =>
  pointwise(shaders.sigmoidGrad, size, views, {});

/** y = 1/√x. */
export const rsqrt = (size: number, views: Views<"x" | "y">) => pointwise(shaders.rsqrt, size, views, {}, FOUR);

/** y = max(x, 0) − x·goal + log(1 + e^(−|x|)). */
export const bceWithLogits = (size: number, views: Views<"x" | "goal" | "y">) =>
  pointwise(shaders.bceWithLogits, size, views, {});

/** dx = dy·(sigmoid(x) − goal). */
export const bceWithLogitsGrad = (size: number, views: Views<"dy" | "x" | "goal" | "dx">) =>
  pointwise(shaders.bceWithLogitsGrad, size, views, {});

/** y = alpha·a + beta·b. */
export const add = (size: number, alpha: number, beta: number, views: Views<"a" | "b" | "y">) =>
  pointwise(shaders.add, size, views, { ALPHA: alpha, BETA: beta }, FOUR);

export const multiply = (size: number, views: Views<"a" | "b" | "y">) =>
  pointwise(shaders.multiply, size, views, {}, FOUR);

export const scale = (size: number, factor: number, views: Views<"x" | "y">) =>
  pointwise(shaders.scale, size, views, { FACTOR: factor }, FOUR);

/** y = a, then b; `size` is that of y. */
export const concat = (size: number, sizeA: number, views: Views<"a" | "b" | "y">) =>
  pointwise(shaders.concat, size, views, { SIZE_A: sizeA }, FOUR);

/** y[i] = x[i + start], and 0 outside x. */
export const shift = (size: number, sizeX: number, start: number, views: Views<"x" | "y">) =>
  pointwise(shaders.shift, size, views, { SIZE_X: sizeX, START: start }, FOUR);

/** Each of `groups` values fills its stretch of y. */
export const spread = (size: number, groups: number, views: Views<"x" | "y">) =>
  pointwise(shaders.spread, size, views, { SPAN: size / groups });

/** dx = dy[n]·weight·sign(x − goal); x is [N, image], one weight per `channels` elements. */
export const maskedL1Grad = (
  size: number,
  image: number,
  channels: number,
  views: Views<"dy" | "x" | "goal" | "weight" | "dx">,
) => pointwise(shaders.maskedL1Grad, size, views, { IMAGE: image, CHANNELS: channels });

/**
 * Images by their places among packed bytes, mirrored where asked, each byte's value from a table: `size`, `width` and
 * `channels` are those of y, `image` the elements of one image.
 */
export const pickImages = (
  size: number,
  image: number,
  width: number,
  channels: number,
  views: Views<"images" | "picks" | "values" | "y">,
) => pointwise(shaders.pickImages, size, views, { IMAGE: image, WIDTH: width, CHANNELS: channels });

/** The mean of each side×side block; `size`, `width` and `channels` are those of y. */
export const blockMean = (size: number, width: number, channels: number, side: number, views: Views<"x" | "y">) =>
  pointwise(shaders.blockMean, size, views, { WIDTH: width, CHANNELS: channels, SIDE: side });

/** The adjoint of `blockMean`; `size` is that of dx, `width` that of dy. */
export const blockMeanGrad = (size: number, width: number, channels: number, side: number, views: Views<"dy" | "dx">) =>
  pointwise(shaders.blockMeanGrad, size, views, { WIDTH: width, CHANNELS: channels, SIDE: side });
