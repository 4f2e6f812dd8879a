/** One lowering per kind: from a step to the dispatches of its kernels. The table is complete by type. */
import { type Kind, type Node, type Shape, sizeOf, type Tensor } from "@kintsugi/autodiff";
import type { Step } from "@kintsugi/autodiff/backend";
import type { ImageShape } from "@kintsugi/geometry";
import type { BufferView, Dispatch } from "@kintsugi/gpu";
import * as kernels from "@kintsugi/kernels";

export interface Lowering {
  readonly device: kernels.DeviceClass;
  /** Buffers of the step's inputs, in their order. */
  readonly in: readonly BufferView[];
  /** Buffers of its outputs. In-place kinds find the same buffer here as among the inputs. */
  readonly out: readonly BufferView[];
  readonly bias?: BufferView;
  /** Views joined where there is nothing but zeros between one and the next. */
  gapless(views: readonly BufferView[]): readonly BufferView[];
  /** Memory that is free again after the step. */
  scratch(bytes: number): BufferView;
}

type Lower<K extends Kind> = (step: Step<K>, at: Lowering) => Dispatch | Dispatch[];

const none = () => [];
const size = (step: Step): number => sizeOf(step.outputs[0]!.shape);
const image = (step: Step) => step.outputs[0]!.shape as ImageShape;
const channels = (shape: Shape): number => shape.at(-1)!;
const epilogue = (step: Step): kernels.Epilogue => (step.slope === undefined ? {} : { slope: step.slope });

const normShape = (shape: Shape, groups: number): kernels.BatchNormShape => ({
  groups,
  rows: sizeOf(shape) / channels(shape) / groups,
  channels: channels(shape),
});

const batchShape = (shape: Shape, groups: number): kernels.MinibatchShape => {
  const [images, count, dims] = shape as readonly [number, number, number];
  return { groups, rows: images / groups, kernels: count, dims };
};

