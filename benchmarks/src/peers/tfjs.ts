/** TensorFlow.js on its WebGPU back end. Its layouts are ours: NHWC, filters [K, K, fine, coarse]. */
import { patiently } from "@kintsugi/gpu";
import { initialValues } from "@kintsugi/nn";
import * as tf from "@tensorflow/tfjs-core";
import "@tensorflow/tfjs-core/dist/register_all_gradients.js";
import { create, globals } from "webgpu";
import { geometryOf, operands } from "../conv.bench.js";
import { stateSpecs } from "../networks.js";
import { configOf, latents, maskWeights, SEED, trainingImages } from "../steps.bench.js";
import type { Contestant, PeerCase, Prepared } from "./contestant.js";
import { discriminatorOf, generatorOf, type Operations } from "./model.js";

type Image = tf.Tensor4D;

/** The part of its back end that waits. */
interface WebGpu {
  readonly device: GPUDevice;
  readonly commandEncoder: GPUCommandEncoder | null;
  endComputePassEncoder(): void;
  submitQueue(): void;
}

export async function openTfjs(): Promise<Contestant> {
  Object.assign(globalThis, globals);
  const gpu = create([]);
  // Held here too: Dawn dies with its instance.
  Object.defineProperty(globalThis, "navigator", { value: { gpu, userAgent: "node" }, configurable: true });
  await import("@tensorflow/tfjs-backend-webgpu");
  await tf.setBackend("webgpu");
  // 4.22's own choice of a program for small products gives a wrong gradient in z.
  tf.env().set("WEBGPU_MATMUL_PROGRAM_TYPE", 3);
  return {
    version: tf.version_core,
    prepare: async (given) => (given.kind === "kernel" ? kernel(given) : step(given)),
  };
}

/** Submits what tfjs holds back, and waits as we wait ourselves: awaiting eagerly would slow a software adapter. */
async function settled(): Promise<void> {
  const backend = tf.backend() as unknown as WebGpu;
  backend.endComputePassEncoder();
  if (backend.commandEncoder) backend.submitQueue();
  await patiently(backend.device.queue.onSubmittedWorkDone());
}

function kernel({ layer, direction, batch }: PeerCase & { kind: "kernel" }): Prepared {
  const g = geometryOf(layer, batch);
  const values = operands(g);
  const fineShape = [g.batch, g.fineHeight, g.fineWidth, g.fineChannels] as [number, number, number, number];
  const fine = tf.tensor4d(values.fine, fineShape);
  const coarse = tf.tensor4d(values.coarse, [g.batch, g.coarseHeight, g.coarseWidth, g.coarseChannels]);
  const weight = tf.tensor4d(values.weight, [g.kernel, g.kernel, g.fineChannels, g.coarseChannels]);
  const once = {
    forward: () => tf.conv2d(fine, weight, 2, "same"),
    "input gradient": () => tf.conv2dTranspose(coarse, weight, fineShape, 2, "same"),
    "filter gradient": () =>
      tf
        .engine()
        .runKernel(
          "Conv2DBackpropFilter",
          { x: fine, dy: coarse },
          { strides: [2, 2], pad: "same", dataFormat: "NHWC", filterShape: weight.shape },
        ) as tf.Tensor,
  }[direction];
  return {
    async run() {
      const made = once();
      await settled();
      made.dispose();
    },
    async result(sampled) {
      const made = once();
      const all = await made.data();
      made.dispose();
      return sampled.map((at) => all[at]!);
    },
    dispose: () => tf.dispose([fine, coarse, weight]),
  };
}

const operations: Operations<tf.Tensor> = {
  linear: (x, matrix, bias) => tf.add(tf.matMul(x as tf.Tensor2D, matrix as tf.Tensor2D), bias),
  toImage: (x, channels) => tf.reshape(x, [-1, 4, 4, channels]),
  toRows: (x) => tf.reshape(x, [x.shape[0]!, -1]),
  conv: (x, w, bias) => tf.add(tf.conv2d(x as Image, w as Image, 2, "same"), bias),
  convTranspose(x, w, bias) {
    const [n, h, width] = x.shape as [number, number, number];
    return tf.add(tf.conv2dTranspose(x as Image, w as Image, [n, 2 * h, 2 * width, w.shape[2]!], 2, "same"), bias);
  },
  norm(x, gamma, beta, statistics) {
    const { mean, variance } = statistics ?? tf.moments(x, [0, 1, 2]);
    return tf.batchNorm(
      x,
      mean as tf.Tensor1D,
      variance as tf.Tensor1D,
      beta as tf.Tensor1D,
      gamma as tf.Tensor1D,
      1e-5,
    );
  },
  leakyRelu: (x, slope) => (slope === 0 ? tf.relu(x) : tf.leakyRelu(x, slope)),
  tanh: (x) => tf.tanh(x),
};

