/**
 * The three derivatives of the trilinear form. Stride and padding mean the same in ONNX; only the padding after, which our
 * geometry leaves to the sizes, must be said.
 */
import type { Tensor } from "@kintsugi/autodiff";
import type { ConvGeometry } from "@kintsugi/geometry";
import type { Model, Name } from "../model.js";
import { CNHW, NCHW, natural, OIHW, type Order } from "../values.js";
import { type At, type Lower, type NodeOf, reshape } from "./at.js";

/**
 * Up to this many pixels the runtime's convolutions are slow, because they multiply image by image; there the patches of
 * all images are written out and multiplied at once. Measured; see the README.
 */
const FEW_PIXELS = 16;
/** The same for the filter gradient, whose convolution has only K·K pixels for a result. */
const FEW_PIXELS_GRAD = 64;
/** Of filters up to this side there are few taps, each a product of its own: faster at every size. Measured. */
const FEW_TAPS_GRAD = 3;

const pixels = (g: ConvGeometry): number => g.coarseHeight * g.coarseWidth;

export const conv2d: Lower<"conv2d"> = (node, at) => {
  const { geometry: g } = node.attributes;
  if (pixels(g) <= FEW_PIXELS) return convByPatches(node, at, g);
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

/** patches [N·h·w, K·K·fine] · weight [K·K·fine, coarse]. */
function convByPatches(node: NodeOf<"conv2d">, at: At, g: ConvGeometry): void {
  const [x, weight] = node.inputs as readonly [Tensor, Tensor];
  const { model, values } = at;
  const length = g.kernel ** 2 * g.fineChannels;
  const rows = reshape(model, model.node("Concat", taps(at, x, g), { axis: 3 }), [g.batch * pixels(g), length]);
  const inputs = [rows, reshape(model, values.get(weight), [length, g.coarseChannels])];
  const shape = node.outputs[0]!.shape;
  product(node, at, natural(shape), (bias) =>
    reshape(model, model.node("Gemm", bias ? [...inputs, bias] : inputs), shape),
  );
}

export const convTranspose2d: Lower<"convTranspose2d"> = (node, at) => {
  const { geometry: g } = node.attributes;
  const phases = pixels(g) <= FEW_PIXELS ? phasesOf(g) : undefined;
  if (phases) return convTransposeByPhases(node, at, g, phases);
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

/** Rows (or columns) stride·i + phase of the fine image: y = Σ x[i + first + t] · weight[taps[t]]. */
interface Phase {
  readonly taps: readonly number[];
  readonly first: number;
}

/** The phases of rows and of columns; none where the fine image is not exactly `stride` times the coarse one. */
function phasesOf(g: ConvGeometry): { rows: readonly Phase[]; columns: readonly Phase[] } | undefined {
  const along = (before: number) =>
    Array.from({ length: g.stride }, (_, phase): Phase => {
      // Tap a meets the coarse row (stride·i + phase + before − a) / stride, where that is whole.
      const smallest = (phase + before) % g.stride;
      const count = Math.max(Math.ceil((g.kernel - smallest) / g.stride), 0);
      const taps = Array.from({ length: count }, (_, t) => smallest + (count - 1 - t) * g.stride);
      return { taps, first: (phase + before - (taps[0] ?? 0)) / g.stride };
    });
  const made = { rows: along(g.padTop), columns: along(g.padLeft) };
  const exact = g.fineHeight === g.stride * g.coarseHeight && g.fineWidth === g.stride * g.coarseWidth;
  const centred = [...made.rows, ...made.columns].every(({ taps, first }) => first <= 0 && first + taps.length > 0);
  return exact && centred ? made : undefined;
}

/** One small convolution for each of the stride² positions of a pixel in its cell, and their results interleaved. */
function convTransposeByPhases(
  node: NodeOf<"convTranspose2d">,
  at: At,
  g: ConvGeometry,
  { rows, columns }: NonNullable<ReturnType<typeof phasesOf>>,
): void {
  const { model, values } = at;
  const [x, weight] = node.inputs as readonly [Tensor, Tensor];
  const [image, kernel] = [values.get(x, NCHW), values.get(weight)];
  const last = ({ taps, first }: Phase) => first + taps.length - 1;
  const { batch: n, coarseHeight: h, coarseWidth: w, fineChannels: c, stride } = g;
  product(node, at, NCHW, (bias) => {
    const made = rows.map((row) => {
      const kernels = model.node("Gather", [kernel, model.ints(row.taps)], { axis: 0 });
      const parts = columns.map((column) => {
        const taps = model.node("Gather", [kernels, model.ints(column.taps)], { axis: 1 });
        const part = model.node("Transpose", [taps], { perm: [2, 3, 0, 1] });
        const y = model.node("Conv", bias ? [image, part, bias] : [image, part], {
          kernel_shape: [row.taps.length, column.taps.length],
          pads: [-row.first, -column.first, last(row), last(column)],
        });
        return reshape(model, y, [n, c, h, w, 1]);
      });
      return reshape(model, model.node("Concat", parts, { axis: 4 }), [n, c, h, 1, w * stride]);
    });
    return reshape(model, model.node("Concat", made, { axis: 3 }), [n, c, h * stride, w * stride]);
  });
}

export const conv2dGradWeight: Lower<"conv2dGradWeight"> = (node, at) => {
  const { geometry: g } = node.attributes;
  if (pixels(g) > FEW_PIXELS_GRAD && g.kernel > FEW_TAPS_GRAD) gradWeightByConv(node, at, g);
  else gradWeightByTaps(node, at, g);
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

/** For each tap what it sees of all images, [N·h·w, fine]ᵀ · coarse [N·h·w, coarse]. */
function gradWeightByTaps(node: NodeOf<"conv2dGradWeight">, at: At, g: ConvGeometry): void {
  const { model } = at;
  const [coarse, fine] = node.inputs as readonly [Tensor, Tensor];
  const rows = g.batch * pixels(g);
  const right = reshape(model, at.values.get(coarse), [rows, g.coarseChannels]);
  const made = taps(at, fine, g).map((tap) =>
    model.node("Gemm", [reshape(model, tap, [rows, g.fineChannels]), right], { transA: 1 }),
  );
  at.values.define(node.outputs[0]!, reshape(model, model.node("Concat", made, { axis: 0 }), node.outputs[0]!.shape));
}

/** What each of the K·K taps sees of the fine image: [N, h, w, fine]. */
function taps({ model, values }: At, fine: Tensor, g: ConvGeometry): Name[] {
  const pads = model.ints([0, g.padTop, g.padLeft, 0, 0, ...ends(g).after, 0]);
  const padded = model.node("Pad", [values.get(fine), pads], { mode: "constant" });
  const span = [(g.coarseHeight - 1) * g.stride + 1, (g.coarseWidth - 1) * g.stride + 1] as const;
  return Array.from({ length: g.kernel ** 2 }, (_, tap) => {
    const [a, b] = [Math.floor(tap / g.kernel), tap % g.kernel];
    return sliced(model, padded, [a, b], [a + span[0], b + span[1]], [g.stride, g.stride], [1, 2]);
  });
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