const lowerings: { readonly [K in Kind]: Lower<K> } = {
  input: none,
  variable: none,
  constant: none,
  reshape: none,

  conv2d: (step, at) => kernels.conv2d(at.device, step.node.attributes.geometry, product(at), epilogue(step)),
  convTranspose2d: (step, at) =>
    kernels.convTranspose2d(at.device, step.node.attributes.geometry, product(at), epilogue(step)),
  conv2dGradWeight: ({ node: { attributes } }, at) =>
    kernels.conv2dGradWeight(at.device, attributes.geometry, {
      coarse: at.in[0]!,
      fine: at.in[1]!,
      dweight: at.out[0]!,
      ...scratch(at, kernels.conv2dGradWeightScratch(at.device, attributes.geometry)),
    }),
  matmul: (step, at) => {
    const { transposeA, transposeB } = step.node.attributes;
    const [rows, columns] = step.inputs[0]!.shape as [number, number];
    const [m, n] = step.outputs[0]!.shape as [number, number];
    const geometry = { m, n, k: transposeA ? rows : columns, transposeA, transposeB };
    const { x: a, weight: b, ...rest } = product(at);
    const memory = scratch(at, kernels.matmulScratch(at.device, geometry));
    return kernels.matmul(at.device, geometry, { a, b, ...rest, ...memory }, epilogue(step));
  },

  addBias: (step, at) =>
    kernels.addBias(size(step), channels(step.outputs[0]!.shape), { x: at.in[0]!, bias: at.in[1]!, y: at.out[0]! }),
  sumRows: ({ inputs: [x] }, at) => {
    const [rows, columns] = [sizeOf(x!.shape) / channels(x!.shape), channels(x!.shape)];
    return kernels.sumRows(at.device, rows, columns, {
      ...unary(at),
      ...scratch(at, kernels.sumRowsScratch(at.device, rows, columns)),
    });
  },
  batchNorm: ({ node: { attributes }, inputs: [input] }, at) => {
    const shape = normShape(input!.shape, attributes.groups);
    const [x, gamma, beta] = at.in as [BufferView, BufferView, BufferView];
    const [y, mean, variance] = at.out as [BufferView, BufferView, BufferView];
    const views = { x, gamma, beta, y, mean, variance, ...normScratch(at, shape) };
    return kernels.batchNorm(at.device, shape, attributes, views);
  },
  batchNormGrad: ({ node: { attributes }, inputs: [input] }, at) => {
    const shape = normShape(input!.shape, attributes.groups);
    const [dx, dgamma, dbeta] = at.out as [BufferView, BufferView, BufferView];
    const views = { ...normalised(at), dx, dgamma, dbeta, ...normScratch(at, shape) };
    return kernels.batchNormGrad(at.device, shape, attributes, views);
  },
  batchNormInference: ({ node: { attributes }, inputs: [input] }, at) => {
    const [x, gamma, beta, mean, variance] = at.in as BufferView[] & { length: 5 };
    const views = { x: x!, gamma: gamma!, beta: beta!, mean: mean!, variance: variance!, y: at.out[0]! };
    return kernels.batchNormApply(at.device, normShape(input!.shape, 1), attributes, views);
  },
  batchNormInferenceGrad: ({ node: { attributes }, inputs: [input] }, at) => {
    const [dy, x, gamma, beta, mean, variance] = at.in as BufferView[] & { length: 6 };
    const views = { dy: dy!, x: x!, gamma: gamma!, beta: beta!, mean: mean!, variance: variance!, dx: at.out[0]! };
    return kernels.batchNormInferenceGrad(at.device, normShape(input!.shape, 1), attributes, views);
  },

  leakyRelu: (step, at) => kernels.leakyRelu(size(step), step.node.attributes.slope, unary(at)),
  leakyReluGrad: (step, at) => kernels.leakyReluGrad(size(step), step.node.attributes.slope, fromOutput(at)),
  tanh: (step, at) => kernels.tanh(size(step), unary(at)),
  tanhGrad: (step, at) => kernels.tanhGrad(size(step), fromOutput(at)),
  sigmoid: (step, at) => kernels.sigmoid(size(step), unary(at)),
  sigmoidGrad: (step, at) => kernels.sigmoidGrad(size(step), fromOutput(at)),
  rsqrt: (step, at) => kernels.rsqrt(size(step), unary(at)),
  bceWithLogits: (step, at) => kernels.bceWithLogits(size(step), { x: at.in[0]!, goal: at.in[1]!, y: at.out[0]! }),
  bceWithLogitsGrad: (step, at) =>
    kernels.bceWithLogitsGrad(size(step), { dy: at.in[0]!, x: at.in[1]!, goal: at.in[2]!, dx: at.out[0]! }),
  add: (step, at) => kernels.add(size(step), step.node.attributes.alpha, step.node.attributes.beta, binary(at)),
  multiply: (step, at) => kernels.multiply(size(step), binary(at)),
  scale: (step, at) => kernels.scale(size(step), step.node.attributes.factor, unary(at)),

  sum: (step, at) => {
    const [elements, { groups }] = [sizeOf(step.inputs[0]!.shape), step.node.attributes];
    const memory = scratch(at, kernels.sumScratch(at.device, elements, groups));
    return kernels.sum(at.device, elements, groups, { ...unary(at), ...memory });
  },
  squaredNorm: (_, at) => {
    const xs = at.gapless(at.in);
    const sizes = xs.map(({ bytes }) => bytes / 4);
    const memory = at.scratch(kernels.squaredNormScratch(at.device, sizes));
    return kernels.squaredNorm(at.device, sizes, { xs, y: at.out[0]!, scratch: memory });
  },
  spread: (step, at) => kernels.spread(size(step), step.node.attributes.groups, unary(at)),
  maskedL1: ({ inputs: [x] }, at) => {
    const images = x!.shape[0]!;
    const views = { x: at.in[0]!, goal: at.in[1]!, weight: at.in[2]!, y: at.out[0]! };
    return kernels.maskedL1(images, sizeOf(x!.shape) / images, channels(x!.shape), views);
  },
  maskedL1Grad: (step, at) => {
    const { shape } = step.outputs[0]!;
    const views = { dy: at.in[0]!, x: at.in[1]!, goal: at.in[2]!, weight: at.in[3]!, dx: at.out[0]! };
    return kernels.maskedL1Grad(size(step), size(step) / shape[0]!, channels(shape), views);
  },
  blockMean: (step, at) => {
    const { shape } = step.outputs[0]!;
    return kernels.blockMean(size(step), shape[2]!, channels(shape), step.node.attributes.side, unary(at));
  },
  blockMeanGrad: (step, at) => {
    const { shape } = step.inputs[0]!;
    const views = { dy: at.in[0]!, dx: at.out[0]! };
    return kernels.blockMeanGrad(size(step), shape[2]!, channels(shape), step.node.attributes.side, views);
  },

  saturate: (step, at) => kernels.saturate(image(step), { x: at.in[0]!, shares: at.in[1]!, y: at.out[0]! }),
  translate: (step, at) => kernels.translate(image(step), { x: at.in[0]!, offsets: at.in[1]!, y: at.out[0]! }),
  cutout: (step, at) =>
    kernels.cutout(image(step), step.node.attributes.box, { x: at.in[0]!, corners: at.in[1]!, y: at.out[0]! }),

  minibatchDiscrimination: (step, at) =>
    kernels.minibatchDiscrimination(batchShape(step.inputs[0]!.shape, step.node.attributes.groups), unary(at)),
  minibatchDiscriminationGrad: (step, at) => {
    const views = { dy: at.in[0]!, x: at.in[1]!, dx: at.out[0]! };
    return kernels.minibatchDiscriminationGrad(batchShape(step.inputs[1]!.shape, step.node.attributes.groups), views);
  },

  poissonBlend: (step, at) => {
    const views = { y: at.in[0]!, g: at.in[1]!, mask: at.in[2]!, x: at.out[0]! };
    return kernels.poisson(step.outputs[0]!.shape as ImageShape, views);
  },

  pickImages: (step, at) => {
    const [rows, , width, depth] = step.outputs[0]!.shape as ImageShape;
    const views = { images: at.in[0]!, picks: at.in[1]!, values: at.in[2]!, y: at.out[0]! };
    return kernels.pickImages(size(step), size(step) / rows, width, depth, views);
  },
  concat: (step, at) => kernels.concat(size(step), sizeOf(step.inputs[0]!.shape), binary(at)),
  slice: (step, at) => shift(step, at, step.node.attributes.start),
  padRows: (step, at) => shift(step, at, -step.node.attributes.start),

  adam: (step, at) => {
    const [x, m, v, dx, rate] = at.in as BufferView[] & { length: 5 };
    return kernels.adam(size(step), step.node.attributes, { x: x!, m: m!, v: v!, dx: dx!, rate: rate! });
  },
  projectedMomentum: (step, at) => {
    const [x, v, dx, rate] = at.in as BufferView[] & { length: 4 };
    return kernels.projectedMomentum(size(step), step.node.attributes, { x: x!, v: v!, dx: dx!, rate: rate! });
  },
  movingAverage: (step, at) =>
    kernels.movingAverage(size(step), { average: at.in[0]!, values: at.in[1]!, rate: at.in[2]! }),
  runningAverage: (step, at) => {
    const rows = step.inputs[1]!.shape[0]!;
    const views = { running: at.in[0]!, values: at.in[1]! };
    return kernels.runningAverage(size(step), rows, step.node.attributes.momentum, views);
  },
};

