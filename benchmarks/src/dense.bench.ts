/** The dense product of our own core: what the convolutions are held against. FLOP: 2·m·n·k. */
import { matmul, matmulScratch } from "@kintsugi/kernels";
import { type Make, timeDispatches, withBuffers } from "./measure.js";
import { matmulElement, numbers, verify } from "./sample.js";
import type { Suite } from "./suite.js";

export async function dense(suite: Suite): Promise<void> {
  for (const side of [1024, 2048]) await measureProduct(suite, side);
}

export async function measureProduct(suite: Suite, side: number): Promise<void> {
  const { device } = suite;
  const geometry = { m: side, n: side, k: side };
  const [left, right] = [numbers(side * side, 1), numbers(side * side, 2)];
  await withBuffers(device, async (make) => {
    const { dispatches, y } = denseProduct(suite, make, side, left, right);
    const name = `${side}×${side} · ${side}×${side}`;
    const time = await timeDispatches(suite, name, dispatches);
    suite.row({
      group: "dense",
      name,
      time,
      flops: 2 * side ** 3,
      bytes: 12 * side * side,
      verified: verify(name, await device.read(y), matmulElement(geometry, left, right)),
    });
  });
}

/** A product of two square matrices, to be timed. */
export function denseProduct({ device }: Suite, make: Make, side: number, left: Float32Array, right: Float32Array) {
  const geometry = { m: side, n: side, k: side };
  const views = { a: make("a", left), b: make("b", right), y: make("y", side * side) };
  const scratch = make("scratch", Math.max(4, matmulScratch(device.adapter, geometry) / 4));
  return { dispatches: matmul(device.adapter, geometry, { ...views, scratch }), y: views.y };
}
