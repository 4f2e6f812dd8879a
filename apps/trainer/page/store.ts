/**
 * A run in the browser's own file system (OPFS), so that a reload goes on where it was. Files are replaced whole; the
 * checkpoint comes last, and what is beside it may be newer but never older.
 */
import type { StepRecord } from "@kintsugi/dcgan";
import { decodeCheckpoint, type Resumed } from "../src/run_state.js";
import type { KeptRun, SampleSheet } from "./messages.js";
import type { Plan } from "./plan.js";

const FOLDER = "kintsugi-training";

interface Beginning {
  readonly plan: Plan;
  readonly count: number;
}

interface Progress {
  readonly records: readonly StepRecord[];
  readonly samples?: { readonly step: number; readonly side: number };
}

/** Forgets the run before and notes the beginning of another. */
export async function storeBeginning({ plan, images }: Pick<KeptRun, "plan" | "images">): Promise<void> {
  const root = await navigator.storage.getDirectory();
  await root.removeEntry(FOLDER, { recursive: true }).catch(() => {});
  await write("images.bin", images.bytes.subarray());
  await write("run.json", JSON.stringify({ plan, count: images.count } satisfies Beginning));
}

/** Stores how far a run has come. */
export async function storeProgress(
  checkpoint: Uint8Array,
  records: readonly StepRecord[],
  samples: SampleSheet | undefined,
): Promise<void> {
  if (samples) await write("samples.bin", samples.rgba);
  const beside: Progress = { records, ...(samples ? { samples: { step: samples.step, side: samples.side } } : {}) };
  await write("progress.json", JSON.stringify(beside));
  await write("checkpoint.safetensors", checkpoint);
}

/** The run of an earlier visit, where there is one that can go on. */
export async function findRun(): Promise<(KeptRun & { readonly resumed: Resumed }) | undefined> {
  const [run, images, checkpoint, progress] = await Promise.all(
    ["run.json", "images.bin", "checkpoint.safetensors", "progress.json"].map(read),
  );
  if (!run || !images || !checkpoint || !progress) return undefined;
  const { plan, count } = JSON.parse(await run.text()) as Beginning;
  const { records, samples } = JSON.parse(await progress.text()) as Progress;
  const resumed = decodeCheckpoint(await bytesOf(checkpoint));
  const { step } = resumed.checkpoint;
  const sheet = samples && (await read("samples.bin"));
  return {
    plan,
    images: { count, size: plan.config.size, channels: plan.config.channels, bytes: await bytesOf(images) },
    step,
    records: records.filter((record) => record.step <= step),
    ...(sheet ? { samples: { ...samples, rgba: new Uint8ClampedArray(await sheet.arrayBuffer()) } } : {}),
    resumed,
  };
}

async function folder(): Promise<FileSystemDirectoryHandle> {
  return (await navigator.storage.getDirectory()).getDirectoryHandle(FOLDER, { create: true });
}

/** A writable takes the file's place only when it is closed. */
async function write(name: string, content: ArrayBufferView | string): Promise<void> {
  const file = await (await folder()).getFileHandle(name, { create: true });
  const writable = await file.createWritable();
  await writable.write(content as FileSystemWriteChunkType);
  await writable.close();
}

async function read(name: string): Promise<File | undefined> {
  const file = await (await folder()).getFileHandle(name).catch(() => undefined);
  return file?.getFile();
}

const bytesOf = async (file: File) => new Uint8Array(await file.arrayBuffer());