function step({ kind, architecture, width, batch }: PeerCase & { kind: "training" | "completion" }): Prepared {
  const config = configOf(width);
  const specs = stateSpecs(architecture, config).filter(({ name }) => !name.startsWith("adam"));
  const values = initialValues(stateSpecs(architecture, config), SEED);
  const variables = new Map(
    specs.map(({ name, shape, trainable }) => [name, tf.variable(tf.tensor(values.get(name)!, [...shape]), trainable)]),
  );
  const get = (name: string): tf.Tensor => variables.get(name)!;
  const of = (network: string) =>
    specs
      .filter(({ name, trainable }) => trainable && name.startsWith(network))
      .map(({ name }) => variables.get(name)!);
  const images = tf.tensor4d(trainingImages(config, batch), [batch, config.size, config.size, config.channels]);
  let z: tf.Tensor = tf.tensor2d(latents(config, batch), [batch, config.nz]);
  const losses: tf.Tensor[] = [];
  const made = () => generatorOf(operations, get, architecture, config, z);
  // −log D and −log(1 − D) of a logit.
  const loss = (x: tf.Tensor, goal: 0 | 1) => tf.mean(tf.softplus(goal === 1 ? tf.neg(x) : x)) as tf.Scalar;

  const adam = { D: tf.train.adam(2e-4, 0.5, 0.999, 1e-8), G: tf.train.adam(2e-4, 0.5, 0.999, 1e-8) };
  const training = () => {
    const fake = tf.tidy(made);
    const dLoss = adam.D.minimize(
      () => {
        const real = loss(discriminatorOf(operations, get, config, images), 1);
        const wrong = loss(discriminatorOf(operations, get, config, fake), 0);
        losses.push(tf.keep(tf.clone(real)), tf.keep(tf.clone(wrong)));
        return tf.add(real, wrong);
      },
      false,
      of("discriminator"),
    );
    dLoss?.dispose();
    fake.dispose();
    for (let i = 0; i < 2; i++) {
      losses.push(
        adam.G.minimize(() => loss(discriminatorOf(operations, get, config, made()), 1), true, of("generator"))!,
      );
    }
  };

  const weights = tf.tensor4d(maskWeights(config, batch), [batch, config.size, config.size, 1]);
  let [m, v]: tf.Tensor[] = [tf.zerosLike(z), tf.zerosLike(z)];
  let t = 0;
  const objective = (at: tf.Tensor) => {
    const hats = generatorOf(operations, get, architecture, config, at, true);
    const contextual = tf.sum(tf.mul(weights, tf.abs(tf.sub(hats, images))));
    const logits = discriminatorOf(operations, get, config, hats, true);
    return tf.add(contextual, tf.mul(0.1, tf.sum(tf.softplus(tf.neg(logits))))) as tf.Scalar;
  };
  const completion = () => {
    t++;
    const before = [z, m!, v!];
    const [value, next] = tf.tidy(() => {
      const { value, grad } = tf.valueAndGrad(objective)(z);
      const m1 = tf.add(tf.mul(0.9, m!), tf.mul(0.1, grad));
      const v1 = tf.add(tf.mul(0.999, v!), tf.mul(0.001, tf.square(grad)));
      const move = tf.div(tf.div(m1, 1 - 0.9 ** t), tf.add(tf.sqrt(tf.div(v1, 1 - 0.999 ** t)), 1e-8));
      return [value, [tf.clipByValue(tf.sub(z, tf.mul(0.01, move)), -1, 1), m1, v1]] as [tf.Tensor, tf.Tensor[]];
    });
    [z, m, v] = next as [tf.Tensor, tf.Tensor, tf.Tensor];
    losses.push(value);
    tf.dispose(before);
  };

  let first: number[] | undefined;
  const perStep = kind === "training" ? 4 : 1;
  return {
    async run() {
      (kind === "training" ? training : completion)();
      await settled();
    },
    async result() {
      first ??= await Promise.all(losses.slice(0, perStep).map(async (value) => (await value.data())[0]!));
      return first;
    },
    dispose: () => tf.disposeVariables(),
  };
}
