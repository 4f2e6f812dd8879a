/** Runs that are timed: by the GPU's clock where it can be had, else by the host's. */
import { type BufferView, type Device, type Dispatch, profile, Recording } from "@kintsugi/gpu";
import { summarize, type Timing } from "./stats.js";
import type { Suite } from "./suite.js";

const MIN_RUNS = 5;
const MAX_RUNS = 50;
/** In which tasks take their turns, and each runs once at least. */
const ROUNDS = MIN_RUNS;
/** By the host's clock, so much work is given at once: long against what submitting and waiting cost. */
const MIN_SPAN_SECONDS = 0.02;

/** Times a task that resolves when its work is done; the task is run twice before it counts. */
export async function timeTask(task: () => Promise<unknown>, seconds: number): Promise<Timing> {
  const [timing] = await timeInTurns([task], seconds);
  return timing!;
}

/**
 * Times tasks that are to be compared: in rounds, so that a machine that slows down meanwhile slows all of them. Each task
 * is run twice before it counts.
 *
 * @param seconds that the runs of each task should take
 */
export async function timeInTurns(tasks: readonly (() => Promise<unknown>)[], seconds: number): Promise<Timing[]> {
  const turns: { task: () => Promise<unknown>; runs: number; times: number[] }[] = [];
  for (const task of tasks) {
    await task();
    const perRound = Math.round(seconds / ROUNDS / (await timeOnce(task)));
    turns.push({ task, runs: Math.min(MAX_RUNS / ROUNDS, Math.max(1, perRound)), times: [] });
  }
  for (let round = 0; round < ROUNDS; round++) {
    for (const { task, runs, times } of turns) {
      for (let run = 0; run < runs; run++) times.push(await timeOnce(task));
    }
  }
  return turns.map(({ times }) => summarize(times));
}

async function timeOnce(task: () => Promise<unknown>): Promise<number> {
  const begin = performance.now();
  await task();
  return (performance.now() - begin) / 1000;
}

/** Times dispatches that were not recorded yet. */
export async function timeDispatches(
  suite: Omit<Suite, "peak">,
  label: string,
  dispatches: readonly Dispatch[],
): Promise<Timing> {
  const recording = await Recording.create(suite.device, label, dispatches);
  return suite.timestamps ? byTimestamps(recording, suite.seconds) : byClock(recording, suite);
}

async function byTimestamps(recording: Recording, seconds: number): Promise<Timing> {
  const once = async () => {
    const spans = await profile(recording);
    return spans.reduce((sum, { nanoseconds }) => sum + nanoseconds, 0) / 1e9;
  };
  await once();
  const estimate = Math.max(await once(), 1e-6);
  const runs = Math.min(MAX_RUNS, Math.max(MIN_RUNS, Math.round(seconds / estimate)));
  const times: number[] = [];
  for (let run = 0; run < runs; run++) times.push(await once());
  return summarize(times);
}

async function byClock(recording: Recording, { device, seconds }: Omit<Suite, "peak">): Promise<Timing> {
  let inner = 1;
  const many = async () => {
    for (let i = 0; i < inner; i++) recording.submit();
    await device.idle();
  };
  await many();
  const begin = performance.now();
  await many();
  inner = Math.max(1, Math.ceil((MIN_SPAN_SECONDS * 1000) / (performance.now() - begin)));
  const { median, low, high, best, runs } = await timeTask(many, seconds);
  return { median: median / inner, low: low / inner, high: high / inner, best: best / inner, runs };
}

/** Work for one case, whose buffers go when it is over. */
export async function withBuffers<T>(
  device: Device,
  task: (make: (label: string, content: number | Float32Array) => BufferView) => Promise<T>,
): Promise<T> {
  const made: GPUBuffer[] = [];
  try {
    return await task((label, content) => {
      const length = typeof content === "number" ? content : content.length;
      const view = { buffer: device.createBuffer(label, length * 4), offset: 0, bytes: length * 4 };
      made.push(view.buffer);
      if (typeof content !== "number") device.write(view, content);
      return view;
    });
  } finally {
    for (const buffer of made) device.destroyBuffer(buffer);
  }
}
