/** The training of the page, in a worker: the loop of `train`, on the visitor's GPU or, where that cannot be used, the processor. */
import type { Backend } from "@kintsugi/autodiff";
import { NoBackendError, openBackend } from "@kintsugi/backend/web";
import type { StepRecord } from "@kintsugi/dcgan";
import { DeviceLostError, OutOfMemoryError } from "@kintsugi/gpu";
import { grid, toRgba, unstack } from "@kintsugi/images";
import type { TrainingImages } from "../src/batches.js";
import { staysOnDevice } from "../src/feed.js";
import { encodeCheckpoint, encodeEvaluated, metadataOf } from "../src/run_state.js";
import { type Checkpoint, DivergedError, type TrainEvents, train } from "../src/train.js";
import type { FailureKind, Report, Request, SampleSheet } from "./messages.js";
import type { Plan } from "./plan.js";
import { findRun, storeBeginning, storeProgress } from "./store.js";

interface Run {
  readonly plan: Plan;
  readonly images: TrainingImages;
  checkpoint: Checkpoint | undefined;
  records: StepRecord[];
  samples: SampleSheet | undefined;
  /** Whether its plan and images are among the browser's files. */
  stored: boolean;
}

const page = self as unknown as {
  postMessage(report: Report): void;
  onmessage: (event: MessageEvent<Request>) => void;
};
let run: Run | undefined;
let going: AbortController | undefined;
let losses = 0;
/** Why the GPU is not tried again. */
let avoidGpu: string | undefined;

page.onmessage = async ({ data: request }) => {
  if (request.type === "find") return find();
  if (request.type === "pause") return going?.abort();
  if (request.type === "model") return sendModel();
  if (going) return;
  if (request.type === "begin") {
    const { plan, images } = request;
    run = { plan, images, checkpoint: undefined, records: [], samples: undefined, stored: false };
  }
  if (run) await go(run, request.type === "begin");
};

/** What is kept of an earlier visit. Storage that is refused, or holds what cannot be read, holds nothing. */
async function find(): Promise<void> {
  const found = await findRun().catch(() => undefined);
  if (!found) return page.postMessage({ type: "found", run: undefined });
  const { resumed, ...kept } = found;
  const { plan, images, records, samples } = kept;
  run = { plan, images, checkpoint: resumed.checkpoint, records: [...records], samples, stored: true };
  page.postMessage({ type: "found", run: kept });
}

/** The files of a kept run belong to one tab at a time: the one that trains. */
const LOCK = "kintsugi-training";

async function go(now: Run, anew: boolean): Promise<void> {
  const controller = new AbortController();
  going = controller;
  const work = () => trainOn(now, anew, controller.signal);
  // Pages without https have no locks, and no storage that another tab could write to either.
  if (!navigator.locks) return work();
  await navigator.locks.request(LOCK, { ifAvailable: true }, async (lock) => {
    if (lock) return work();
    going = undefined;
    page.postMessage({ type: "failed", kind: "elsewhere", detail: "", step: now.checkpoint?.step ?? 0 });
  });
}

/** What another tab has kept of the same run since, where it has come further. */
async function catchUp(now: Run): Promise<void> {
  const found = await findRun().catch(() => undefined);
  if (!found || found.step <= (now.checkpoint?.step ?? 0) || found.plan.options.seed !== now.plan.options.seed) return;
  now.checkpoint = found.resumed.checkpoint;
  const missed = found.records.filter(({ step }) => step > (now.records.at(-1)?.step ?? 0));
  now.records.push(...missed);
  page.postMessage({ type: "records", records: missed });
}

async function trainOn(now: Run, anew: boolean, signal: AbortSignal): Promise<void> {
  let backend: Backend | undefined;
  try {
    if (!anew) await catchUp(now);
    const opened = await openBackend({
      openProcessor: async () => (await import("@kintsugi/onnx/web")).openWebBackend(),
      avoidGpu,
    });
    backend = opened.backend;
    page.postMessage({ type: "started", backend: backend.description, machine: opened.machine });
    const { config, options } = now.plan;
    const step = await train(backend, config, now.images, options, eventsOf(now), {
      signal,
      resident: staysOnDevice(backend, now.images),
      ...(now.checkpoint ? { resume: now.checkpoint } : {}),
    });
    going = undefined;
    page.postMessage({ type: "stopped", step });
  } catch (error) {
    going = undefined;
    const step = now.checkpoint?.step ?? 0;
    now.records = now.records.filter((record) => record.step <= step);
    const detail = error instanceof Error ? error.message : String(error);
    const kind = kindOf(error);
    // A GPU that went away twice is left alone.
    if (kind === "gpu-lost" && ++losses > 1) avoidGpu = detail;
    page.postMessage({ type: "failed", kind, detail, step });
  } finally {
    going = undefined;
    backend?.destroy();
  }
}

function eventsOf(now: Run): TrainEvents {
  const { config } = now.plan;
  return {
    onRecords(records) {
      now.records.push(...records);
      page.postMessage({ type: "records", records });
    },
    async onSample(step, values) {
      const { size, channels } = config;
      const count = values.length / (size * size * channels);
      const sheet = grid(unstack(values, [count, size, size, channels]), Math.sqrt(count));
      now.samples = { step, side: sheet.width, rgba: toRgba(sheet) };
      page.postMessage({ type: "samples", samples: now.samples });
    },
    async onCheckpoint(checkpoint) {
      now.checkpoint = checkpoint;
      const bytes = encodeCheckpoint(config, { ...now.plan.options }, checkpoint.values, metadata(now));
      // The run before is forgotten only now that there is something in its place. Where the browser keeps nothing, training
      // goes on, and `saved` says so.
      const beginning = now.stored ? Promise.resolve() : storeBeginning(now);
      now.stored = true;
      const kept = await beginning
        .then(() => storeProgress(bytes, now.records, now.samples))
        .then(
          () => true,
          () => false,
        );
      page.postMessage({ type: "saved", step: checkpoint.step, kept });
    },
  };
}

function sendModel(): void {
  if (!run?.checkpoint) return;
  const { step, values } = run.checkpoint;
  const bytes = encodeEvaluated(run.plan.config, values, metadata(run)) as Uint8Array<ArrayBuffer>;
  page.postMessage({ type: "model", bytes, step });
}

function metadata({ plan, checkpoint }: Run) {
  const { credit, config, options } = plan;
  return metadataOf(checkpoint?.step ?? 0, { ...config, ...options }, undefined, credit ? { credit } : {});
}

function kindOf(error: unknown): FailureKind {
  if (error instanceof NoBackendError) return "no-webgpu";
  if (error instanceof DeviceLostError) return "gpu-lost";
  if (error instanceof OutOfMemoryError) return "out-of-memory";
  return error instanceof DivergedError ? "diverged" : "internal";
}
