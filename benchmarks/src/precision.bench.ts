/**
 * What each precision that the adapter offers gains: the same products, and a whole training step, in float32 and in it.
 * Of the products, the copies as float16 are a row of their own, since a step shares them between its products.
 */

import { deviceClass, PRECISION_FEATURES, PRECISIONS, type Precision, WebGpuBackend } from "@kintsugi/backend-webgpu";
import { type BufferView, type Device, type Dispatch, Recording, UnsupportedError } from "@kintsugi/gpu";
import {
  conv2d,
  conv2dGradWeight,
  conv2dGradWeightScratch,
  convFlops,
  convTranspose2d,
  type DeviceClass,
  halfBytes,
  halfScratch,
  matmul,
  matmulScratch,
  toHalf,
} from "@kintsugi/kernels";
import { DIRECTIONS, geometryOf, layers, operands } from "./conv.bench.js";
import { timeDispatches, withBuffers } from "./measure.js";
import { convElements, type Element, matmulElement, numbers, verify } from "./sample.js";
import { configOf, createTraining, measureStep } from "./steps.bench.js";
import type { Row, Suite } from "./suite.js";

/** A product that can be made of operands of any storage. */
interface Product {
  readonly name: string;
  readonly operands: readonly [Float32Array, Float32Array];
  readonly length: number;
  readonly flops: number;
  readonly element: Element;
  scratch(kind: DeviceClass): number;
  multiply(kind: DeviceClass, operands: readonly BufferView[], y: BufferView, scratch: BufferView): Dispatch[];
}

export async function precision(suite: Suite): Promise<void> {
  const { software } = suite.device.adapter;
  // A software adapter takes seconds for the others.
  const products = software ? [layerProducts(suite.batch, 16)] : [layerProducts(suite.batch, 64), [dense(2048)]];
  const seconds = new Map<string, number>();
  for (const one of PRECISIONS) {
    const opened = await open(suite, one);
    if (typeof opened === "string") {
      suite.say(opened);
      continue;
    }
    const given: Suite = { ...suite, device: opened, row: (row) => suite.row(compared(row, one, seconds)) };
    try {
      for (const product of products.flat()) await measure(given, one, product);
      for (const width of software ? [16] : [16, 64]) await measureTraining(given, one, width);
    } finally {
      opened.destroy();
    }
  }
}

/** A device for a precision, or why there is none. */
async function open(suite: Suite, precision: Precision): Promise<Device | string> {
  let device: Device | undefined;
  try {
    device = await suite.open(PRECISION_FEATURES[precision]);
    // Proves that it multiplies as it should, too.
    await new WebGpuBackend(device, { precision }).prove();
    return device;
  } catch (error) {
    device?.destroy();
    if (!(error instanceof UnsupportedError)) throw error;
    return `${precision}: ${error.message}`;
  }
}

/** A row named by its precision, with how much faster it is than the same in float32. */
function compared(row: Row, precision: Precision, seconds: Map<string, number>): Row {
  const { median } = row.time;
  if (precision === "f32") seconds.set(row.name, median);
  const reference = seconds.get(row.name);
  const name = `${row.name}, ${precision}`;
  if (precision === "f32" || !reference) return { ...row, group: "precision", name };
  return { ...row, group: "precision", name, note: `${(reference / median).toFixed(2)} × the speed of f32` };
}

async function measure(suite: Suite, precision: Precision, product: Product): Promise<void> {
  const { device } = suite;
  const kind = deviceClass(device.adapter, precision);
  await withBuffers(device, async (make) => {
    const copies: Dispatch[] = [];
    const read = product.operands.map((values) => {
      const x = make("operand", values);
      if (precision === "f32") return x;
      const y = make("half", halfBytes(values.length) / 4);
      const scratch = make("maxima", halfScratch(values.length) / 4);
      copies.push(...toHalf(product.name, values.length, { x, y, scratch }));
      return y;
    });
    const y = make("result", product.length);
    const scratch = make("scratch", Math.max(4, product.scratch(kind) / 4));
    const multiply = product.multiply(kind, read, y, scratch);
    if (copies.length > 0) {
      const recording = await Recording.create(device, "copies", copies);
      await recording.run();
    }
    const time = await timeDispatches(suite, product.name, multiply);
    const verified = verify(product.name, await device.read(y), product.element, precision === "f32" ? 0 : 2 ** -9);
    suite.row({ group: "precision", name: product.name, time, flops: product.flops, verified });
    if (copies.length === 0) return;
    const numbers = product.operands.reduce((sum, { length }) => sum + length, 0);
    suite.row({
      group: "precision",
      name: `copies for ${product.name}`,
      time: await timeDispatches(suite, "copies", copies),
      bytes: 10 * numbers,
      verified: "by the product",
    });
  });
}

function layerProducts(batch: number, width: number): Product[] {
  return layers(width)
    .slice(1)
    .flatMap((layer) => {
      const g = geometryOf(layer, batch);
      const { fine, coarse, weight } = operands(g);
      const elements = convElements(g, fine, coarse, weight);
      const name = (i: number) => `${layer.fineChannels}→${layer.coarseChannels} @${layer.side} ${DIRECTIONS[i]}`;
      const none = () => 0;
      const forward: Product = {
        ...{ name: name(0), operands: [fine, weight], length: coarse.length, flops: 0, element: elements.forward },
        scratch: none,
        multiply: (kind, [x, weight], y) => conv2d(kind, g, { x: x!, weight: weight!, y }),
      };
      const input: Product = {
        ...{ name: name(1), operands: [coarse, weight], length: fine.length, flops: 0, element: elements.gradInput },
        scratch: none,
        multiply: (kind, [x, weight], y) => convTranspose2d(kind, g, { x: x!, weight: weight!, y }),
      };
      const filter: Product = {
        ...{ name: name(2), operands: [coarse, fine], length: weight.length, flops: 0, element: elements.gradWeight },
        scratch: (kind) => conv2dGradWeightScratch(kind, g),
        multiply: (kind, [coarse, fine], dweight, scratch) =>
          conv2dGradWeight(kind, g, { coarse: coarse!, fine: fine!, dweight, scratch }),
      };
      return [forward, input, filter].map((product) => ({ ...product, flops: convFlops(g) }));
    });
}

function dense(side: number): Product {
  const geometry = { m: side, n: side, k: side };
  const [left, right] = [numbers(side * side, 1), numbers(side * side, 2)];
  return {
    name: `${side}×${side} · ${side}×${side}`,
    operands: [left, right],
    length: side * side,
    flops: 2 * side ** 3,
    element: matmulElement(geometry, left, right),
    scratch: (kind) => matmulScratch(kind, geometry),
    multiply: (kind, [a, b], y, scratch) => matmul(kind, geometry, { a: a!, b: b!, y, scratch }),
  };
}

async function measureTraining(suite: Suite, precision: Precision, width: number): Promise<void> {
  const { batch } = suite;
  const own: Suite = { ...suite, open: () => suite.open(PRECISION_FEATURES[precision]) };
  const { time, work } = await measureStep(own, (device) =>
    createTraining(device, "blog", configOf(width), batch, { precision }),
  );
  const verified = "finite losses, the same bits twice";
  suite.row({ group: "precision", name: `training step, width ${width}, batch ${batch}`, time, flops: work, verified });
}
