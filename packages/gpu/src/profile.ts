/**
 * How long each dispatch of a recording takes. One pass per dispatch, so that each can have its own time stamps; on a
 * device without them, one submit per dispatch and the host's clock, which adds the cost of waiting to each.
 */
import type { Device } from "./device.js";
import type { Dispatch } from "./dispatch.js";
import type { Recording } from "./recording.js";

export interface Span {
  readonly dispatch: Dispatch;
  /** Nanoseconds since the first dispatch began. */
  readonly begin: number;
  readonly nanoseconds: number;
}

const QUERY_RESOLVE = 0x200;
const COPY_SRC = 0x4;

/** Runs the recording once, for real, and times it. */
export function profile(recording: Recording): Promise<Span[]> {
  return recording.device.handle.features.has("timestamp-query") ? byTimestamps(recording) : byClock(recording);
}

async function byTimestamps(recording: Recording): Promise<Span[]> {
  const { device, dispatches } = recording;
  const { handle } = device;
  const count = 2 * dispatches.length;
  const querySet = handle.createQuerySet({ label: "profile", type: "timestamp", count });
  const resolved = device.createBuffer("profile", count * 8, QUERY_RESOLVE | COPY_SRC);
  try {
    recording.submit({
      pass: (encoder, index) =>
        encoder.beginComputePass({
          timestampWrites: { querySet, beginningOfPassWriteIndex: 2 * index, endOfPassWriteIndex: 2 * index + 1 },
        }),
      after: (encoder) => encoder.resolveQuerySet(querySet, 0, count, resolved, 0),
    });
    const bytes = await device.read({ buffer: resolved, offset: 0, bytes: count * 8 });
    const stamps = new BigUint64Array(bytes.buffer);
    const first = stamps[0]!;
    return dispatches.map((dispatch, i) => ({
      dispatch,
      begin: Number(stamps[2 * i]! - first),
      nanoseconds: Number(stamps[2 * i + 1]! - stamps[2 * i]!),
    }));
  } finally {
    querySet.destroy();
    device.destroyBuffer(resolved);
  }
}

async function byClock(recording: Recording): Promise<Span[]> {
  const { device } = recording;
  await device.idle();
  const first = performance.now();
  const spans: Span[] = [];
  for (const [index, dispatch] of recording.dispatches.entries()) {
    const begin = performance.now();
    recording.submitOne(index);
    await device.idle();
    const milliseconds = performance.now() - begin;
    spans.push({ dispatch, begin: (begin - first) * 1e6, nanoseconds: milliseconds * 1e6 });
  }
  recording.submitCopies();
  return spans;
}

/** The spans as a Chrome trace, for chrome://tracing or ui.perfetto.dev. */
export function toChromeTrace(spans: readonly Span[], device: Device): string {
  const traceEvents = spans.map(({ dispatch, begin, nanoseconds }) => ({
    name: dispatch.label,
    cat: dispatch.shader.name,
    ph: "X",
    pid: 1,
    tid: 1,
    ts: begin / 1000,
    dur: nanoseconds / 1000,
    args: {
      workgroups: dispatch.workgroups.join("×"),
      ...(dispatch.flops ? { "GFLOP/s": Number((dispatch.flops / nanoseconds).toPrecision(4)) } : {}),
    },
  }));
  return JSON.stringify({ traceEvents, otherData: { adapter: device.adapter.description } });
}

/** All dispatches of one name together. */
export interface Cost {
  readonly label: string;
  readonly nanoseconds: number;
  /** Of the time of all spans. */
  readonly share: number;
  readonly dispatches: number;
  /** FLOP/ns of those whose arithmetic is known. */
  readonly gigaflops?: number;
}

/** The names that took the most time, dearest first. */
export function dearest(spans: readonly Span[], count: number): Cost[] {
  const all = spans.reduce((sum, { nanoseconds }) => sum + nanoseconds, 0);
  const byLabel = new Map<string, Span[]>();
  for (const span of spans) byLabel.set(span.dispatch.label, [...(byLabel.get(span.dispatch.label) ?? []), span]);
  return [...byLabel]
    .map(([label, some]): Cost => {
      const nanoseconds = some.reduce((sum, span) => sum + span.nanoseconds, 0);
      const flops = some.reduce((sum, { dispatch }) => sum + (dispatch.flops ?? 0), 0);
      return {
        label,
        nanoseconds,
        share: all > 0 ? nanoseconds / all : 0,
        dispatches: some.length,
        ...(flops > 0 && nanoseconds > 0 ? { gigaflops: flops / nanoseconds } : {}),
      };
    })
    .sort((a, b) => b.nanoseconds - a.nanoseconds)
    .slice(0, count);
}
