/**
 * An interpreter of graphs made of the float64 twins: what a back end must compute, one node after the other, in plain
 * loops. It knows every forward kind; and the backward kinds by their formulas, for second derivatives, which are held to
 * differences of them as they are to differences of the forward kinds.
 */
import type { Kind } from "@kintsugi/autodiff";
import { type Node, sizeOf, type Tensor } from "@kintsugi/autodiff";
import { schedule } from "@kintsugi/autodiff/backend";
import type { ImageShape } from "@kintsugi/geometry";
import * as augments from "../../kernels/reference/augment.js";
import * as norms from "../../kernels/reference/batch_norm.js";
import * as means from "../../kernels/reference/block_mean.js";
import * as conv from "../../kernels/reference/conv.js";
import { maskedL1 } from "../../kernels/reference/masked_l1.js";
import { matmul } from "../../kernels/reference/matmul.js";
import { minibatchDiscrimination } from "../../kernels/reference/minibatch_discrimination.js";
import * as twin from "../../kernels/reference/pointwise.js";

type Values = Float64Array;
type Rule<K extends Kind> = (node: Node<K>, inputs: readonly Values[]) => Values | readonly Values[];

const same = (_: Node, [x]: readonly Values[]): Values => x!;
const image = (tensor: Tensor): ImageShape => tensor.shape as unknown as ImageShape;
/** Elements of one row of the first axis. */
const row = ({ shape }: Tensor): number => sizeOf(shape) / shape[0]!;

