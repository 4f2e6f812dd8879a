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

/** A run that tells how many seconds it took. */
export type Run = () => Promise<number>;

/** A run of a task by the host's clock; it resolves when its work is done. */
export function byClock(task: () => Promise<unknown>): Run {
  return async () => {
    const begin = performance.now();
    await task();
    return (performance.now() - begin) / 1000;
  };
}

/** Times a task that resolves when its work is done, by the host's clock; the task is run twice before it counts. */
export async function timeTask(task: () => Promise<unknown>, seconds: number): Promise<Timing> {
  const [timing] = await timeInTurns([byClock(task)], seconds);
  return timing!;
}

/**
 * Times what is to be compared: in rounds, so that a machine that slows down meanwhile slows all of it. Each is run twice
 * before it counts.
 *
 * @param seconds that the runs of each should take
 */
export async function timeInTurns(runs: readonly Run[], seconds: number): Promise<Timing[]> {
  const turns: { run: Run; count: number; times: number[] }[] = [];
  for (const run of runs) {
    await run();
    const perRound = Math.round(seconds / ROUNDS / (await run()));
    turns.push({ run, count: Math.min(MAX_RUNS / ROUNDS, Math.max(1, perRound)), times: [] });
  }
  for (let round = 0; round < ROUNDS; round++) {
    for (const { run, count, times } of turns) {
      for (let i = 0; i < count; i++) times.push(await run());
    }
  }
  return turns.map(({ times }) => summarize(times));
}

/** Times dispatches that were not recorded yet. */
export async function timeDispatches(
  suite: Omit<Suite, "peak">,
  label: string,
  dispatches: readonly Dispatch[],
): Promise<Timing> {
  return timeInTurns([await runOf(suite, label, dispatches)], suite.seconds).then(([timing]) => timing!);
}

/** A run of dispatches that were not recorded yet, by the GPU's clock where the suite has it. */
export async function runOf(
  { device, timestamps }: Omit<Suite, "peak">,
  label: string,
  dispatches: readonly Dispatch[],
): Promise<Run> {
  const recording = await Recording.create(device, label, dispatches);
  if (timestamps) {
    return async () => (await profile(recording)).reduce((sum, { nanoseconds }) => sum + nanoseconds, 0) / 1e9;
  }
  let inner = 1;
  const many = byClock(() => {
    for (let i = 0; i < inner; i++) recording.submit();
    return device.idle();
  });
  await many();
  inner = Math.max(1, Math.ceil(MIN_SPAN_SECONDS / (await many())));
  return async () => (await many()) / inner;
}

/** Makes a buffer of numbers, or of so many zeros. */
export type Make = (label: string, content: number | Float32Array) => BufferView;

/** Work for one case, whose buffers go when it is over. */
export async function withBuffers<T>(device: Device, task: (make: Make) => Promise<T>): Promise<T> {
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
