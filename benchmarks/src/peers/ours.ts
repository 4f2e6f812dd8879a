/** Kintsugi among the contestants. */
import { type BufferView, type Device, type Dispatch, Recording } from "@kintsugi/gpu";
import { openNodeDevice } from "@kintsugi/gpu/node";
import { conv2d, conv2dGradWeight, conv2dGradWeightScratch, convTranspose2d } from "@kintsugi/kernels";
import { geometryOf, operands } from "../conv.bench.js";
import { configOf, createCompletion, createTraining, type Step } from "../steps.bench.js";
import type { Contestant, PeerCase, Prepared } from "./contestant.js";

export async function openOurs(): Promise<Contestant> {
  return { version: "this tree", prepare: (given) => (given.kind === "kernel" ? kernel(given) : step(given)) };
}

async function kernel({ layer, direction, batch }: PeerCase & { kind: "kernel" }): Promise<Prepared> {
  const device = await openNodeDevice();
  const g = geometryOf(layer, batch);
  const values = operands(g);
  const make = (label: string, content: Float32Array): BufferView => {
    const view = { buffer: device.createBuffer(label, content.length * 4), offset: 0, bytes: content.length * 4 };
    device.write(view, content);
    return view;
  };
  const fine = make("fine", values.fine);
  const coarse = make("coarse", values.coarse);
  const weight = make("weight", values.weight);
  const scratchBytes = Math.max(16, conv2dGradWeightScratch(device.adapter, g));
  const scratch = { buffer: device.createBuffer("scratch", scratchBytes), offset: 0, bytes: scratchBytes };
  const cases: Record<typeof direction, () => [Dispatch[], BufferView]> = {
    forward: () => [conv2d(device.adapter, g, { x: fine, weight, y: coarse }), coarse],
    "input gradient": () => [convTranspose2d(device.adapter, g, { x: coarse, weight, y: fine }), fine],
    "filter gradient": () => [conv2dGradWeight(device.adapter, g, { coarse, fine, dweight: weight, scratch }), weight],
  };
  const [dispatches, target] = cases[direction]();
  const recording = await Recording.create(device, "kernel", dispatches);
  return {
    async run() {
      recording.submit();
      await device.idle();
    },
    async result(sampled) {
      const values = await device.read(target);
      return sampled.map((at) => values[at]!);
    },
    dispose: () => device.destroy(),
  };
}

async function step(given: PeerCase & { kind: "training" | "completion" }): Promise<Prepared> {
  const device: Device = await openNodeDevice();
  const create = given.kind === "training" ? createTraining : createCompletion;
  const made: Step = await create(device, given.architecture, configOf(given.width), given.batch);
  let first: number[] | undefined;
  return {
    run: () => made.run(),
    async result() {
      first ??= (await made.losses())[0]!;
      return first;
    },
    dispose: () => device.destroy(),
  };
}