const RULES: { readonly [K in Kind]?: Rule<K> } = {
  constant: ({ attributes }) => Float64Array.from(attributes.values),

  conv2d: ({ attributes }, [x, weight]) => conv.conv2d(attributes.geometry, x!, weight!),
  convTranspose2d: ({ attributes }, [x, weight]) => conv.convTranspose2d(attributes.geometry, x!, weight!),
  conv2dGradWeight: ({ attributes }, [coarse, fine]) => conv.conv2dGradWeight(attributes.geometry, coarse!, fine!),
  matmul: ({ attributes, inputs, outputs }, [a, b]) => {
    const [m, n] = outputs[0]!.shape as [number, number];
    return matmul({ m, n, k: sizeOf(inputs[0]!.shape) / m, ...attributes }, a!, b!);
  },

  addBias: (_, [x, bias]) => twin.addBias(x!, bias!),
  sumRows: ({ outputs }, [x]) => twin.sumRows(x!, outputs[0]!.shape[0]!),
  batchNorm: ({ attributes, inputs }, [x, gamma, beta]) => {
    const of = { shape: inputs[0]!.shape, groups: attributes.groups };
    const { mean, variance } = norms.batchMoments(x!, of);
    return [norms.batchNorm(x!, of, { mean, variance }, gamma!, beta!, attributes), mean, variance];
  },
  batchNormInference: ({ attributes, inputs }, [x, gamma, beta, mean, variance]) =>
    norms.batchNorm(x!, { shape: inputs[0]!.shape }, { mean: mean!, variance: variance! }, gamma!, beta!, attributes),

  batchNormGrad: ({ attributes, outputs }, [dy, x, mean, variance, gamma, beta]) => {
    const channels = outputs[1]!.shape[0]!;
    const { eps, slope, groups } = attributes;
    const rows = x!.length / channels / groups;
    const [dx, dgamma, dbeta] = outputs.map(({ shape }) => new Float64Array(sizeOf(shape))) as [Values, Values, Values];
    for (let column = 0; column < groups * channels; column++) {
      const [g, c] = [Math.floor(column / channels), column % channels];
      const place = (i: number) => (g * rows + i) * channels + c;
      const root = 1 / Math.sqrt(variance![column]! + eps);
      const normal = (i: number) => (x![place(i)]! - mean![column]!) * root;
      const upstream = (i: number) => dy![place(i)]! * (normal(i) * gamma![c]! + beta![c]! >= 0 ? 1 : slope);
      let [all, along] = [0, 0];
      for (let i = 0; i < rows; i++) {
        all += upstream(i);
        along += upstream(i) * normal(i);
      }
      dgamma[c] = dgamma[c]! + along;
      dbeta[c] = dbeta[c]! + all;
      for (let i = 0; i < rows; i++) {
        dx[place(i)] = gamma![c]! * root * (upstream(i) - all / rows - (normal(i) * along) / rows);
      }
    }
    return [dx, dgamma, dbeta];
  },
  batchNormInferenceGrad: ({ attributes: { eps, slope } }, [dy, x, gamma, beta, mean, variance]) =>
    twin.map(dy!, (value, at) => {
      const c = at % gamma!.length;
      const factor = gamma![c]! / Math.sqrt(variance![c]! + eps);
      return value * factor * ((x![at]! - mean![c]!) * factor + beta![c]! >= 0 ? 1 : slope);
    }),

  leakyReluGrad: ({ attributes }, [dy, y]) =>
    twin.map(
      dy!,
      (value, at) => value * (y![at]! > 0 || (y![at] === 0 && attributes.slope > 0) ? 1 : attributes.slope),
    ),
  tanhGrad: (_, [dy, y]) => twin.map(dy!, (value, at) => value * (1 - y![at]! ** 2)),
  sigmoidGrad: (_, [dy, y]) => twin.map(dy!, (value, at) => value * y![at]! * (1 - y![at]!)),
  bceWithLogitsGrad: (_, [dy, x, target]) =>
    twin.map(dy!, (value, at) => value * (twin.sigmoid(x![at]!) - target![at]!)),
  maskedL1Grad: ({ inputs }, [dy, x, target, weight]) => {
    const [pixels, channels] = [row(inputs[1]!), image(inputs[1]!)[3]];
    return twin.map(x!, (value, at) => {
      const each = dy![Math.floor(at / pixels)]! * weight![Math.floor(at / channels)]!;
      return each * Math.sign(value - target![at]!);
    });
  },
  minibatchDiscriminationGrad: ({ attributes: { groups }, inputs }, [dy, x]) => {
    const [n, kernels, dims] = inputs[1]!.shape as [number, number, number];
    const rows = n / groups;
    const at = (i: number, k: number, d: number) => x![(i * kernels + k) * dims + d]!;
    const axis = Array.from({ length: dims }, (_, d) => d);
    return twin.map(x!, (value, place) => {
      const [i, k, d] = [Math.floor(place / (kernels * dims)), Math.floor(place / dims) % kernels, place % dims];
      let total = 0;
      for (let j = Math.floor(i / rows) * rows; j < (Math.floor(i / rows) + 1) * rows; j++) {
        const distance = axis.reduce((sum, e) => sum + Math.abs(at(i, k, e) - at(j, k, e)), 0);
        const both = dy![i * kernels + k]! + dy![j * kernels + k]!;
        if (j !== i) total -= both * Math.exp(-distance) * Math.sign(value - at(j, k, d));
      }
      return total;
    });
  },

  leakyRelu: ({ attributes }, [x]) => twin.map(x!, (value) => twin.leakyRelu(value, attributes.slope)),
  tanh: (_, [x]) => twin.map(x!, twin.tanh),
  sigmoid: (_, [x]) => twin.map(x!, twin.sigmoid),
  rsqrt: (_, [x]) => twin.map(x!, twin.rsqrt),
  bceWithLogits: (_, [x, target]) => twin.map(x!, (value, at) => twin.bceWithLogits(value, target![at]!)),
  add: ({ attributes }, [a, b]) => twin.map(a!, (value, at) => attributes.alpha * value + attributes.beta * b![at]!),
  multiply: (_, [a, b]) => twin.map(a!, (value, at) => value * b![at]!),
  scale: ({ attributes }, [x]) => twin.map(x!, (value) => attributes.factor * value),

  sum: ({ attributes }, [x]) => {
    const span = x!.length / attributes.groups;
    return Float64Array.from({ length: attributes.groups }, (_, g) => twin.sum(x!.subarray(g * span, (g + 1) * span)));
  },
  squaredNorm: (_, inputs) => Float64Array.of(inputs.reduce((all, x) => all + twin.sum(twin.map(x, (v) => v * v)), 0)),
  spread: ({ attributes, outputs }, [x]) => {
    const span = sizeOf(outputs[0]!.shape) / attributes.groups;
    return Float64Array.from({ length: sizeOf(outputs[0]!.shape) }, (_, at) => x![Math.floor(at / span)]!);
  },
  maskedL1: ({ inputs }, [x, target, weight]) => maskedL1(x!, target!, weight!, image(inputs[0]!)),
  blockMean: ({ attributes, inputs }, [x]) => means.blockMean(x!, image(inputs[0]!), attributes.side),
  blockMeanGrad: ({ attributes: { side }, inputs, outputs }, [dy]) => {
    const [, , width, channels] = image(outputs[0]!);
    const low = image(inputs[0]!)[2];
    return Float64Array.from({ length: sizeOf(outputs[0]!.shape) }, (_, at) => {
      const [c, w, h] = [at % channels, Math.floor(at / channels) % width, Math.floor(at / (channels * width))];
      return dy![(Math.floor(h / side) * low + Math.floor(w / side)) * channels + c]! / side ** 2;
    });
  },

  saturate: ({ inputs }, [x, shares]) => augments.saturate(x!, shares!, image(inputs[0]!)),
  translate: ({ inputs }, [x, offsets]) => augments.translate(x!, offsets!, image(inputs[0]!)),
  cutout: ({ attributes, inputs }, [x, corners]) => augments.cutout(x!, corners!, attributes.box, image(inputs[0]!)),

  minibatchDiscrimination: ({ attributes: { groups }, inputs }, [x]) => {
    const [n, kernels, dims] = inputs[0]!.shape as [number, number, number];
    return minibatchDiscrimination(x!, { groups, rows: n / groups, kernels, dims });
  },

  reshape: same,
  concat: (_, [a, b]) => Float64Array.of(...a!, ...b!),
  slice: ({ attributes, outputs, inputs }, [x]) => {
    const start = attributes.start * row(inputs[0]!);
    return x!.slice(start, start + sizeOf(outputs[0]!.shape));
  },
  padRows: ({ attributes, outputs }, [x]) => {
    const y = new Float64Array(sizeOf(outputs[0]!.shape));
    y.set(x!, attributes.start * row(outputs[0]!));
    return y;
  },
};

/** The values of `tensors`, given those of all inputs by name. */
export function interpret(tensors: readonly Tensor[], given: Readonly<Record<string, Values>>): Values[] {
  const values = new Map<Tensor, Values>();
  const outputs = Object.fromEntries(tensors.map((tensor, at) => [at, tensor]));
  for (const node of schedule({ name: "twins", outputs })) {
    if (node.kind === "input") {
      const { name } = (node as Node<"input">).attributes;
      const found = given[name];
      if (!found) throw new Error(`no values for ${name}`);
      values.set(node.outputs[0]!, found);
      continue;
    }
    const rule = RULES[node.kind] as Rule<Kind> | undefined;
    if (!rule) throw new Error(`${node.kind} has no twin`);
    const made = rule(
      node,
      node.inputs.map((input) => values.get(input)!),
    );
    const all = made instanceof Float64Array ? [made] : (made as readonly Values[]);
    node.outputs.forEach((output, index) => {
      values.set(output, all[index]!);
    });
  }
  return tensors.map((tensor) => values.get(tensor)!);
}
