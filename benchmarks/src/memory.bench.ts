/** Kernels that are bound by memory: batch norm, Adam, pointwise. Bytes: what must at least be read and written. */
import { type BufferView, Recording } from "@kintsugi/gpu";
import * as kernels from "@kintsugi/kernels";
import { timeDispatches, withBuffers } from "./measure.js";
import { numbers, positions } from "./sample.js";
import { type Suite, WrongResultError } from "./suite.js";

/** The norm after D's second convolution, at the batch of the suite. */
const CHANNELS = 128;
const SIDE = 16;
const CONSTANTS = { eps: 1e-5, slope: 0.2 };

export async function batchNorm(suite: Suite): Promise<void> {
  const { device, batch } = suite;
  const shape = { groups: 1, rows: batch * SIDE * SIDE, channels: CHANNELS };
  const size = shape.rows * CHANNELS;
  const values = { x: numbers(size, 1), dy: numbers(size, 2), gamma: numbers(CHANNELS, 3), beta: numbers(CHANNELS, 4) };
  await withBuffers(device, async (make) => {
    const memory = kernels.batchNormScratch(device.adapter, shape);
    const statistics = { mean: make("mean", CHANNELS), variance: make("variance", CHANNELS) };
    const known = {
      x: make("x", values.x),
      gamma: make("gamma", values.gamma),
      beta: make("beta", values.beta),
      ...statistics,
    };
    const scratch = { parts: make("parts", memory.parts / 4), whole: make("whole", memory.whole / 4) };
    const name = `${CHANNELS} channels @${SIDE}, batch ${batch}`;

    const y = make("y", size);
    const forward = kernels.batchNorm(device.adapter, shape, CONSTANTS, { ...known, y, ...scratch });
    const forwardTime = await timeDispatches(suite, name, forward);
    const reference = twin(values, shape.rows);
    suite.row({
      group: "batch_norm",
      name: `forward ${name}`,
      time: forwardTime,
      // x is read twice, y written.
      bytes: 12 * size,
      verified: compare("batch norm", await device.read(y), reference.y),
    });

    const gradients = {
      dy: make("dy", values.dy),
      dx: make("dx", size),
      dgamma: make("dgamma", CHANNELS),
      dbeta: make("dbeta", CHANNELS),
    };
    const backward = kernels.batchNormGrad(device.adapter, shape, CONSTANTS, { ...known, ...gradients, ...scratch });
    const backwardTime = await timeDispatches(suite, name, backward);
    suite.row({
      group: "batch_norm",
      name: `backward ${name}`,
      time: backwardTime,
      // x and dy are read twice, dx is written.
      bytes: 20 * size,
      verified: compare("batch norm, backward", await device.read(gradients.dx), reference.dx),
    });
  });
}

export async function adam(suite: Suite): Promise<void> {
  const { device } = suite;
  // The largest filter of a network of width 64.
  const size = 5 * 5 * 256 * 512;
  const [x, dx] = [numbers(size, 1), numbers(size, 2)];
  const options = { beta1: 0.5, beta2: 0.999, limit: Number.POSITIVE_INFINITY };
  const rate = Float32Array.of(2e-4, 1e-8);
  const once = (value: number, gradient: number) => {
    const [m, v] = [0.5 * gradient, 0.001 * gradient ** 2];
    return value - (rate[0]! * m) / (Math.sqrt(v) + rate[1]!);
  };
  await withBuffers(device, async (make) => {
    const views = {
      x: make("x", x),
      m: make("m", size),
      v: make("v", size),
      dx: make("dx", dx),
      rate: make("rate", rate),
    };
    const step = kernels.adam(size, options, views);
    const { verified } = await checkOnce(suite, [step], views.x, (i) => once(x[i]!, dx[i]!));
    const time = await timeDispatches(suite, step.label, [step]);
    // x, m and v are read and written, dx is read.
    suite.row({ group: "adam", name: `filter of ${size} weights`, time, bytes: 28 * size, verified });
  });
}

