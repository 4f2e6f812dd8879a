/**
 * Minibatch discrimination: every image of a group against every other. FLOP: of each two numbers that are compared two for
 * their distance, and in the gradient two more for its product; exponentials are not counted.
 */
import { type MinibatchShape, minibatchDiscrimination, minibatchDiscriminationGrad } from "@kintsugi/kernels";
import { timeDispatches, withBuffers } from "./measure.js";
import { checkOnce } from "./memory.bench.js";
import { numbers } from "./sample.js";
import type { Suite } from "./suite.js";

/** The layer of its authors: 100 measures of 5 numbers; real images and fakes among themselves. */
const LAYER = { groups: 2, kernels: 100, dims: 5 };
const LARGE_BATCH = 64;

export async function minibatch(suite: Suite): Promise<void> {
  for (const rows of new Set([suite.batch, LARGE_BATCH])) await measureLayer(suite, { ...LAYER, rows });
}

async function measureLayer(suite: Suite, shape: MinibatchShape): Promise<void> {
  const { groups, rows, kernels, dims } = shape;
  const measures = groups * rows * kernels;
  const size = measures * dims;
  const compared = size * (rows - 1);
  const values = { x: numbers(size, 1), dy: numbers(measures, 2) };
  const elements = minibatchElements(shape, values.x, values.dy);
  await withBuffers(suite.device, async (make) => {
    const [x, dy] = [make("x", values.x), make("dy", values.dy)];
    const [y, dx] = [make("y", measures), make("dx", size)];
    const cases = [
      {
        ...{ name: "forward", step: minibatchDiscrimination(shape, { x, y }), result: y, element: elements.forward },
        ...{ flops: 2 * compared, bytes: 4 * (size + measures) },
      },
      {
        ...{ name: "gradient", step: minibatchDiscriminationGrad(shape, { dy, x, dx }), result: dx },
        ...{ element: elements.gradient, flops: 4 * compared, bytes: 4 * (2 * size + measures) },
      },
    ];
    for (const { name, step, result, element, flops, bytes } of cases) {
      const { verified } = await checkOnce(suite, [step], result, element);
      const time = await timeDispatches(suite, step.label, [step]);
      suite.row({
        group: "minibatch",
        name: `${name} ${kernels} measures of ${dims}, batch ${rows}`,
        ...{ time, flops, bytes, verified },
      });
    }
  });
}

/** Single elements of y[n,k] = Σ over j ≠ n of exp(−Σ_d |x[n,k,d] − x[j,k,d]|), and of its gradient in x, in float64. */
export function minibatchElements(
  { rows, kernels, dims }: MinibatchShape,
  x: ArrayLike<number>,
  dy: ArrayLike<number>,
) {
  /** Each other image of n's group: its place in y, and how close it is to n there. */
  const others = (n: number, k: number) => {
    const first = n - (n % rows);
    const own = (n * kernels + k) * dims;
    return Array.from({ length: rows }, (_, i) => first + i)
      .filter((j) => j !== n)
      .map((j) => {
        const place = j * kernels + k;
        let distance = 0;
        for (let d = 0; d < dims; d++) distance += Math.abs(x[own + d]! - x[place * dims + d]!);
        return { place, closeness: Math.exp(-distance) };
      });
  };
  const forward = (index: number) =>
    others(Math.floor(index / kernels), index % kernels).reduce((sum, { closeness }) => sum + closeness, 0);
  const gradient = (index: number) => {
    const measure = Math.floor(index / dims);
    // Each image sees the other: both of their sums have the distance in them.
    return others(Math.floor(measure / kernels), measure % kernels).reduce((sum, { place, closeness }) => {
      const sign = Math.sign(x[index]! - x[place * dims + (index % dims)]!);
      return sum - (dy[measure]! + dy[place]!) * closeness * sign;
    }, 0);
  };
  return { forward, gradient };
}
