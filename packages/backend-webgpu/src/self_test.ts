/**
 * Whether a device multiplies as it should: small products of every kind, by the cores that may be chosen, against
 * float64. Runs before anything is computed by kernels that have not been proven on as many adapters as those of float32.
 */

import { type ConvGeometry, coarseShape, fineShape, sameGeometry, weightShape } from "@kintsugi/geometry";
import { type BufferView, type Device, type Dispatch, nameOf, Recording } from "@kintsugi/gpu";
import {
  type Core,
  conv2d,
  conv2dGradWeight,
  conv2dGradWeightScratch,
  convTranspose2d,
  type DeviceClass,
  halfBytes,
  halfScratch,
  likelyCores,
  type MatmulGeometry,
  type MatrixCore,
  matmul,
  matmulScratch,
  toHalf,
} from "@kintsugi/kernels";
import { exactConvolution, exactMatmul, type Sums, steps } from "./self_test_sums.js";

/** One product by one core. */
export interface SelfCheck {
  readonly product: string;
  readonly core: Core | MatrixCore;
  /** The largest error of an element, in the sum of its terms' magnitudes. */
  readonly error: number;
}

/** A product of this device is wrong in this precision: nothing should be computed by it. */
export class SelfTestError extends Error {
  override readonly name = "SelfTestError";
}

/**
 * The largest error that passes. Float32 sums of these lengths come within 2⁻²², also where terms are added with truncation,
 * as matrix units do; one rounding to float16 at the end is 2⁻¹⁷ already.
 */
export const ALLOWED_ERROR = 2 ** -19;

/** Odd sides and channels, so that loads by four and one by one both happen; several tiles and slabs. */
const CONVOLUTION = sameGeometry([5, 9, 7, 3], [5, 5, 3, 24], 2);
/** Images and channels in fours, for cores that then go tap by tap. */
const BY_TAPS = sameGeometry([4, 9, 7, 4], [5, 5, 4, 24], 2);
const MATMUL: MatmulGeometry = { m: 70, n: 42, k: 300, transposeB: true };
// Beyond float16's range on either side: an operand that is not scaled comes out as zeros or infinities.
const [SMALL, LARGE] = [2 ** -30, 2 ** 20];

/** Runs the products and compares them. Throws what WebGPU has against them, but not for a wrong result. */
export async function selfTest(device: Device, kind: DeviceClass): Promise<SelfCheck[]> {
  const cores = likelyCores(kind);
  const checks = Object.entries(PRODUCTS).flatMap(([product, run], i) => {
    // Software adapters take seconds to compile a kernel: each kind of product has one core there, in turn.
    const chosen = kind.software ? [cores[i % cores.length]!] : cores;
    return chosen.map(async (core) => ({ product, core, error: await run(device, { ...kind, core }) }));
  });
  if (cores.includes(TAPS_CORE)) {
    const byTaps: DeviceClass = { ...kind, core: TAPS_CORE };
    for (const [product, run] of Object.entries(TAPS)) {
      checks.push(run(device, byTaps).then((error) => ({ product, core: TAPS_CORE, error })));
    }
  }
  return Promise.all(checks);
}

/** Throws `SelfTestError` at the worst of some checks where it is too bad. */
export function expectPassed(device: Device, precision: string, checks: readonly SelfCheck[]): void {
  const worst = worstOf(checks);
  if (worst.error <= ALLOWED_ERROR) return;
  throw new SelfTestError(
    `${nameOf(device.adapter)} computes wrong products in precision ${precision} (${worst.product} by ${worst.core} is ` +
      `off by ${worst.error.toExponential(1)} of its terms, ${ALLOWED_ERROR.toExponential(1)} is allowed): use precision f32`,
  );
}

export function worstOf(checks: readonly SelfCheck[]): SelfCheck {
  return checks.reduce((worst, check) => (check.error <= worst.error ? worst : check));
}

type Run = (device: Device, kind: DeviceClass) => Promise<number>;

const size = (shape: readonly number[]) => shape.reduce((product, side) => product * side, 1);

/** The operands of a convolution. */
function operandsOf(g: ConvGeometry) {
  return {
    fine: steps(size(fineShape(g)), 1, SMALL),
    coarse: steps(size(coarseShape(g)), 2, LARGE),
    weight: steps(size(weightShape(g)), 3, LARGE),
  };
}

