/**
 * jax-js on its WebGPU back end, under `jit`. It convolves NCHW with filters [out, in, K, K], so it is given its operands in
 * that order, and results are compared in ours. It counts references; functions here never consume what they are given.
 */

import type { ConvGeometry } from "@kintsugi/geometry";
import { patiently } from "@kintsugi/gpu";
import { initialValues } from "@kintsugi/nn";
import { create, globals } from "webgpu";
import { type Direction, geometryOf, operands } from "../conv.bench.js";
import { stateSpecs } from "../networks.js";
import { configOf, latents, maskWeights, SEED, trainingImages } from "../steps.bench.js";
import type { Contestant, PeerCase, Prepared } from "./contestant.js";
import { discriminatorOf, generatorOf, type Operations } from "./model.js";
import { permute } from "./permute.js";

type Jax = typeof import("@jax-js/jax");
type Tensor = import("@jax-js/jax").Array;
type Tensors = Record<string, Tensor>;

const NHWC_TO_NCHW = [0, 3, 1, 2];

export async function openJax(): Promise<Contestant> {
  Object.assign(globalThis, globals);
  const gpu = create([]);
  Object.defineProperty(globalThis, "navigator", { value: { gpu, userAgent: "node" }, configurable: true });
  const jax = await import("@jax-js/jax");
  await jax.init("webgpu");
  jax.defaultDevice("webgpu");
  return {
    version: VERSION,
    prepare: async (given) => (given.kind === "kernel" ? kernel(jax, given) : step(jax, given)),
  };
}

/** It does not tell its version; this is the one of the catalog. */
const VERSION = "0.1.25";

const settled = (jax: Jax) => patiently(jax.getWebGPUDevice().queue.onSubmittedWorkDone());

/** Dispatches all that is pending of these, and waits for the device. */
async function finish(jax: Jax, values: readonly Tensor[]): Promise<void> {
  const ready = patiently(jax.blockUntilReady([...values]));
  await ready;
  await settled(jax);
}

function upload(jax: Jax, values: Float32Array, shape: readonly number[], order?: readonly number[]): Tensor {
  const ordered = order ? permute(values, shape, order) : values;
  const sides = order ? order.map((axis) => shape[axis]!) : [...shape];
  return jax.numpy.array(ordered as Float32Array<ArrayBuffer>).reshape(sides);
}

/** Our filters [K, K, fine, coarse] as [coarse, fine, K, K]. */
const FORWARD_FILTER = [3, 2, 0, 1];

function kernel(jax: Jax, { layer, direction, batch }: PeerCase & { kind: "kernel" }): Prepared {
  const { lax, numpy: np } = jax;
  const g = geometryOf(layer, batch);
  const values = operands(g);
  const fine = upload(jax, values.fine, [g.batch, g.fineHeight, g.fineWidth, g.fineChannels], NHWC_TO_NCHW);
  const coarse = upload(jax, values.coarse, [g.batch, g.coarseHeight, g.coarseWidth, g.coarseChannels], NHWC_TO_NCHW);
  const weight = upload(jax, values.weight, [g.kernel, g.kernel, g.fineChannels, g.coarseChannels], FORWARD_FILTER);
  const padding = paddings(g);
  const functions: Record<Direction, (fine: Tensor, coarse: Tensor, weight: Tensor) => Tensor> = {
    forward: (x, _, w) => lax.convGeneralDilated(x.ref, w.ref, [2, 2], padding.forward),
    // The transpose of a strided convolution: the input dilated, the filter turned around.
    "input gradient": (_, y, w) =>
      lax.convGeneralDilated(y.ref, np.flip(np.transpose(w.ref, [1, 0, 2, 3]), [2, 3]), [1, 1], padding.input, {
        lhsDilation: [2, 2],
      }),
    // Over pixels: channels as batch, batch as channels, and the coarse image as the dilated filter.
    "filter gradient": (x, y) =>
      np.transpose(
        lax.convGeneralDilated(
          np.transpose(x.ref, [1, 0, 2, 3]),
          np.transpose(y.ref, [1, 0, 2, 3]),
          [1, 1],
          padding.filter,
          { rhsDilation: [2, 2] },
        ),
        [2, 3, 0, 1],
      ),
  };
  const compiled = jax.jit(functions[direction]);
  const once = () => compiled(fine.ref, coarse.ref, weight.ref);
  return {
    async run() {
      const made = once();
      await finish(jax, [made.ref]);
      made.dispose();
    },
    async result(sampled) {
      const made = once();
      // The filter's gradient is [K, K, fine, coarse] already.
      const ours = direction === "filter gradient" ? made : np.transpose(made, [0, 2, 3, 1]);
      const all = await ours.data();
      return sampled.map((at) => all[at]!);
    },
    dispose() {
      for (const value of [fine, coarse, weight]) value.dispose();
      compiled.dispose();
    },
  };
}

