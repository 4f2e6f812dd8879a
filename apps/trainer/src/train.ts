/**
 * The training loop: which images a step sees, when records are fetched, samples made and checkpoints asked for. Takes a
 * back end and images; imports no platform, so that the command and a page run the same loop.
 */
import type { Backend } from "@kintsugi/autodiff";
import { type DcganConfig, Sampler, type StepRecord, Trainer, type TrainerOptions } from "@kintsugi/dcgan";
import { bytesToValues } from "@kintsugi/images";
import { type NamedValues, PURPOSE, permutation, uniform } from "@kintsugi/nn";

/** Images of one size as bytes: [count, size, size, channels]. */
export interface TrainingImages {
  readonly count: number;
  readonly bytes: Uint8Array;
}

export interface TrainOptions extends TrainerOptions {
  /** Step to stop after. */
  readonly steps: number;
  /** Training ends earlier once so many seconds have gone by. */
  readonly maxSeconds?: number;
  /** Steps between two sample grids; 0 for none. */
  readonly sampleEvery: number;
  /** Images in a sample grid. */
  readonly sampleCount: number;
  /** Steps between two checkpoints; 0 for none but the last. */
  readonly checkpointEvery: number;
  /** A checkpoint is also written once so many seconds have gone by since the last; the first one comes sooner. */
  readonly checkpointSeconds: number;
}

export interface Checkpoint {
  readonly step: number;
  /** Weights, running statistics and Adam's moments. */
  readonly values: NamedValues;
}

export interface TrainEvents {
  /** The records of some steps, oldest first. */
  onRecords(records: readonly StepRecord[]): void;
  /** @param images [sampleCount, size, size, channels] in [−1, 1], in evaluation mode, from the same z every time */
  onSample(step: number, images: Float32Array): Promise<void>;
  onCheckpoint(checkpoint: Checkpoint): Promise<void>;
}

/** A loss that is no longer a finite number. The last checkpoint is from before. */
export class DivergedError extends Error {
  override readonly name = "DivergedError";
}

/** Records are fetched at least this often (steps, milliseconds): reading them makes the device wait for a moment. */
const FETCH_STEPS = 50;
const FETCH_MILLISECONDS = 1000;
/** The first checkpoint comes after this share of `checkpointSeconds`. */
const FIRST_CHECKPOINT = 0.2;

/** Whole batches in an epoch; what is left over is dropped, and drawn anew in the next. */
export function batchesPerEpoch(images: TrainingImages, batch: number): number {
  return Math.floor(images.count / batch);
}

/**
 * Trains until `options.steps` are done, `maxSeconds` are over or `signal` is aborted, and asks for a checkpoint at the end
 * in every case.
 *
 * @returns the steps done
 */
export async function train(
  backend: Backend,
  config: DcganConfig,
  images: TrainingImages,
  options: TrainOptions,
  events: TrainEvents,
  { resume, signal }: { readonly resume?: Checkpoint; readonly signal?: AbortSignal } = {},
): Promise<number> {
  const trainer = await Trainer.create(backend, config, options, resume);
  const sampler = await Sampler.create(backend, config, trainer.variables, options.sampleCount);
  const z = uniform({ seed: options.seed, purpose: PURPOSE.samples, index: 0 }, options.sampleCount * config.nz);
  const batches = createBatches(config, images, options);
  let fetched = { step: trainer.step, time: performance.now() };
  let saved = {
    step: trainer.step,
    time: performance.now() - (1 - FIRST_CHECKPOINT) * options.checkpointSeconds * 1000,
  };

  const fetch = async () => {
    const records = await trainer.fetchRecords();
    fetched = { step: trainer.step, time: performance.now() };
    const broken = records.find(
      ({ dLossReal, dLossFake, gLoss }) => ![dLossReal, dLossFake, ...gLoss].every(Number.isFinite),
    );
    events.onRecords(broken ? records.slice(0, records.indexOf(broken)) : records);
    if (broken) throw new DivergedError(`a loss is not finite at step ${broken.step}; try a lower --lr`);
  };
  const save = async () => {
    // Records first: a checkpoint must not hold what has diverged.
    if (fetched.step < trainer.step) await fetch();
    await events.onCheckpoint({ step: trainer.step, values: await trainer.values() });
    saved = { step: trainer.step, time: performance.now() };
  };

  const deadline = performance.now() + (options.maxSeconds ?? Number.POSITIVE_INFINITY) * 1000;
  while (trainer.step < options.steps && !signal?.aborted && performance.now() < deadline) {
    await trainer.train(batches(trainer.step));
    const { step } = trainer;
    const now = performance.now();
    if (step - fetched.step >= FETCH_STEPS || now - fetched.time >= FETCH_MILLISECONDS) await fetch();
    if (due(step, options.sampleEvery)) await events.onSample(step, await sampler.sample(z));
    const late = now - saved.time >= options.checkpointSeconds * 1000;
    if (step < options.steps && (late || due(step, options.checkpointEvery))) await save();
  }
  if (!due(trainer.step, options.sampleEvery)) await events.onSample(trainer.step, await sampler.sample(z));
  await save();
  return trainer.step;
}

function due(step: number, every: number): boolean {
  return every > 0 && step % every === 0;
}

/** The images of each step, as values: every epoch is a permutation drawn from the seed and the epoch alone. */
function createBatches(
  config: DcganConfig,
  images: TrainingImages,
  { batch, seed }: TrainOptions,
): (step: number) => Float32Array {
  const size = config.size * config.size * config.channels;
  const perEpoch = batchesPerEpoch(images, batch);
  let epoch = -1;
  let order = new Uint32Array();
  return (step) => {
    if (Math.floor(step / perEpoch) !== epoch) {
      epoch = Math.floor(step / perEpoch);
      order = permutation({ seed, purpose: PURPOSE.order, index: epoch }, images.count);
    }
    const bytes = new Uint8Array(batch * size);
    const first = (step % perEpoch) * batch;
    for (let i = 0; i < batch; i++) {
      const at = order[first + i]! * size;
      bytes.set(images.bytes.subarray(at, at + size), i * size);
    }
    return bytesToValues(bytes);
  };
}