export async function pointwise(suite: Suite): Promise<void> {
  const { device, batch } = suite;
  const size = batch * 32 * 32 * 64;
  const [a, b] = [numbers(size, 1), numbers(size, 2)];
  await withBuffers(device, async (make) => {
    const [x, dy, y] = [make("x", a), make("dy", b), make("y", size)];
    const cases = [
      { step: kernels.leakyRelu(size, 0.2, { x, y }), buffers: 2, twin: (i: number) => Math.max(a[i]!, 0.2 * a[i]!) },
      { step: kernels.tanh(size, { x, y }), buffers: 2, twin: (i: number) => Math.tanh(a[i]!) },
      {
        step: kernels.leakyReluGrad(size, 0.2, { dy, y: x, dx: y }),
        buffers: 3,
        twin: (i: number) => (a[i]! > 0 ? b[i]! : 0.2 * b[i]!),
      },
      { step: kernels.add(size, 1, 1, { a: x, b: dy, y }), buffers: 3, twin: (i: number) => a[i]! + b[i]! },
    ];
    for (const { step, buffers, twin: element } of cases) {
      const { verified } = await checkOnce(suite, [step], y, element);
      const time = await timeDispatches(suite, step.label, [step]);
      suite.row({ group: "pointwise", name: step.label, time, bytes: 4 * buffers * size, verified });
    }
  });
}

/** Runs dispatches once and holds sampled elements of their result against float64. Throws `WrongResultError`. */
export async function checkOnce(
  { device }: Suite,
  dispatches: Parameters<typeof timeDispatches>[2],
  view: BufferView,
  element: (index: number) => number,
): Promise<{ verified: string }> {
  (await Recording.create(device, "check", dispatches)).submit();
  const values = await device.read(view);
  return { verified: compare(dispatches[0]!.label, values, element) };
}

function compare(label: string, values: Float32Array, element: (index: number) => number): string {
  const sampled = positions(values.length);
  for (const index of sampled) {
    const wanted = element(index);
    if (!(Math.abs(values[index]! - wanted) <= 2e-5 * Math.max(1, Math.abs(wanted)))) {
      throw new WrongResultError(`${label}: element ${index} is ${values[index]}, and should be ${wanted}`);
    }
  }
  return `${sampled.length} elements in float64`;
}

/** Batch norm, its leaky ReLU and its gradient in x, element by element, from sums over the element's channel. */
function twin(values: Record<"x" | "dy" | "gamma" | "beta", Float32Array>, rows: number) {
  const { x, dy, gamma, beta } = values;
  const channel = (c: number) => {
    const over = (term: (i: number) => number) => {
      let sum = 0;
      for (let row = 0; row < rows; row++) sum += term(row * CHANNELS + c);
      return sum / rows;
    };
    const mean = over((i) => x[i]!);
    const rstd = 1 / Math.sqrt(over((i) => (x[i]! - mean) ** 2) + CONSTANTS.eps);
    const normal = (i: number) => (x[i]! - mean) * rstd;
    const linear = (i: number) => gamma[c]! * normal(i) + beta[c]!;
    const dz = (i: number) => dy[i]! * (linear(i) > 0 ? 1 : CONSTANTS.slope);
    return { rstd, normal, linear, dz, meanDz: over(dz), meanDzX: over((i) => dz(i) * normal(i)) };
  };
  const y = (i: number) => {
    const z = channel(i % CHANNELS).linear(i);
    return Math.max(z, CONSTANTS.slope * z);
  };
  const dx = (i: number) => {
    const { rstd, normal, dz, meanDz, meanDzX } = channel(i % CHANNELS);
    return gamma[i % CHANNELS]! * rstd * (dz(i) - meanDz - normal(i) * meanDzX);
  };
  return { y, dx };
}
