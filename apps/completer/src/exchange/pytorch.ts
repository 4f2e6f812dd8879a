/**
 * A model as PyTorch's DCGAN example names and lays it out, and back. Convolutions there are [out, in, k, k], transposed ones
 * [in, out, k, k], channels before pixels; here all are [k, k, fine, coarse]. Biases in front of a batch norm, which the
 * example has not, go into the norm's running mean: γ(x + b − μ)/σ + β is the same with μ − b. Source: the `main` of
 * `Generator` and `Discriminator` in https://github.com/pytorch/examples/blob/main/dcgan/main.py
 */
import { type DcganConfig, depthOf, type Model, ModelError } from "@kintsugi/dcgan";
import type { SafetensorsTensor } from "@kintsugi/nn";

export type Tensors = Map<string, SafetensorsTensor>;
export type NamedTensors = ReadonlyMap<string, SafetensorsTensor>;

/** Moves axes: the element at `index` of the result is that at `index` permuted, so that result axis a is `axes[a]`. */
export function permute(values: Float32Array, shape: readonly number[], axes: readonly number[]): Float32Array {
  const strides = shape.map((_, axis) => shape.slice(axis + 1).reduce((product, side) => product * side, 1));
  const sides = axes.map((axis) => shape[axis]!);
  const out = new Float32Array(values.length);
  const index = sides.map(() => 0);
  for (let at = 0; at < out.length; at++) {
    out[at] = values[index.reduce((sum, i, a) => sum + i * strides[axes[a]!]!, 0)]!;
    for (let a = sides.length - 1; a >= 0 && ++index[a]! === sides[a]; a--) index[a] = 0;
  }
  return out;
}

const f32 = (shape: readonly number[], values: Float32Array): SafetensorsTensor => ({
  dtype: "F32",
  shape: [...shape],
  values,
});

/** Norms by their four tensors, ours first. */
const NORM = [
  ["gamma", "weight"],
  ["beta", "bias"],
  ["moving_mean", "running_mean"],
  ["moving_variance", "running_var"],
] as const;

/** Where the example has the layers of a depth: [our convolution, its place, our norm behind it, its place]. */
function layers({ config }: Pick<Model, "config">) {
  const depth = depthOf(config);
  const steps = Array.from({ length: depth }, (_, i) => i);
  return {
    generator: steps.map((i) => ({
      conv: `generator/g_h${i + 1}`,
      place: `main.${3 * (i + 1)}`,
      ...(i + 1 < depth ? { norm: `generator/g_bn${i + 1}`, normPlace: `main.${3 * (i + 1) + 1}` } : {}),
    })),
    discriminator: steps.map((i) => ({
      conv: `discriminator/d_h${i}_conv`,
      place: `main.${i === 0 ? 0 : 3 * i - 1}`,
      ...(i > 0 ? { norm: `discriminator/d_bn${i}`, normPlace: `main.${3 * i}` } : {}),
    })),
    last: { linear: `discriminator/d_h${depth - 1}_lin`, place: `main.${3 * depth - 1}` },
  };
}

/**
 * Both state dicts. A weight whose layer has a bias that the example lacks gets a fifth axis of 1, so that the example's module
 * refuses it instead of dropping the bias in silence, which `load_state_dict(…, strict=False)` does. Beyond the example's tensors, only where they are not 0: `main.0.bias_map` [C, 4, 4] of the generator (ours
 * has a bias for each of the first 4×4 pixels), `bias` of its last convolution, and of the discriminator's first and last.
 */
export function toPyTorch(model: Model): { readonly generator: Tensors; readonly discriminator: Tensors } {
  const { config, values } = model;
  const get = (name: string) => values.get(name)!;
  const map = layers(model);
  const [generator, discriminator]: [Tensors, Tensors] = [new Map(), new Map()];
  const putNorm = (into: Tensors, norm: string, place: string, bias: Float32Array) => {
    for (const [ours, theirs] of NORM) {
      const found = get(`${norm}/${ours}`);
      const shifted = ours === "moving_mean" ? found.map((mean, c) => mean - bias[c]!) : found;
      into.set(`${place}.${theirs}`, f32([found.length], shifted));
    }
  };
  const putBias = (into: Tensors, place: string, bias: Float32Array, name = "bias", shape = [bias.length]) => {
    if (bias.every((value) => value === 0)) return;
    into.set(`${place}.${name}`, f32(shape, bias));
    const weight = into.get(`${place}.weight`)!;
    into.set(`${place}.weight`, { ...weight, shape: [...weight.shape, 1] });
  };
  const { nz, kernel } = config;
  const channels = get("generator/g_h0_lin/Matrix").length / (16 * nz);
  const first = permute(get("generator/g_h0_lin/Matrix"), [nz, 4, 4, channels], [0, 3, 1, 2]);
  generator.set("main.0.weight", f32([nz, channels, 4, 4], first));
  const bias = permute(get("generator/g_h0_lin/bias"), [4, 4, channels], [2, 0, 1]);
  putBias(generator, "main.0", bias, "bias_map", [channels, 4, 4]);
  putNorm(generator, "generator/g_bn0", "main.1", new Float32Array(channels));

  const put = (into: Tensors, { conv, place, norm, normPlace }: (typeof map.generator)[number]) => {
    const weight = get(`${conv}/w`);
    const biases = get(`${conv}/biases`);
    const fine = into === generator ? biases.length : weight.length / (kernel ** 2 * biases.length);
    const coarse = weight.length / (kernel ** 2 * fine);
    const laid = permute(weight, [kernel, kernel, fine, coarse], [3, 2, 0, 1]);
    into.set(`${place}.weight`, f32([coarse, fine, kernel, kernel], laid));
    if (norm && normPlace) putNorm(into, norm, normPlace, biases);
    else putBias(into, place, biases);
  };
  for (const layer of map.generator) put(generator, layer);
  for (const layer of map.discriminator) put(discriminator, layer);

  const matrix = get(`${map.last.linear}/Matrix`);
  const wide = matrix.length / 16;
  discriminator.set(`${map.last.place}.weight`, f32([1, wide, 4, 4], permute(matrix, [4, 4, wide], [2, 0, 1])));
  putBias(discriminator, map.last.place, get(`${map.last.linear}/bias`));
  return { generator, discriminator };
}

