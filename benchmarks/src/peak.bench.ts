/** What the device can do at best: everything else is given as a share of it. */
import { type Device, dispatch } from "@kintsugi/gpu";
import { peakCopy, peakFma } from "@kintsugi/shaders";
import { timeDispatches, withBuffers } from "./measure.js";
import { numbers } from "./sample.js";
import { type Peak, type Row, type Suite, WrongResultError } from "./suite.js";

const WORKGROUP = 64;
/** FLOP of one round of one invocation: 2 steps × 8 chains × 4 components × 2. */
const FLOPS_PER_ROUND = 128;

/** Measures both peaks. The suite that is given needs no peak yet. */
export async function measurePeak(suite: Omit<Suite, "peak">): Promise<{ peak: Peak; rows: Row[] }> {
  const rows = [await arithmetic(suite), await memory(suite)];
  const [fma, copy] = rows as [Row, Row];
  // The fastest run of each: what else the machine does makes no peak higher.
  return { rows, peak: { flops: fma.flops! / fma.time.best, bytes: copy.bytes! / copy.time.best } };
}

async function arithmetic(suite: Omit<Suite, "peak">): Promise<Row> {
  const { device } = suite;
  const invocations = device.adapter.software ? 1 << 14 : 1 << 20;
  const rounds = device.adapter.software ? 256 : 1024;
  return withBuffers(device, async (make) => {
    const [a, b] = [0.5, 0.25];
    const [x, y] = [make("x", Float32Array.of(a, b)), make("y", invocations)];
    const loop = dispatch(peakFma, {
      label: "peak_fma",
      bindings: { x, y },
      constants: { ROUNDS: rounds },
      workgroups: invocations / WORKGROUP,
    });
    const time = await timeDispatches(suite, loop.label, [loop]);
    // v = v/2 + 1/4 goes to 1/2; 8 chains of 4 components.
    await expectAll(device, y, 16, "peak_fma");
    return {
      group: "peak",
      name: "multiply and add on registers",
      time,
      flops: invocations * rounds * FLOPS_PER_ROUND,
      verified: "all elements",
    };
  });
}

async function memory(suite: Omit<Suite, "peak">): Promise<Row> {
  const { device } = suite;
  const bytes = device.adapter.software ? 1 << 25 : 1 << 27;
  return withBuffers(device, async (make) => {
    const values = numbers(bytes / 4, 1);
    const [x, y] = [make("x", values), make("y", bytes / 4)];
    const copy = dispatch(peakCopy, {
      label: "peak_copy",
      bindings: { x, y },
      constants: { SIZE: bytes / 16 },
      workgroups: bytes / 16 / WORKGROUP,
    });
    const time = await timeDispatches(suite, copy.label, [copy]);
    const copied = await device.read(y);
    if (copied.some((value, i) => value !== values[i])) throw new WrongResultError("peak_copy: y is not x");
    return { group: "peak", name: `copy of ${bytes >> 20} MiB`, time, bytes: 2 * bytes, verified: "all elements" };
  });
}

async function expectAll(device: Device, view: Parameters<Device["read"]>[0], wanted: number, label: string) {
  const wrong = (await device.read(view)).find((value) => Math.abs(value - wanted) > 1e-4);
  if (wrong !== undefined) throw new WrongResultError(`${label}: there is ${wrong}, and should be ${wanted}`);
}