const forward = (g: ConvGeometry): Run => {
  const { fine, weight } = operandsOf(g);
  return (device, kind) =>
    compare(device, kind, [fine, weight], exactConvolution(g, { fine, weight }), 0, ([x, weight], y) =>
      conv2d(kind, g, { x: x!, weight: weight!, y }),
    );
};

const transposed = (g: ConvGeometry, phases: "apart" | "together"): Run => {
  const { coarse, weight } = operandsOf(g);
  return (device, kind) =>
    compare(device, kind, [coarse, weight], exactConvolution(g, { coarse, weight }), 0, ([x, weight], y) =>
      convTranspose2d(kind, g, { x: x!, weight: weight!, y }, { phases }),
    );
};

const filterGradient = (g: ConvGeometry): Run => {
  const { fine, coarse } = operandsOf(g);
  return (device, kind) => {
    const scratch = conv2dGradWeightScratch(kind, g);
    const exact = exactConvolution(g, { coarse, fine });
    return compare(device, kind, [coarse, fine], exact, scratch, ([coarse, fine], y, scratch) =>
      conv2dGradWeight(kind, g, { coarse: coarse!, fine: fine!, dweight: y, scratch }),
    );
  };
};

const PRODUCTS: Readonly<Record<string, Run>> = {
  conv2d: forward(CONVOLUTION),
  conv_transpose2d: transposed(CONVOLUTION, "apart"),
  conv_transpose2d_phases: transposed(CONVOLUTION, "together"),
  conv2d_grad_weight: filterGradient(CONVOLUTION),
  matmul: (device, kind) => {
    const a = steps(MATMUL.m * MATMUL.k, 4, SMALL);
    const b = steps(MATMUL.k * MATMUL.n, 5, LARGE);
    const scratch = matmulScratch(kind, MATMUL);
    return compare(device, kind, [a, b], exactMatmul(MATMUL, a, b), scratch, ([a, b], y, scratch) =>
      matmul(kind, MATMUL, { a: a!, b: b!, y, scratch }),
    );
  },
};

/** The core that has a form that goes tap by tap, and its products. */
const TAPS_CORE = "lanes_32x32";
const TAPS: Readonly<Record<string, Run>> = {
  conv2d_taps: forward(BY_TAPS),
  conv_transpose2d_taps: transposed(BY_TAPS, "apart"),
  conv2d_grad_weight_taps: filterGradient(BY_TAPS),
};

/** The largest error of a product's elements in the magnitude of their terms. */
async function compare(
  device: Device,
  kind: DeviceClass,
  operands: readonly Float32Array[],
  { sums, magnitudes }: Sums,
  scratchBytes: number,
  multiply: (operands: readonly BufferView[], y: BufferView, scratch: BufferView) => Dispatch[],
): Promise<number> {
  const made: GPUBuffer[] = [];
  const make = (label: string, bytes: number): BufferView => {
    const buffer = device.createBuffer(label, bytes);
    made.push(buffer);
    return { buffer, offset: 0, bytes };
  };
  try {
    const dispatches: Dispatch[] = [];
    const views = operands.map((values) => {
      const x = make("operand", values.byteLength);
      device.write(x, values);
      if (kind.operands !== "f16") return x;
      const half = make("half", halfBytes(values.length));
      const scratch = make("scratch", halfScratch(values.length));
      dispatches.push(...toHalf("operand", values.length, { x, y: half, scratch }));
      return half;
    });
    const y = make("result", sums.length * 4);
    dispatches.push(...multiply(views, y, make("scratch", scratchBytes)));
    const recording = await Recording.create(device, "self-test", dispatches);
    recording.submit();
    return largestError(await device.read(y), sums, magnitudes);
  } finally {
    for (const buffer of made) device.destroyBuffer(buffer);
  }
}

function largestError(received: Float32Array, expected: Float64Array, magnitudes: Float64Array): number {
  let largest = 0;
  for (const [i, sum] of expected.entries()) {
    const error = Math.abs(received[i]! - sum) / (magnitudes[i]! || 1);
    // NaN is worse than anything.
    if (!(error <= largest)) largest = Number.isNaN(error) ? Number.POSITIVE_INFINITY : error;
  }
  return largest;
}