/**
 * A model from the state dicts of PyTorch's example, or from what `toPyTorch` wrote. Its sizes are read from the shapes; biases
 * that are not there are 0. Throws ModelError.
 */
export function fromPyTorch(generator: NamedTensors, discriminator: NamedTensors): Model {
  const config = configOf(generator, discriminator);
  const values = new Map<string, Float32Array>();
  const map = layers({ config });
  const floats = (from: NamedTensors, name: string, length: number): Float32Array => {
    const found = from.get(name);
    const which = from === generator ? "generator" : "discriminator";
    if (!found) throw new ModelError(`the ${which} has no ${name}; is it PyTorch's DCGAN example?`);
    if (!(found.values instanceof Float32Array)) throw new ModelError(`${name} is ${found.dtype}, not a float`);
    if (found.values.length !== length) {
      throw new ModelError(`the ${which}'s ${name} is [${found.shape}], not of ${length} values`);
    }
    return found.values;
  };
  const orZero = (from: NamedTensors, name: string, length: number) =>
    from.has(name) ? floats(from, name, length) : new Float32Array(length);
  const takeNorm = (from: NamedTensors, norm: string, place: string, channels: number) => {
    for (const [ours, theirs] of NORM) values.set(`${norm}/${ours}`, floats(from, `${place}.${theirs}`, channels));
  };
  const { nz, kernel, ngf, ndf } = config;
  const depth = depthOf(config);
  const wide = ngf * 2 ** (depth - 1);
  const first = floats(generator, "main.0.weight", nz * wide * 16);
  values.set("generator/g_h0_lin/Matrix", permute(first, [nz, wide, 4, 4], [0, 2, 3, 1]));
  const bias = orZero(generator, "main.0.bias_map", wide * 16);
  values.set("generator/g_h0_lin/bias", permute(bias, [wide, 4, 4], [1, 2, 0]));
  takeNorm(generator, "generator/g_bn0", "main.1", wide);

  const take = (from: NamedTensors, layer: (typeof map.generator)[number], fine: number, coarse: number) => {
    const { conv, place, norm, normPlace } = layer;
    const out = from === generator ? fine : coarse;
    const weight = floats(from, `${place}.weight`, coarse * fine * kernel ** 2);
    values.set(`${conv}/w`, permute(weight, [coarse, fine, kernel, kernel], [2, 3, 1, 0]));
    values.set(`${conv}/biases`, orZero(from, `${place}.bias`, out));
    if (norm && normPlace) takeNorm(from, norm, normPlace, out);
  };
  map.generator.forEach((layer, i) => {
    take(generator, layer, i + 1 < depth ? wide / 2 ** (i + 1) : config.channels, wide / 2 ** i);
  });
  map.discriminator.forEach((layer, i) => {
    take(discriminator, layer, i === 0 ? config.channels : ndf * 2 ** (i - 1), ndf * 2 ** i);
  });
  const last = ndf * 2 ** (depth - 1);
  const head = floats(discriminator, `${map.last.place}.weight`, 16 * last);
  values.set(`${map.last.linear}/Matrix`, permute(head, [last, 4, 4], [1, 2, 0]));
  values.set(`${map.last.linear}/bias`, orZero(discriminator, `${map.last.place}.bias`, 1));
  return { config, values, metadata: {} };
}

function configOf(generator: NamedTensors, discriminator: NamedTensors): DcganConfig {
  const shape = (from: NamedTensors, name: string): readonly number[] => {
    const { length = 0, 4: last } = from.get(name)?.shape ?? [];
    if (length === 4 || (length === 5 && last === 1)) return from.get(name)!.shape.slice(0, 4);
    const which = from === generator ? "generator" : "discriminator";
    throw new ModelError(`the ${which} has no convolution ${name}; is it PyTorch's DCGAN example?`);
  };
  const [nz] = shape(generator, "main.0.weight");
  const depth = Array.from({ length: 8 }, (_, i) => i + 1).findIndex((i) => !generator.has(`main.${3 * i}.weight`));
  if (depth < 1) throw new ModelError("the generator has no transposed convolutions");
  const [ngf, channels, kernel] = shape(generator, `main.${3 * depth}.weight`);
  const [ndf] = shape(discriminator, "main.0.weight");
  // The example draws z from a normal distribution.
  return { size: 4 * 2 ** depth, channels: channels!, nz: nz!, ngf: ngf!, ndf: ndf!, kernel: kernel!, z: "normal" };
}
