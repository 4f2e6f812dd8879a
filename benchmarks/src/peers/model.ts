/** The networks and losses, written once over the few operations that the other libraries are asked for. */
import { type DcganConfig, depthOf } from "@kintsugi/dcgan";
import { type Architecture, widthsOf } from "../networks.js";

/** Operations of a library on its own tensors. Images and filters may lie in memory as the library likes them best. */
export interface Operations<T> {
  /** x·matrix + bias; x [N, in]. */
  linear(x: T, matrix: T, bias: T): T;
  /** [N, 4·4·C], in our order of channels, as an image, and back. */
  toImage(x: T, channels: number): T;
  toRows(x: T): T;
  /** 5×5, stride 2, SAME, with its bias. */
  conv(x: T, w: T, bias: T): T;
  convTranspose(x: T, w: T, bias: T): T;
  /** By the batch's own statistics, or by those that are given. */
  norm(x: T, gamma: T, beta: T, statistics?: { readonly mean: T; readonly variance: T }): T;
  leakyRelu(x: T, slope: number): T;
  tanh(x: T): T;
}

/** Finds a parameter by our name for it. */
export type Parameters<T> = (name: string) => T;

function normalise<T>(ops: Operations<T>, get: Parameters<T>, name: string, x: T, trained: boolean): T {
  const statistics = { mean: () => get(`${name}/moving_mean`), variance: () => get(`${name}/moving_variance`) };
  const [gamma, beta] = [get(`${name}/gamma`), get(`${name}/beta`)];
  if (!trained) return ops.norm(x, gamma, beta);
  return ops.norm(x, gamma, beta, { mean: statistics.mean(), variance: statistics.variance() });
}

/** @param trained by the running statistics instead of the batch's */
export function generatorOf<T>(
  ops: Operations<T>,
  get: Parameters<T>,
  architecture: Architecture,
  config: DcganConfig,
  z: T,
  trained = false,
): T {
  const widths = widthsOf(architecture, config);
  const lin = "generator/g_h0_lin";
  let x = ops.toImage(ops.linear(z, get(`${lin}/Matrix`), get(`${lin}/bias`)), widths[0]!);
  for (let i = 0; i + 1 < widths.length; i++) {
    x = ops.leakyRelu(normalise(ops, get, `generator/g_bn${i}`, x, trained), 0);
    x = ops.convTranspose(x, get(`generator/g_h${i + 1}/w`), get(`generator/g_h${i + 1}/biases`));
  }
  return ops.tanh(x);
}

/** Logits [N, 1]. */
export function discriminatorOf<T>(
  ops: Operations<T>,
  get: Parameters<T>,
  config: DcganConfig,
  images: T,
  trained = false,
): T {
  const depth = depthOf(config);
  let x = images;
  for (let i = 0; i < depth; i++) {
    x = ops.conv(x, get(`discriminator/d_h${i}_conv/w`), get(`discriminator/d_h${i}_conv/biases`));
    if (i > 0) x = normalise(ops, get, `discriminator/d_bn${i}`, x, trained);
    x = ops.leakyRelu(x, 0.2);
  }
  const lin = `discriminator/d_h${depth - 1}_lin`;
  return ops.linear(ops.toRows(x), get(`${lin}/Matrix`), get(`${lin}/bias`));
}
