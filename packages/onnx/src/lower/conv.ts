/**
 * The three derivatives of the trilinear form. Stride and padding mean the same in ONNX; only the padding after, which our
 * geometry leaves to the sizes, must be said.
 */
import type { Tensor } from "@kintsugi/autodiff";
import type { ConvGeometry } from "@kintsugi/kernels";
import type { Model, Name } from "../model.js";
import { CNHW, NCHW, OIHW, type Order } from "../values.js";
import { type At, type Lower, type NodeOf, reshape } from "./at.js";

export const conv2d: Lower<"conv2d"> = (node, at) => {
  const { geometry: g } = node.attributes;
  const [x, weight] = node.inputs as readonly [Tensor, Tensor];
  const { crop, after } = ends(g);
  const image = cropped(at.model, at.values.get(x, NCHW), g, crop);
  const inputs = [image, at.values.get(weight, OIHW)];
  product(node, at, NCHW, (bias) =>
    at.model.node("Conv", bias ? [...inputs, bias] : inputs, {
      kernel_shape: [g.kernel, g.kernel],
      strides: [g.stride, g.stride],
      pads: [g.padTop, g.padLeft, ...after],
    }),
  );
};

export const convTranspose2d: Lower<"convTranspose2d"> = (node, at) => {
  const { geometry: g } = node.attributes;
  const [x, weight] = node.inputs as readonly [Tensor, Tensor];
  const { excess, after } = ends(g);
  const inputs = [at.values.get(x, NCHW), at.values.get(weight, OIHW)];
  product(node, at, NCHW, (bias) =>
    at.model.node("ConvTranspose", bias ? [...inputs, bias] : inputs, {
      kernel_shape: [g.kernel, g.kernel],
      strides: [g.stride, g.stride],
      pads: [g.padTop, g.padLeft, ...after],
      output_padding: excess,
    }),
  );
};

/** Up to this side of the coarse image the patches are worth being written out. Measured; see the README. */
const PATCHES = 8;

export const conv2dGradWeight: Lower<"conv2dGradWeight"> = (node, at) => {
  const { geometry: g } = node.attributes;
  if (g.coarseHeight * g.coarseWidth > PATCHES ** 2) gradWeightByConv(node, at, g);
  else gradWeightByPatches(node, at, g);
};

/** A convolution whose batch is the fine channels, and whose filters are the coarse images, their pixels `stride` apart. */
function gradWeightByConv(node: NodeOf<"conv2dGradWeight">, at: At, g: ConvGeometry): void {
  const [coarse, fine] = node.inputs as readonly [Tensor, Tensor];
  const { excess, after } = ends(g);
  const made = at.model.node("Conv", [at.values.get(fine, CNHW), at.values.get(coarse, CNHW)], {
    kernel_shape: [g.coarseHeight, g.coarseWidth],
    dilations: [g.stride, g.stride],
    pads: [g.padTop, g.padLeft, ...after],
  });
  // [fine, coarse, K, K], and more than K where the image goes on behind the last filter.
  const exact = excess.some((n) => n > 0) ? sliced(at.model, made, [0, 0], [g.kernel, g.kernel], [1, 1], [2, 3]) : made;
  at.values.define(node.outputs[0]!, exact, [2, 3, 0, 1]);
}

/** patches [N·h·w, K·K·fine]ᵀ · coarse [N·h·w, coarse]. */
function gradWeightByPatches(node: NodeOf<"conv2dGradWeight">, at: At, g: ConvGeometry): void {
  const { model } = at;
  const [coarse, fine] = node.inputs as readonly [Tensor, Tensor];
  const { after } = ends(g);
  const pads = model.ints([0, g.padTop, g.padLeft, 0, 0, ...after, 0]);
  const padded = model.node("Pad", [at.values.get(fine), pads], { mode: "constant" });
  const taps = Array.from({ length: g.kernel ** 2 }, (_, tap) => {
    const [a, b] = [Math.floor(tap / g.kernel), tap % g.kernel];
    const span = [(g.coarseHeight - 1) * g.stride + 1, (g.coarseWidth - 1) * g.stride + 1] as const;
    return sliced(model, padded, [a, b], [a + span[0], b + span[1]], [g.stride, g.stride], [1, 2]);
  });
  const rows = g.batch * g.coarseHeight * g.coarseWidth;
  const patches = reshape(model, model.node("Concat", taps, { axis: 3 }), [rows, g.kernel ** 2 * g.fineChannels]);
  const right = reshape(model, at.values.get(coarse), [rows, g.coarseChannels]);
  const made = model.node("Gemm", [patches, right], { transA: 1 });
  at.values.define(node.outputs[0]!, reshape(model, made, node.outputs[0]!.shape));
}

/** Defines a product's result, or its sum with the bias that follows it and that the operator adds for nothing. */
export function product(
  node: NodeOf<"conv2d" | "convTranspose2d" | "matmul">,
  at: At,
  order: Order,
  make: (bias?: Name) => Name,
): void {
  const fused = at.fused.get(node);
  at.values.define(fused ? fused.sum : node.outputs[0]!, make(fused && at.values.get(fused.bias)), order);
}

/**
 * Where the fine image ends: how much padding the last filter needs, or how many pixels lie behind it. `crop` are those
 * that a convolution would take for further positions of the filter.
 */
function ends(g: ConvGeometry) {
  const behind = (fine: number, coarse: number, before: number) => fine + before - ((coarse - 1) * g.stride + g.kernel);
  const rest = [behind(g.fineHeight, g.coarseHeight, g.padTop), behind(g.fineWidth, g.coarseWidth, g.padLeft)];
  const excess = rest.map((n) => Math.max(n, 0));
  return {
    after: rest.map((n) => Math.max(-n, 0)),
    excess,
    crop: excess.map((n) => (n >= g.stride ? n : 0)),
  };
}

function cropped(model: Model, x: Name, g: ConvGeometry, crop: readonly number[]): Name {
  if (crop.every((n) => n === 0)) return x;
  return sliced(model, x, [0, 0], [g.fineHeight - crop[0]!, g.fineWidth - crop[1]!], [1, 1], [2, 3]);
}

function sliced(
  model: Model,
  x: Name,
  starts: readonly number[],
  stops: readonly number[],
  steps: readonly number[],
  axes: readonly number[],
): Name {
  return model.node("Slice", [x, model.ints(starts), model.ints(stops), model.ints(axes), model.ints(steps)]);
}