export function lower<K extends Kind>(step: Step<K>, at: Lowering): Dispatch[] {
  const made = (lowerings[step.node.kind] as Lower<K>)(step, at);
  return Array.isArray(made) ? made : [made];
}

/** The one dispatch of steps that `findTogether` put together. `table` makes a buffer of fixed values. */
export function lowerTogether(
  steps: readonly Step[],
  viewOf: (tensor: Tensor) => BufferView,
  table: (values: Uint32Array<ArrayBuffer>) => BufferView,
): Dispatch[] {
  const all = (input: number) => span(steps.map(({ inputs }) => viewOf(inputs[input]!)));
  const { node } = steps[0]!;
  if (node.kind === "adam") {
    const x = all(0);
    const views = { x, m: all(1), v: all(2), dx: all(3), rate: viewOf(node.inputs[4]!) };
    return [kernels.adam(x.bytes / 4, (node as Node<"adam">).attributes, views)];
  }
  if (node.kind === "movingAverage") {
    const average = all(0);
    return [kernels.movingAverage(average.bytes / 4, { average, values: all(1), rate: viewOf(node.inputs[2]!) })];
  }
  if (node.kind === "runningAverage") {
    const [running, values] = [all(0), all(1)];
    const places = steps.map(({ inputs: [average, rows] }) => ({
      running: (viewOf(average!).offset - running.offset) / 4,
      values: (viewOf(rows!).offset - values.offset) / 4,
      size: sizeOf(average!.shape),
    }));
    const { momentum } = (node as Node<"runningAverage">).attributes;
    const [size, rows] = [running.bytes / 4, node.inputs[1]!.shape[0]!];
    if (rows === 1 && places.every((place) => place.running === place.values)) {
      return [kernels.runningAverage(size, 1, momentum, { running, values })];
    }
    const views = { running, values, places: table(kernels.averagePlaces(places)) };
    return [kernels.runningAverages(size, rows, momentum, views)];
  }
  throw new Error(`${node.kind} steps cannot be done together`);
}

/** From the first of some views of one buffer to the end of the last. */
function span(views: readonly BufferView[]): BufferView {
  const [first, last] = [views[0]!, views.at(-1)!];
  return { ...first, bytes: last.offset + last.bytes - first.offset };
}

function product(at: Lowering) {
  const views = { x: at.in[0]!, weight: at.in[1]!, y: at.out[0]! };
  return at.bias ? { ...views, bias: at.bias } : views;
}

function scratch(at: Lowering, bytes: number): { scratch?: BufferView } {
  return bytes > 0 ? { scratch: at.scratch(bytes) } : {};
}

function normScratch(at: Lowering, shape: kernels.BatchNormShape): { parts: BufferView; whole?: BufferView } {
  const { parts, whole } = kernels.batchNormScratch(at.device, shape);
  return { parts: at.scratch(parts), ...(whole > 0 ? { whole: at.scratch(whole) } : {}) };
}

function normalised(at: Lowering) {
  const [dy, x, mean, variance, gamma, beta] = at.in as BufferView[] & { length: 6 };
  return { dy: dy!, x: x!, mean: mean!, variance: variance!, gamma: gamma!, beta: beta! };
}

function shift(step: Step, at: Lowering, rows: number): Dispatch {
  const { shape } = step.inputs[0]!;
  const row = sizeOf(shape) / shape[0]!;
  return kernels.shift(size(step), sizeOf(shape), rows * row, unary(at));
}

const unary = (at: Lowering) => ({ x: at.in[0]!, y: at.out[0]! });
const binary = (at: Lowering) => ({ a: at.in[0]!, b: at.in[1]!, y: at.out[0]! });
const fromOutput = (at: Lowering) => ({ dy: at.in[0]!, y: at.in[1]!, dx: at.out[0]! });