/** What each convolution pads, before and after, so that its output has the size it must have. */
function paddings(g: ConvGeometry) {
  const axis = (
    fine: number,
    coarse: number,
    before: number,
  ): Record<"forward" | "input" | "filter", [number, number]> => {
    const dilated = (coarse - 1) * g.stride + 1;
    const low = g.kernel - 1 - before;
    return {
      forward: [before, dilated + g.kernel - 1 - fine - before],
      input: [low, fine + g.kernel - 1 - dilated - low],
      filter: [before, g.kernel - 1 + dilated - fine - before],
    };
  };
  const rows = axis(g.fineHeight, g.coarseHeight, g.padTop);
  const columns = axis(g.fineWidth, g.coarseWidth, g.padLeft);
  return {
    forward: [rows.forward, columns.forward],
    input: [rows.input, columns.input],
    filter: [rows.filter, columns.filter],
  };
}

function operationsOf({ lax, numpy: np, nn }: Jax): Operations<Tensor> {
  const perChannel = (x: Tensor) => np.reshape(x.ref, [1, -1, 1, 1]);
  return {
    linear: (x, matrix, bias) => np.matmul(x.ref, matrix.ref).add(bias.ref),
    toImage: (x, channels) => np.transpose(np.reshape(x.ref, [-1, 4, 4, channels]), NHWC_TO_NCHW),
    toRows: (x) => np.reshape(np.transpose(x.ref, [0, 2, 3, 1]), [x.shape[0]!, -1]),
    conv: (x, w, bias) =>
      lax
        .convGeneralDilated(
          x.ref,
          w.ref,
          [2, 2],
          [
            [1, 2],
            [1, 2],
          ],
        )
        .add(perChannel(bias)),
    convTranspose: (x, w, bias) =>
      lax
        .convGeneralDilated(
          x.ref,
          np.flip(np.transpose(w.ref, [1, 0, 2, 3]), [2, 3]),
          [1, 1],
          // SAME at an even size pads 1 before and 2 after; its transpose pads 4 − 1 before, and so 2 after.
          [
            [3, 2],
            [3, 2],
          ],
          { lhsDilation: [2, 2] },
        )
        .add(perChannel(bias)),
    norm(x, gamma, beta, statistics) {
      const mean = statistics ? perChannel(statistics.mean) : np.mean(x.ref, [0, 2, 3], { keepdims: true });
      const centred = x.ref.sub(mean);
      const variance = statistics
        ? perChannel(statistics.variance)
        : np.mean(np.square(centred.ref), [0, 2, 3], { keepdims: true });
      const rstd = np.reciprocal(np.sqrt(variance.add(1e-5)));
      return centred.mul(rstd.mul(perChannel(gamma))).add(perChannel(beta));
    },
    leakyRelu: (x, slope) => (slope === 0 ? nn.relu(x.ref) : nn.leakyRelu(x.ref, slope)),
    tanh: (x) => np.tanh(x.ref),
  };
}

