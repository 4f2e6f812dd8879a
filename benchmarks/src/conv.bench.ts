/** The three kernels of a convolution, at the layers of a DCGAN. FLOP: two per product inside the image, see `convFlops`. */

import { type ConvGeometry, coarseShape, fineShape, sameGeometry, weightShape } from "@kintsugi/geometry";
import { conv2d, conv2dGradWeight, conv2dGradWeightScratch, convTranspose2d } from "@kintsugi/kernels";
import { denseProduct } from "./dense.bench.js";
import { type Make, runOf, timeInTurns, withBuffers } from "./measure.js";
import { convElements, numbers, verify } from "./sample.js";
import type { Suite } from "./suite.js";
import { percent } from "./text.js";

export interface Layer {
  readonly fineChannels: number;
  readonly coarseChannels: number;
  /** Side of the fine image. */
  readonly side: number;
}

/** The discriminator's layers; the generator's are the same from coarse to fine. */
export function layers(width: number): Layer[] {
  return [
    { fineChannels: 3, coarseChannels: width, side: 64 },
    { fineChannels: width, coarseChannels: 2 * width, side: 32 },
    { fineChannels: 2 * width, coarseChannels: 4 * width, side: 16 },
    { fineChannels: 4 * width, coarseChannels: 8 * width, side: 8 },
  ];
}

export const DIRECTIONS = ["forward", "input gradient", "filter gradient"] as const;
export type Direction = (typeof DIRECTIONS)[number];

export function geometryOf({ fineChannels, coarseChannels, side }: Layer, batch: number): ConvGeometry {
  return sameGeometry([batch, side, side, fineChannels], [5, 5, fineChannels, coarseChannels], 2);
}

export function layerName({ fineChannels, coarseChannels, side }: Layer): string {
  return `${fineChannels}→${coarseChannels} @${side}`;
}

/** The operands of a layer, and places for its results. */
export function operands(g: ConvGeometry) {
  const size = (shape: readonly number[]) => shape.reduce((product, length) => product * length, 1);
  return {
    fine: numbers(size(fineShape(g)), 1),
    coarse: numbers(size(coarseShape(g)), 2),
    weight: numbers(size(weightShape(g)), 3),
  };
}

/** What a kernel reads and writes at least: each operand and the result once. */
function traffic(g: ConvGeometry): number {
  const { fine, coarse, weight } = operands(g);
  return 4 * (fine.length + coarse.length + weight.length);
}

const WIDTHS = [64, 16];
/** Side of the matrices of the dense product. */
const DENSE = 1024;
const DENSE_FLOPS = 2 * DENSE ** 3;

async function denseRun(suite: Suite, make: Make) {
  const { dispatches } = denseProduct(suite, make, DENSE, numbers(DENSE * DENSE, 1), numbers(DENSE * DENSE, 2));
  return runOf(suite, `dense ${DENSE}`, dispatches);
}

export async function conv(suite: Suite): Promise<void> {
  for (const width of WIDTHS) {
    suite.say(`width ${width}, batch ${suite.batch}`);
    for (const layer of layers(width)) await measureLayer(suite, layer, width);
  }
}

async function measureLayer(suite: Suite, layer: Layer, width: number): Promise<void> {
  const { device, batch } = suite;
  const g = geometryOf(layer, batch);
  const values = operands(g);
  const elements = convElements(g, values.fine, values.coarse, values.weight);
  for (const direction of DIRECTIONS) {
    await withBuffers(device, async (make) => {
      const fine = make("fine", direction === "input gradient" ? values.fine.length : values.fine);
      const coarse = make("coarse", direction === "forward" ? values.coarse.length : values.coarse);
      const weight = make("weight", direction === "filter gradient" ? values.weight.length : values.weight);
      const scratch = make("scratch", Math.max(4, conv2dGradWeightScratch(device.adapter, g) / 4));
      const [dispatches, target, element] =
        direction === "forward"
          ? [conv2d(device.adapter, g, { x: fine, weight, y: coarse }), coarse, elements.forward]
          : direction === "input gradient"
            ? [convTranspose2d(device.adapter, g, { x: coarse, weight, y: fine }), fine, elements.gradInput]
            : [
                conv2dGradWeight(device.adapter, g, { coarse, fine, dweight: weight, scratch }),
                weight,
                elements.gradWeight,
              ];
      const name = `${layerName(layer)} ${direction}`;
      const runs = [await runOf(suite, name, dispatches)];
      // Of the middle layers it is asked how near they come to a dense product, which takes turns with them.
      if (width === WIDTHS[0] && layer.fineChannels >= width) runs.push(await denseRun(suite, make));
      const [time, beside] = await timeInTurns(runs, suite.seconds);
      const flops = dispatches[0]!.flops!;
      suite.row({
        group: "conv",
        name: width === 64 ? name : `${name} (width ${width})`,
        time: time!,
        flops,
        bytes: traffic(g),
        verified: verify(name, await device.read(target), element),
        ...(beside
          ? { note: `${percent((flops / time!.median / DENSE_FLOPS) * beside.median)} of ${DENSE}³ in turns` }
          : {}),
      });
    });
  }
}