function step(
  jax: Jax,
  { kind, architecture, width, batch }: PeerCase & { kind: "training" | "completion" },
): Prepared {
  const { numpy: np, nn } = jax;
  const config = configOf(width);
  const ops = operationsOf(jax);
  const specs = stateSpecs(architecture, config).filter(({ name }) => !name.startsWith("adam"));
  const values = initialValues(stateSpecs(architecture, config), SEED);
  const all: Tensors = {};
  for (const { name, shape } of specs) {
    const order = shape.length === 4 ? FORWARD_FILTER : undefined;
    all[name] = upload(jax, values.get(name)!, shape, order);
  }
  const pick = (wanted: (spec: (typeof specs)[number]) => boolean): Tensors =>
    Object.fromEntries(specs.filter(wanted).map(({ name }) => [name, all[name]!]));
  const fixed = pick(({ trainable }) => !trainable);
  const networks: Record<"G" | "D", Tensors> = {
    G: pick(({ name, trainable }) => trainable && name.startsWith("generator")),
    D: pick(({ name, trainable }) => trainable && name.startsWith("discriminator")),
  };
  const zeros = (of: Tensors): Tensors =>
    Object.fromEntries(Object.entries(of).map(([name, value]) => [name, np.zeros(value.shape)]));
  const moments = { G: [zeros(networks.G), zeros(networks.G)], D: [zeros(networks.D), zeros(networks.D)] };
  const { size, channels, nz } = config;
  const images = upload(jax, trainingImages(config, batch), [batch, size, size, channels], NHWC_TO_NCHW);
  const weights = upload(jax, maskWeights(config, batch), [batch, 1, size, size]);
  const loss = (x: Tensor, goal: 0 | 1) => np.mean(nn.softplus(goal === 1 ? x.neg() : x));
  const generated = (g: Tensors, f: Tensors, z: Tensor, trained = false) =>
    generatorOf(ops, (name) => g[name] ?? f[name]!, architecture, config, z, trained);
  const judged = (d: Tensors, f: Tensors, x: Tensor, trained = false) =>
    discriminatorOf(ops, (name) => d[name] ?? f[name]!, config, x, trained);
  /** One step of Adam over a tree; `rate` has the bias correction in it. */
  const descend = (x: Tensors, m: Tensors, v: Tensors, dx: Tensors, rate: Tensor, beta1: number) => {
    const next: [Tensors, Tensors, Tensors] = [{}, {}, {}];
    for (const name of Object.keys(x)) {
      const m1 = m[name]!.ref.mul(beta1).add(dx[name]!.ref.mul(1 - beta1));
      const v1 = v[name]!.ref.mul(0.999).add(np.square(dx[name]!.ref).mul(0.001));
      next[0][name] = x[name]!.ref.sub(rate.ref.mul(m1.ref).div(np.sqrt(v1.ref).add(1e-8)));
      next[1][name] = m1;
      next[2][name] = v1;
    }
    return next;
  };
  const rateAt = (lr: number, beta1: number, t: number) =>
    np.array((lr * Math.sqrt(1 - 0.999 ** t)) / (1 - beta1 ** t));

  const stepD = jax.jit(
    (d: Tensors, m: Tensors, v: Tensors, g: Tensors, f: Tensors, x: Tensor, z: Tensor, rate: Tensor) => {
      const fake = generated(g, f, z);
      const objective = (d: Tensors) => {
        const [real, wrong] = [loss(judged(d, f, x), 1), loss(judged(d, f, fake), 0)];
        return [real.ref.add(wrong.ref), [real, wrong]] as [Tensor, Tensor[]];
      };
      const [[, losses], dx] = jax.valueAndGrad(objective, { hasAux: true })(d) as unknown as [
        [Tensor, Tensor[]],
        Tensors,
      ];
      return [descend(d, m, v, dx, rate, 0.5), losses] as [[Tensors, Tensors, Tensors], Tensor[]];
    },
  );
  const stepG = jax.jit((g: Tensors, m: Tensors, v: Tensors, d: Tensors, f: Tensors, z: Tensor, rate: Tensor) => {
    const objective = (g: Tensors) => loss(judged(d, f, generated(g, f, z)), 1);
    const [value, dx] = jax.valueAndGrad(objective)(g) as unknown as [Tensor, Tensors];
    return [descend(g, m, v, dx, rate, 0.5), value] as [[Tensors, Tensors, Tensors], Tensor];
  });
  const stepZ = jax.jit(
    (z: Tensors, m: Tensors, v: Tensors, g: Tensors, d: Tensors, f: Tensors, y: Tensor, w: Tensor, rate: Tensor) => {
      const objective = ({ z }: Tensors) => {
        const hats = generated(g, f, z!, true);
        const contextual = np.sum(w.ref.mul(np.abs(hats.ref.sub(y.ref))));
        return contextual.add(np.sum(nn.softplus(judged(d, f, hats, true).neg())).mul(0.1));
      };
      const [value, dx] = jax.valueAndGrad(objective)(z) as unknown as [Tensor, Tensors];
      const [next, m1, v1] = descend(z, m, v, dx, rate, 0.9);
      return [[{ z: np.clip(next.z!, -1, 1) }, m1, v1], value] as [[Tensors, Tensors, Tensors], Tensor];
    },
  );

  let z: Tensors = { z: upload(jax, latents(config, batch), [batch, nz]) };
  let zMoments = [zeros(z), zeros(z)];
  const ref = (tree: Tensors) => jax.tree.ref(tree);
  const losses: Tensor[] = [];
  let t = 0;
  const train = () => {
    t++;
    const [[d, dm, dv], [real, wrong]] = stepD(
      networks.D,
      moments.D[0]!,
      moments.D[1]!,
      ref(networks.G),
      ref(fixed),
      images.ref,
      z.z!.ref,
      rateAt(2e-4, 0.5, t),
    );
    networks.D = d;
    moments.D = [dm, dv];
    losses.push(real!, wrong!);
    for (let i = 0; i < 2; i++) {
      const [[g, gm, gv], value] = stepG(
        networks.G,
        moments.G[0]!,
        moments.G[1]!,
        ref(networks.D),
        ref(fixed),
        z.z!.ref,
        rateAt(2e-4, 0.5, 2 * t - 1 + i),
      );
      networks.G = g;
      moments.G = [gm, gv];
      losses.push(value);
    }
  };
  const complete = () => {
    t++;
    const [[next, m, v], value] = stepZ(
      z,
      zMoments[0]!,
      zMoments[1]!,
      ref(networks.G),
      ref(networks.D),
      ref(fixed),
      images.ref,
      weights.ref,
      rateAt(0.01, 0.9, t),
    );
    z = next;
    zMoments = [m, v];
    losses.push(value);
  };
  let first: number[] | undefined;
  const perStep = kind === "training" ? 4 : 1;
  return {
    async run() {
      (kind === "training" ? train : complete)();
      const state = kind === "training" ? [...Object.values(networks.G), ...Object.values(networks.D)] : [z.z!];
      await finish(jax, [...state.map((value) => value.ref), ...losses.map((value) => value.ref)]);
    },
    async result() {
      first ??= await Promise.all(losses.slice(0, perStep).map(async (value) => Number((await value.ref.data())[0]!)));
      return first;
    },
    dispose() {},
  };
}
